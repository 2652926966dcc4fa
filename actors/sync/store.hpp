#pragma once

#include "actors/base/database_wait.hpp"
#include "actors/sync/sidecar_actors.hpp"
#include "actors/sync/write_pace.hpp"

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace motorcade {

/// Does the database writes of a task, in a thread of its own: all but those
/// before its actors start (`recover_state`, and the row of a refused read).
///
/// A changed config goes first, states before the task's row and results, and
/// lines of log, of which there may be many, last: but before states whose turn
/// has not come. While states wait for their turn, or the database is away, the
/// newer state of a key, row of the task and config replaces the older, so that
/// few writes wait; lines of log are bounded by the byte window.
///
/// A fast source makes states saveable a thousand times a second. They are
/// written fifty times a second then, since writes that are replaced in a
/// moment would take cores and the database from rows. Together with those that
/// the coordinator holds back meanwhile, a run that is killed repeats up to
/// 40 ms more.
class store_state {
public:
  static inline constexpr const char* name = "store";

  /// To be called once, before all else.
  store_actor::behavior_type make_behavior(store_actor::pointer self,
                                           std::shared_ptr<database> db,
                                           std::string sync_id,
                                           std::string task_id);

private:
  using ok_promise = caf::typed_response_promise<atom::ok>;

  /// An answer that is owed for states of those keys.
  struct owed_state {
    ok_promise promise;
    std::vector<std::string> keys;
  };

  /// Does the most urgent write; postpones it while the database is away.
  void work();

  /// Has `work` called.
  void schedule();

  /// @returns whether the write is over, one way or the other; if not, it is
  /// to be repeated.
  bool over(const result<void>& written);

  /// Carries out the oldest waiting write of a config and answers the actors
  /// that asked for it.
  /// @returns false if the write failed and is to be repeated.
  bool write_config();

  /// @returns whether states wait and their turn has come. If it has not,
  /// `work` is called when it comes.
  bool states_are_due();

  /// Writes all states that wait in one transaction.
  bool write_states();

  /// Writes the oldest state by itself, after all together were refused.
  bool write_one_state();

  /// Answers the requests that wait for their states.
  void answer_states();

  /// Writes the task's row and answers with the status that it has then.
  bool write_task();

  /// Writes the oldest answer of a spec, check or discover.
  bool write_result();

  /// Writes the oldest lines of log.
  bool write_logs();

  /// Writes the first of those that wait and answers it.
  template <class Queue, class Write>
  bool write_first(Queue& queue, Write write);

  /// Pauses the writing if the reason is an outage.
  /// @returns whether it is one.
  bool wait_for_database(const failure& reason);

  /// Refuses everything that waits, since the database is unusable.
  void refuse_all(const failure& reason);

  store_actor::pointer self_ = {};
  std::shared_ptr<database> db_;
  std::string sync_id_;
  std::string task_id_;
  bool prepared_ = false;
  bool scheduled_ = false;
  database_wait wait_;
  std::vector<ok_promise> owed_prepare_;
  config_row_ptr config_;
  std::vector<ok_promise> owed_config_;
  std::vector<state_row> states_;
  std::vector<owed_state> owed_states_;
  write_pace state_pace_{8, std::chrono::milliseconds{20}};
  /// The turn of the states that wait has come, until they are written.
  bool states_due_ = false;
  /// A message will tell when their turn comes.
  bool states_timed_ = false;
  /// The database refused some state of those that wait, so that each is
  /// written by itself.
  bool one_by_one_ = false;
  /// Why states were refused, by key.
  std::map<std::string, failure> refused_states_;
  task_row_ptr task_;
  std::vector<caf::typed_response_promise<task_status>> owed_task_;
  std::deque<std::pair<result_row_ptr, ok_promise>> results_;
  std::deque<std::pair<log_rows_ptr, ok_promise>> logs_;
};

/// @param db Not yet prepared.
store_actor::behavior_type
store(store_actor::stateful_pointer<store_state> self,
      std::shared_ptr<database> db, std::string sync_id, std::string task_id);

} // namespace motorcade
