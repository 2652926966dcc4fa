#pragma once

#include "actors/session/progress.hpp"
#include "actors/session/read_session.hpp"
#include "actors/sync/bulker.hpp"
#include "actors/sync/config_keeper.hpp"
#include "actors/sync/death_watch.hpp"
#include "actors/sync/last_reading.hpp"
#include "actors/sync/own_lines.hpp"
#include "actors/sync/protocol.hpp"
#include "actors/sync/source_watch.hpp"
#include "runtime/log/log_joint.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// Starts the actors that read the connector's output. They report to the given
/// coordinator.
using start_reading = std::function<reading_actors(coordinator_actor)>;

/// The settings of a coordinator.
struct coordinator_settings {
  read_session_settings session;
  /// Identity and start of the task; status and what follows are filled in.
  task_row row;
  destination_ptr where;
  retry_budget_ptr budget;
  retry_policy policy;
  /// SPOOL_DIR; empty: none.
  std::string spool_dir;
  store_actor store;
  config_keeping config;
  /// The connector's spec (JSON), which marks the secrets of its config; empty:
  /// not known.
  std::string connector_spec;
  task_log_actor log;
  start_reading read;
  byte_window_ptr window;
  /// Takes the measured values, once a second; may be null.
  metric_board_ptr metrics;
  /// Empty: the connector's exit code is not known.
  std::string exit_code_file;
  /// Sends the connector a signal; empty: it cannot be reached. Called from the
  /// coordinator's thread.
  std::function<void(int)> signal_connector;
  std::chrono::milliseconds idle_timeout = std::chrono::hours{2};
  /// The longest life of a connector once every stream is complete and stored.
  std::chrono::milliseconds exit_timeout = std::chrono::seconds{60};
  std::chrono::milliseconds task_timeout = std::chrono::hours{48};
  /// The longest wait for the exit code after both pipes ended.
  std::chrono::milliseconds exit_code_timeout = std::chrono::seconds{30};
  /// A task that is told to stop has failed, unless its row says CANCELLED.
  bool stop_is_failure = false;
  /// The place of the task, for messages.
  task_place place = task_place::unknown;
  /// The longest time for the end once the task was told to stop.
  std::chrono::milliseconds stop_timeout = std::chrono::seconds{30};
  /// The longest outage of the database before the task's start and after its
  /// end.
  std::chrono::milliseconds storage_patience = std::chrono::minutes{10};
  bool terminal = false;
};

/// Leads a read: puts parsed slabs in order, passes events to the session,
/// carries out its decisions, and keeps the task's row up to date.
struct coordinator_state : session_backend {
  static inline constexpr const char* name = "coordinator";

  enum class phase {
    idle,
    preparing,
    reading,
    draining,
    settling,
    asking,
    flushing,
    storing,
    over
  };

  /// Ends the bulkers, which the destination's thread may hold.
  ~coordinator_state() override;

  // The session's decisions.
  void open_unit(size_t stream, uint64_t unit, write_mode mode) override;
  void write(size_t stream, block_ptr rows) override;
  void commit(size_t stream) override;
  void abort(size_t stream) override;
  void save_states(std::vector<saveable_state> states) override;
  void save_config(std::string config) override;
  void log(log_level level, std::string text) override;

  session_time now() const;

  /// Waits until the database can be used, then calls `start`.
  void prepare();

  /// Stores RUNNING and starts to read, unless the task was told to stop
  /// meanwhile.
  void start();

  /// Passes slabs to the session in the order of their numbers; one that comes
  /// early waits.
  void take(const parsed_slab_ptr& slab);

  /// Notes that a pipe has ended. A pipe that broke ends the session.
  void on_pipe_end(const pipe_end& end);
  /// Ends the session if both pipes are done and the exit code is known.
  void check_source();

  /// Does what is due once a second: time limits, progress, the task's row, the
  /// metrics.
  void tick();
  void check_stuck_pipes(session_time at);

  /// Ends the reading if the connector outlives its work.
  void check_outlived_work(session_time at);

  /// Ends the reading if its time is over.
  void check_time_limits(session_time at);
  /// Ends the task as soon as possible, within the stop's time limit.
  /// @param reason In words; empty: a stop from outside.
  void cancel(const std::string& reason = {});

  /// Ends the session because of a failure outside; `cancelled` is a stop with
  /// a reason.
  void break_off(const failure& reason);
  /// Ends the reading: reads what is in the pipes by now, then ends the
  /// session.
  /// @param ends_connector Whether the connector is ended first, if it can be.
  void end_reading(decided_end end, bool ends_connector = false);
  /// Does what is due while the pipes are read for the last time.
  void drain(session_time at);
  /// Ends the session with what was read.
  void end_session(decided_end end);

  /// @returns whether what the connector prints is still taken.
  bool takes_output() const {
    return at == phase::reading || at == phase::draining;
  }

  /// Handles the death of a bulker, or of another actor that the task needs.
  void on_down(const caf::down_msg& down);
  void stop_readers();
  /// Goes on with the end as far as it can.
  void advance();
  /// Reads the status in the task's row.
  void ask_row();
  /// Logs the end of the task, and has the log stored.
  void tell_end();
  /// @returns the outcome of the task, as far as session and row know it,
  /// without secrets.
  session_outcome judge() const;
  /// @returns one summary for each stream, in the catalog's order, secrets
  /// masked.
  std::vector<stream_summary> summaries() const;

  /// Stores the end in the task's row, once the log is stored.
  void store_result();
  /// Writes counts and status into the task's row, at most as often as needed.
  /// @param end Nothing: the task goes on.
  void put_row(const std::optional<session_outcome>& end);

  /// Answers the task's result. Nothing happens afterwards.
  void finish(session_outcome outcome);

  /// Goes on to the next phase without what the current one waits for: its time
  /// is over.
  void force();
  /// Puts the session's counts on the metric board.
  void measure();

  /// Measures the time that the destination took for a commit.
  void on_committed(size_t stream);
  void flush_own_lines();

  coordinator_actor::pointer self = {};
  coordinator_settings settings;
  std::optional<read_session> session;
  std::optional<progress_view> progress;
  phase at = phase::idle;
  std::vector<pipe_reader_actor> readers;
  std::vector<bulker_actor> bulkers;
  death_watch deaths;
  /// The times at which the requests under way were complete, by stream.
  std::vector<std::deque<caf::actor_clock::time_point>> sent_at;
  /// Slabs that came before their turn.
  std::map<uint64_t, parsed_slab_ptr> early;
  log_joint stdout_lines;
  uint64_t next_slab = 0;
  std::optional<source_watch> watch;
  std::optional<last_reading> last;
  decided_end ending;
  session_time started{};
  session_time blocked_at{};
  session_time stored_at{};
  /// The time of the last message of the connector's work, and the time since
  /// which all of it is stored.
  std::optional<session_time> last_word;
  session_time complete_at{};
  session_time deadline = session_time::max();
  /// The time limit of the end, once the task was told to stop.
  session_time stop_by = session_time::max();
  bool watching = false;
  bool storing_row = false;
  /// The task's row was written: an end in it from now on is another program's.
  bool row_begun = false;
  bool stopped = false;
  /// The row was read since the task was told to stop.
  bool row_asked = false;
  /// The task's row says CANCELLED, written by another program.
  bool row_cancelled = false;
  /// The reason of the stop, in words; empty: the one who stopped the task gave
  /// none.
  std::string stop_reason;
  /// The connector's exit code, if it is known.
  std::optional<int> connector_exit_code;
  bool config_changed = false;
  std::string last_description;
  /// The sidecar's own lines since the last message was handled.
  own_lines remarks;
  caf::typed_response_promise<task_result_ptr> promise;
  std::optional<session_outcome> outcome;
  /// The answer at the task's end.
  task_result_ptr ended;
};

coordinator_actor::behavior_type
coordinator(coordinator_actor::stateful_pointer<coordinator_state> self,
            coordinator_settings settings);

} // namespace motorcade
