#pragma once

#include "controller/syncs/run_counts.hpp"
#include "controller/syncs/run_place.hpp"
#include "controller/syncs/sync_tasks.hpp"
#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"
#include "schema/sync/sync_definition.hpp"

#include <map>
#include <string>
#include <vector>

namespace motorcade {

/// Runs syncs: adds a run where one is due, takes each run through its stages,
/// and adds another try where one failed. All that it knows is in the database,
/// so that this process can end at any moment, and another one goes on; what is
/// done twice then has no effect. One process at a time calls it: the leader.
/// Not thread-safe.
class sync_keeper {
public:
  /// @param rows, tasks, places, counts Outlive it.
  /// @param places Tells where runs bring rows.
  /// @param counts Counts the runs that end; null: nothing is counted.
  sync_keeper(sync_tables& rows, const sealing_keys& keys, sync_tasks& tasks,
              const place_finder& places, run_counts* counts = nullptr)
      : rows_{rows},
        records_{rows.records},
        inputs_{rows.inputs},
        keys_{keys},
        tasks_{tasks},
        places_{places},
        counts_{counts} {}

  /// Does all that is due at that moment.
  /// @returns database_unavailable if the database does not answer; the next
  /// step then goes on.
  result<void> step(wall_time now);

private:
  /// Adds runs of the syncs whose time has come. A time that was missed counts
  /// once, and one at which the sync still runs is skipped.
  result<void> add_due(wall_time now);

  /// Takes a run one step on, if it can go on.
  result<void> advance(const sync_run& run, wall_time now);

  /// Discovers, or reads if what the source has is known.
  result<void> begin(const sync_run& run, const stored_sync& row,
                     wall_time now);

  /// Notes that a run waits for the spec of its connector.
  result<void> await_spec(const sync_run& run, const sync_definition& sync,
                          wall_time now);

  /// Starts the read if the discover has answered, ends the run if the discover
  /// failed, and starts the discover if there was none.
  result<void> await_discover(const sync_run& run, const stored_sync& row,
                              const sync_definition& sync, wall_time now);

  /// Starts the discover of a run and notes it.
  result<void> start_discover(const sync_run& run, const stored_sync& row,
                              const sync_definition& sync, wall_time now);

  /// Starts the read of a run, or ends the run if it cannot be read as chosen.
  result<void> start_read(const sync_run& run, const stored_sync& row,
                          const sync_definition& sync,
                          const std::string& discovered, wall_time now);

  /// Ends the run once its read has ended.
  result<void> await_read(const sync_run& run, const stored_sync& row,
                          wall_time now);

  /// Notes what the next task of a sync is given, before that task can send a
  /// changed config.
  result<void> note_given(const stored_sync& row);

  /// Notes that a run cannot begin yet, and why; it is tried again at the next
  /// step.
  result<void> hold(const sync_run& run, const std::string& why);

  /// Starts a task of the run. One that cannot begin yet is tried at the next
  /// step.
  result<void> start(const sync_run& run, const task_request& task);

  /// Stores the end of a run, and what follows from it.
  /// @param figures What the run has brought, as far as that is known.
  result<void> end(const sync_run& run, run_stage stage,
                   const std::string& error,
                   follow_up next = follow_up::nothing,
                   const run_figures& figures = {});

  sync_tables& rows_;
  sync_records& records_;
  sync_inputs& inputs_;
  const sealing_keys& keys_;
  sync_tasks& tasks_;
  const place_finder& places_;
  run_counts* const counts_;
  /// The reads that deleted syncs have left and that go on, by their sync.
  std::map<std::string, std::string> left_;
};

/// @returns the id of the run that is due at that moment: the same in every
/// process.
std::string scheduled_run_id(const std::string& sync_id, wall_time due);

} // namespace motorcade
