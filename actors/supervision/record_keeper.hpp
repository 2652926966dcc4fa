#pragma once

#include "actors/base/database_wait.hpp"
#include "actors/supervision/control_protocol.hpp"
#include "runtime/leadership/leadership.hpp"

#include <deque>
#include <functional>

namespace motorcade {

/// Does all database writes of the controller, in a thread of its own.
///
/// What waits while the database is away is bounded by the number of tasks:
/// one closing and some lines for each; of `touch` only the latest is kept.
///
/// To say of thousands of tasks that they run takes long enough for others to
/// feel it, so it is said of `touch_part` at a time, with ends in between.
struct record_keeper_state {
  static inline constexpr const char* name = "record-keeper";

  /// A write. @returns what became of it; `database_unavailable` only where it
  /// is to be repeated.
  using job = std::function<result<void>()>;

  /// Does the first job, or says of some tasks that they run, and puts it off
  /// where the database is away.
  void work();

  /// Says of the next `touch_part` of `touched` that they run; forgets
  /// `touched` once that was the last of them.
  result<void> touch();

  /// Says of all of them that they run, a part in each job, and closes those
  /// rows of which nobody does.
  void sweep(lead_term term, task_ids_ptr kept);

  /// Prepares, and makes a connection anew that broke while nobody used it.
  result<void> reach();

  void schedule();

  void add(job what);

  /// @returns cancelled where what was decided in that term is not to be done
  /// any more.
  result<void> check(lead_term term) const;

  /// What became of a row.
  struct row_end {
    task_status status = task_status::running;
    /// It said RUNNING until then.
    bool here = false;
  };

  /// Closes a task, where it is the one that is meant.
  result<row_end> close(const task_closing& task);

  /// @returns whether the outcome was stored: its sidecar had told none.
  result<bool> close(const result_closing& what);

  /// @returns the failure where the database is known to be away or says so.
  result<void> prepare();

  record_keeper_actor::pointer self = {};
  std::shared_ptr<task_records> records;
  leadership_ptr lead;
  std::chrono::seconds discover_age = {};
  bool prepared = false;
  bool scheduled = false;
  database_wait wait;
  std::deque<job> jobs;
  /// Null: nothing is to be said.
  task_ids_ptr touched;
  lead_term touched_in = 0;
  /// Of how many of them it is said.
  size_t told = 0;
  /// Jobs that were done since a part of `touched` was.
  size_t jobs_in_a_row = 0;
};

/// Discovers that began so long ago are closed by it, too, unless one may take
/// longer: with the usual limits no supervisor lets one run for more than 36
/// minutes.
constexpr std::chrono::seconds usual_discover_age = std::chrono::hours{1};

/// Of how many tasks it is said at a time that they run.
constexpr size_t touch_part = 250;

/// Tasks that were not updated for so long are closed by `atom::sweep`: whoever
/// supervises one says so every half minute.
constexpr std::chrono::seconds stale_age = std::chrono::minutes{10};

/// @param records Not yet prepared.
/// @param discover_age Longer than any discover runs.
record_keeper_actor::behavior_type
record_keeper(record_keeper_actor::stateful_pointer<record_keeper_state> self,
              std::shared_ptr<task_records> records, leadership_ptr lead,
              std::chrono::seconds discover_age);

} // namespace motorcade
