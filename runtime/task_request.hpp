#pragma once

#include "runtime/clock.hpp"
#include "schema/result.hpp"

#include <string>

namespace motorcade {

/// What somebody asked of the controller. Texts that were not given are empty.
struct task_request {
  /// `spec`, `check`, `discover` or `read`.
  std::string command;
  /// The connector's image and its version, a tag or `sha256:…`.
  std::string package;
  std::string version;
  std::string connector_type = "airbyte";
  std::string sync_id;
  std::string task_id;
  std::string storage_key;
  wall_time started_at = {};
  /// JSON, or any text.
  std::string started_by;
  std::string target_namespace;
  std::string table_name_prefix;
  bool to_same_case = false;
  bool add_meta = false;
  bool deduplicate = true;
  bool full_sync = false;
  /// The connector is started with `--debug`.
  bool debug = false;
  /// A scheduled task starts at once all the same.
  bool no_delay = false;
  /// Of a discover: the console is asked to run the sync when it has ended.
  bool then_run = false;
  std::string workspace_id;
  /// JSON documents. Secret.
  std::string config;
  std::string catalog;
  std::string state;
  std::string destination_config;
};

/// @returns how much memory the task's documents take.
size_t document_bytes(const task_request& task);

/// @returns the task without its documents.
task_request without_documents(task_request task);

/// @returns under which task the log is kept where nobody named one, as the
/// sidecar does: the storage key, or `package:version`.
std::string log_task_id(const task_request& task);

/// @returns whether `started_by` says that nobody waits for the task: JSON with
/// `"trigger":"scheduled"`.
bool is_scheduled(const task_request& task);

} // namespace motorcade
