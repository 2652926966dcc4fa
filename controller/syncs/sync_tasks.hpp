#pragma once

#include "runtime/records/task_records.hpp"
#include "runtime/task/task_request.hpp"
#include "schema/base/result.hpp"

#include <optional>
#include <string>

namespace motorcade {

/// Starts, ends and finds the tasks of syncs. Thread-safe; fails as
/// `controller_service`.
class sync_tasks {
public:
  virtual ~sync_tasks() = default;

  /// Starts a task, as `controller_service::start`.
  virtual result<void> start(const task_request& task) = 0;

  /// Ends a task, as `controller_service::cancel`. A spec or discover is known
  /// by its `inquiry_id`, and by its sync, which a spec has none of.
  virtual result<void> cancel(const task_key& which) = 0;

  /// @returns the task id of a read of the sync that is under way, or whose
  /// sidecar may still save states though its row says that it is over; empty:
  /// there is none. timed_out while that is not known.
  virtual result<std::string> find_saving(const std::string& sync_id) = 0;

  /// @returns the task as its row has it; nothing if there is no row.
  virtual result<std::optional<task_record>>
  find(const std::string& task_id) = 0;
};

} // namespace motorcade
