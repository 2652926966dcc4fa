#pragma once

#include "runtime/task/delayed_task.hpp"
#include "runtime/task/pod_api.hpp"
#include "runtime/task/task_manifest.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace motorcade {

/// Runs tasks: a connector and its sidecar, side by side, as Pods or as local
/// processes. The state of both is a `pod_status`. Calls may block. They fail
/// with not_found, already_exists, invalid_argument (the task is to blame),
/// cancelled, too_busy, timed_out (what runs the tasks is out of reach, and the
/// same call may pass later) and service_unavailable (it refuses the call).
class task_runner {
public:
  virtual ~task_runner() = default;

  /// Starts a task.
  /// @returns the task as it was accepted; it may have failed to start already.
  /// already_exists if there is one of that name.
  virtual result<pod_status> launch(const task_manifest& task) = 0;

  /// Asks for a task's end; it may take its grace time.
  /// @param uid Empty: the task of that name, with any uid.
  /// @returns whether all of it is gone, or it has another uid.
  virtual result<bool> remove(const std::string& name,
                              const std::string& uid) = 0;

  /// @returns the last lines of a container's output.
  virtual result<std::string> last_lines(const std::string& name,
                                         std::string_view container,
                                         int lines) = 0;

  /// @returns the use of the connectors, by task; not_found if that is not
  /// measured.
  virtual result<std::map<std::string, pod_usage>> usage() = 0;

  /// Removes remains that belong to no task.
  /// @returns the number of removed remains.
  virtual result<uint64_t> sweep() = 0;

  /// Keeps a scheduled start, with its documents, so that it outlives this
  /// process.
  /// @returns already_exists if a task of that name is kept already.
  virtual result<void> put_aside(const delayed_task& task) = 0;

  /// @returns all kept tasks, without their documents.
  virtual result<std::vector<delayed_task>> list_aside() = 0;

  /// @returns a kept task with its documents; not_found if it is no longer
  /// kept, invalid_argument if it cannot be read.
  virtual result<task_request> read_aside(const std::string& name) = 0;

  /// Removes a kept task.
  /// @returns whether it was kept.
  virtual result<bool> drop_aside(const std::string& name) = 0;
};

} // namespace motorcade
