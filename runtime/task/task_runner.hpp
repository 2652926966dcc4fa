#pragma once

#include "runtime/task/delayed_task.hpp"
#include "runtime/task/pod_api.hpp"
#include "runtime/task/task_manifest.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace motorcade {

/// What runs tasks: a connector and its sidecar, side by side. Whatever it is,
/// a task of it is told of as a Pod. Calls may block, and fail as those of
/// `pod_api` do.
class task_runner {
public:
  virtual ~task_runner() = default;

  /// Starts a task.
  /// @returns it as it was accepted; it may be hopeless already. already_exists
  /// where there is one of that name.
  virtual result<pod_status> launch(const task_manifest& task) = 0;

  /// Asks for a task's end; it may take its grace time.
  /// @param uid Empty: whichever has that name.
  /// @returns whether nothing is left of it, or it has another uid.
  virtual result<bool> remove(const std::string& name,
                              const std::string& uid) = 0;

  /// @returns the last lines that a container wrote for people.
  virtual result<std::string> last_lines(const std::string& name,
                                         std::string_view container,
                                         int lines) = 0;

  /// @returns what the connectors use, by task; not_found where that is not
  /// measured.
  virtual result<std::map<std::string, pod_usage>> usage() = 0;

  /// Clears away what no task owns any more.
  /// @returns how much there was.
  virtual result<uint64_t> sweep() = 0;

  /// Keeps a task that is to start later, documents included, so that it
  /// outlives this process.
  /// @returns already_exists where one of that name is kept.
  virtual result<void> put_aside(const delayed_task& task) = 0;

  /// @returns all that are kept, without their documents.
  virtual result<std::vector<delayed_task>> list_aside() = 0;

  /// @returns one with its documents; not_found where it is kept no more,
  /// invalid_argument where it cannot be read.
  virtual result<task_request> read_aside(const std::string& name) = 0;

  /// Keeps it no longer.
  /// @returns whether it was kept.
  virtual result<bool> drop_aside(const std::string& name) = 0;
};

} // namespace motorcade
