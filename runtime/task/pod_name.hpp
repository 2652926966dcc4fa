#pragma once

#include <string>

namespace motorcade {

/// What makes a task the same task: two requests that agree in all of it are
/// one Pod, two that differ in any of it never share one.
struct task_identity {
  /// The connector's image, without its version.
  std::string package;
  std::string version;
  /// `spec`, `check`, `discover` or `read`.
  std::string command;
  std::string sync_id;
  std::string task_id;
  std::string storage_key;
  /// Of what else the request holds, e.g. a digest of its body; empty: nothing.
  std::string digest;
};

/// @returns the Pod's name: a DNS label of at most 63 characters, made of what
/// a person may recognize, the package without `airbyte/source-`, sync, command
/// and the end of the task's id, and of a digest of everything. The same on
/// every machine.
std::string make_pod_name(const task_identity& task);

} // namespace motorcade
