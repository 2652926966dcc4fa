#pragma once

#include "actors/base/database_wait.hpp"
#include "actors/supervision/controller_actors.hpp"
#include "runtime/leadership/leadership.hpp"

#include <deque>
#include <functional>

namespace motorcade {

/// Writes to the database what becomes of tasks, in a thread of its own. It
/// does not write the rows of syncs: `kept_syncs` and `sync_runner` do.
///
/// The writes that wait while the database is away are bounded by the number of
/// tasks: one closing and some lines for each, and only the latest `touch`.
///
/// Tasks that begin while another write is under way begin together, in one
/// transaction: on a disk that takes some milliseconds for a commit, starts
/// would else wait for each other.
///
/// A `touch` of thousands of tasks would delay other writes, so it is done for
/// `touch_part` tasks at a time, with other writes in between.
class record_keeper_state {
public:
  static inline constexpr const char* name = "record-keeper";

  /// To be called once, before all else.
  record_keeper_actor::behavior_type
  make_behavior(record_keeper_actor::pointer self,
                std::shared_ptr<task_records> records, leadership_ptr lead,
                std::chrono::seconds discover_age);

private:
  /// A write. Returns its outcome; `database_unavailable` only if it is to be
  /// repeated.
  using job = std::function<result<void>()>;

  /// A task that begins, and its asker.
  struct beginning {
    task_row_ptr row;
    caf::typed_response_promise<bool> asker;
  };

  /// Begins the tasks that wait for it, then does the first job, or a part of
  /// `touched_`, and postpones that while the database is away.
  void work();

  /// Stores that the first of `begins_` begin, `most_begins` at most, and
  /// answers their askers.
  void begin_tasks();

  /// Fails what is left of `begins_`: a start does not wait for a database that
  /// is away.
  void refuse_begins(const failure& why);

  /// Records that the next `touch_part` tasks of `touched_` are running; drops
  /// `touched_` after its last part.
  result<void> touch();

  /// Records that all `kept` tasks are running, `touch_part` in each job, and
  /// then closes stale rows.
  void sweep(lead_term term, task_ids_ptr kept);

  /// Prepares the database, and renews a connection that broke unused.
  result<void> reach();

  /// Has `work` called soon, or once the database may be back.
  void schedule();

  /// Puts a job behind those that wait.
  void add(job what);

  /// @returns cancelled if acts of that term must no longer be done.
  result<void> check(lead_term term) const;

  /// How the row of a task ended.
  struct row_end {
    task_status status = task_status::running;
    /// Whether this call changed the row, which said RUNNING.
    bool ended_now = false;
  };

  /// Closes a task, if its sync and package are the given ones.
  result<row_end> close(const task_closing& task);

  /// @returns whether the outcome was stored, which is done only if the sidecar
  /// has stored none.
  result<bool> close(const result_closing& what);

  /// Creates missing tables, once.
  /// @returns the failure if the database is known to be away or fails.
  result<void> prepare();

  record_keeper_actor::pointer self_ = {};
  std::shared_ptr<task_records> records_;
  leadership_ptr lead_;
  std::chrono::seconds discover_age_ = {};
  bool prepared_ = false;
  bool scheduled_ = false;
  database_wait wait_;
  std::deque<beginning> begins_;
  std::deque<job> jobs_;
  /// Null: there is nothing to store.
  task_ids_ptr touched_;
  lead_term touched_in_ = 0;
  /// The number of tasks of `touched_` that are done.
  size_t recorded_ = 0;
  /// The number of jobs since the last part of `touched_`.
  size_t jobs_in_a_row_ = 0;
};

/// The age from which on a sweep closes a discover that says RUNNING, unless
/// one may take longer: with the usual limits no supervisor lets one run for
/// more than 36 minutes.
constexpr std::chrono::seconds usual_discover_age = std::chrono::hours{1};

/// The number of tasks in a part of a `touch`.
constexpr size_t touch_part = 250;

/// The age from which on a task without an update is closed by `atom::sweep`:
/// its supervisor's controller updates it every half minute.
constexpr std::chrono::seconds stale_age = std::chrono::minutes{10};

/// @param records Not yet prepared.
/// @param discover_age Longer than any discover runs.
record_keeper_actor::behavior_type
record_keeper(record_keeper_actor::stateful_pointer<record_keeper_state> self,
              std::shared_ptr<task_records> records, leadership_ptr lead,
              std::chrono::seconds discover_age);

} // namespace motorcade
