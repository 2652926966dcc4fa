#pragma once

#include <string>

namespace motorcade {

/// The identity of a task: requests that agree in all members share one Pod,
/// requests that differ in any never do.
struct task_identity {
  /// The connector's image, without its version.
  std::string package;
  std::string version;
  /// `spec`, `check`, `discover` or `read`.
  std::string command;
  std::string sync_id;
  std::string task_id;
  std::string storage_key;
  /// A digest of the rest of the request, e.g. of its body; empty: none.
  std::string digest;
};

/// @returns the Pod's name: a DNS label of at most 63 characters, made of parts
/// that a person recognises (the package without `airbyte/source-`, sync,
/// command and the end of the task's id) and a digest of all members. The same
/// on every machine.
std::string make_pod_name(const task_identity& task);

} // namespace motorcade
