#pragma once

#include "actors/sync/bulker.hpp"
#include "actors/sync/sidecar_actors.hpp"

#include <deque>
#include <optional>
#include <string>

namespace motorcade {

/// Which lines of a task's log are stored, and where.
struct task_log_settings {
  std::string sync_id;
  std::string task_id;
  /// Lines below are not stored.
  log_level min_level = log_level::info;
  store_actor store;
  /// Counts the lines; may be null.
  metric_board_ptr metrics;
  /// Set: lines go to the table `task_log` of this connection of the
  /// destination instead of the database.
  std::optional<bulker_settings> destination;
  /// The table and mode of each request to that destination.
  upload_request request;
  /// The bytes of lines from which on storing begins at once, not after a
  /// second.
  size_t most_waiting_bytes = 8 << 20;
};

/// Gathers lines of log and begins to store them after a second, sooner if
/// `most_waiting_bytes` are waiting, one statement at a time. What waits is
/// bounded by the byte window that the lines hold.
class task_log_state {
public:
  static inline constexpr const char* name = "task log";

  /// Ends the bulker, which the destination's thread may hold.
  ~task_log_state();

  /// To be called once, before all else.
  task_log_actor::behavior_type make_behavior(task_log_actor::pointer self,
                                              task_log_settings settings);

  /// @returns the bulker that brings lines to the destination; null: none.
  const bulker_actor& current_bulker() const { return bulker_; }

private:
  /// The most lines of one statement, when many wait.
  static constexpr size_t most_lines = 5000;

  /// Takes lines, and has them stored a second later.
  void add(const log_batch_ptr& lines);
  /// Stores all that waits now.
  void store_waiting();

  /// Begins to store lines that are due, unless a statement is under way.
  void send();

  /// @returns the next lines that are due, as many as a statement takes.
  std::vector<log_row> take_rows();

  /// Takes note that the statement is over.
  /// @param reason Why its lines are lost; null: they are stored.
  void sent(const failure* reason, size_t lines);

  /// Answers the requests for a flush, if no line waits any more.
  void answer_flush();

  /// Spawns the bulker that brings the lines to the destination.
  void start_bulker();
  /// Spawns another bulker after one that died: the lines that the dead one had
  /// under way are lost.
  /// @param reason Why it died.
  void replace_bulker(const failure& reason);

  task_log_actor::pointer self_ = {};
  task_log_settings settings_;
  bulker_actor bulker_ = {};
  std::deque<log_batch_ptr> waiting_;
  /// The first line of `waiting_.front()` that was not taken.
  size_t next_line_ = 0;
  size_t waiting_bytes_ = 0;
  /// Waiting batches whose time has come.
  size_t due_ = 0;
  bool under_way_ = false;
  size_t lines_under_way_ = 0;
  bool ticking_ = false;
  /// The number of the last request to the destination.
  uint64_t requests_ = 0;
  uint64_t lost_ = 0;
  std::string lost_why_;
  std::vector<caf::typed_response_promise<uint64_t, std::string>> flushes_;
};

/// Stores lines of log. It answers a flush once all lines before it are stored,
/// with the number of lines that could not be stored and the reason.
task_log_actor::behavior_type
task_log(task_log_actor::stateful_pointer<task_log_state> self,
         task_log_settings settings);

} // namespace motorcade
