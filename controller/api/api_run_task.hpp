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
  /// The run in the form of a task's row. `metrics` says whose fault its
  /// failure is; `log_id` names the log in which its failure is described.
  task_record task;
  sync_run run;
  /// The id of the run's discover, if `log_id` names the log of that discover;
  /// empty: it names the run's own log.
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
