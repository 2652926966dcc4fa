#pragma once

#include "runtime/base/clock.hpp"
#include "schema/base/result.hpp"
#include "schema/base/row_meta.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A request for a task. Texts that were not given are empty.
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
  row_meta add_meta = row_meta::none;
  bool deduplicate = true;
  bool full_sync = false;
  /// The read goes on from the saved states of the sync, which are looked up
  /// once no other read of the sync can run; `state` is empty.
  bool continues = false;
  /// The connector is started with `--debug`.
  bool debug = false;
  /// A scheduled task starts without its delay.
  bool no_delay = false;
  /// For a discover: the console is asked to run the sync when the discover has
  /// ended.
  bool then_run = false;
  std::string workspace_id;
  /// JSON documents. Secret.
  std::string config;
  std::string catalog;
  std::string state;
  std::string destination_config;
};

/// The task that is to end.
struct task_key {
  std::string sync_id;
  std::string task_id;
  /// Empty: any.
  std::string package = {};
};

/// @returns whether a connector runs in the task, as in all but the check of a
/// destination without a source's config.
/// Precondition: the task has its documents.
bool has_connector(const task_request& task);

/// @returns the bytes of the task's documents.
size_t document_bytes(const task_request& task);

/// @returns the task without its documents.
task_request without_documents(task_request task);

/// @returns the `task_id` of its lines of log: its own, or of an inquiry,
/// `key:<storageKey>` or `spec:<package>:<version>`, which no task has.
std::string log_task_id(const task_request& task);

/// @returns the id of a spec, check or discover among tasks, by what its table
/// keeps: `spec:<package>:<version>`, `check:<storageKey>`,
/// `discover:<package>:<version>:<storageKey>`.
/// Precondition: the task is no read.
std::string inquiry_id(const task_request& task);

/// @returns whether `id` is one of the names of that spec, check or discover:
/// its task's id, its `inquiry_id`, its storage key, or the name of its log.
bool is_called(const task_request& inquiry, const std::string& id);

/// @returns the possible names of the log for an id that is no task's: the
/// storage key of a check or discover, the `package:version` of a spec, or the
/// name itself.
std::vector<std::string> inquiry_logs_of(const std::string& id);

/// @returns whether the text is the name of a log of an inquiry, not of a task.
bool is_inquiry_log(std::string_view id);

/// @returns whether `started_by` is that of a scheduled task, for which no
/// person waits: JSON with `"trigger":"scheduled"`.
bool is_scheduled(const task_request& task);

} // namespace motorcade
