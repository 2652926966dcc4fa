#pragma once

#include "controller/syncs/sync_service.hpp"
#include "runtime/records/task_records.hpp"
#include "schema/base/result.hpp"

#include <optional>
#include <string>

namespace motorcade {

/// A run of a sync whose read has no row: it waits, discovers, or ended before
/// it could read.
struct run_as_task {
  /// The run in the form of its task: what became of it, and in `metrics` whose
  /// fault that is. `log_id` is the log that tells of it.
  task_record task;
  sync_run run;
  /// The id of the discover that the log is of; empty: the log is the run's
  /// own.
  std::string asked;
};

/// @param syncs Null: no syncs are kept.
/// @returns the run that a task is the read of; nothing: it is another task.
result<std::optional<sync_run>> run_of(sync_service* syncs,
                                       const task_record& task);

/// @param syncs Null: no syncs are kept.
/// @returns the run of that id; nothing if there is none.
result<std::optional<run_as_task>> find_run_as_task(sync_service* syncs,
                                                    const std::string& run_id);

} // namespace motorcade
