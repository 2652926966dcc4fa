#pragma once

#include "actors/session/progress.hpp"
#include "actors/session/read_session.hpp"
#include "actors/sync/bulker.hpp"
#include "actors/sync/config_keeper.hpp"
#include "actors/sync/sidecar_actors.hpp"
#include "actors/sync/task_conductor.hpp"
#include "runtime/log/log_joint.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// The settings of a coordinator.
struct coordinator_settings {
  read_session_settings session;
  /// Identity and start of the task; status and what follows are filled in.
  task_row row;
  destination_ptr where;
  retry_budget_ptr budget;
  request_backoff policy;
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
class coordinator_state : session_backend, public task_conductor {
public:
  static inline constexpr const char* name = "coordinator";

  /// Ends the bulkers, which the destination's thread may hold.
  ~coordinator_state() override;

  /// To be called once, before all else.
  coordinator_actor::behavior_type
  make_behavior(coordinator_actor::pointer self, coordinator_settings settings);

  /// Handles the death of a bulker, or of another actor that the task needs.
  void on_down(const caf::down_msg& down);

private:
  enum class phase : uint8_t {
    /// Was not asked to run yet.
    idle,
    /// Waits until the database can be used.
    preparing,
    /// Takes the connector's output.
    reading,
    /// Waits for the answers of destination and store to requests and states.
    settling,
    /// Reads the task's row, which may say CANCELLED.
    asking,
    /// Waits for the signal that ended the connector, which may come here, too.
    awaiting_stop,
    /// Has the log stored.
    flushing,
    /// Has the end stored in the task's row.
    storing,
    /// The result was answered.
    over
  };

  /// The most bytes of states that wait for an answer of the store. The store
  /// replaces an older state of a key, so that it needs no such limit.
  static constexpr size_t most_held_bytes = 64u << 10;

  // The session's decisions.
  void open_request(size_t stream, uint64_t number, write_mode mode) override;
  void write(size_t stream, block_ptr rows) override;
  void note(size_t stream, commit_terms terms) override;
  void finish_request(size_t stream) override;
  void abort(size_t stream) override;
  void save_states(std::vector<saveable_state> states) override;
  void save_config(std::string config) override;
  void log(log_level level, std::string text) override;

  /// Has the store save what is held; each `save_states` has its own answer.
  void ask_to_save();

  /// Takes note that the store has answered.
  void on_states_answered();

  /// Waits until the database can be used, then calls `start`.
  void prepare();

  /// Stores RUNNING and starts to read, unless the task was told to stop
  /// meanwhile, or its row says that it is over.
  void start();

  /// Has the connector's output read; ends a task that was told to stop.
  void begin_reading();

  /// Passes slabs to the session in the order of their numbers; one that comes
  /// early waits.
  void take(const parsed_slab_ptr& slab);

  /// Passes lines of stderr to the session and to the task's log.
  void take_lines(const log_batch_ptr& lines);

  /// Does what is due once a second: time limits, progress, the task's row, the
  /// metrics.
  void tick();

  /// Ends the reading if the connector outlives its work.
  void check_outlived_work(session_time at);

  /// Ends the reading if its time is over.
  void check_time_limits(session_time at);

  /// @returns the time since which nothing came from the connector though it
  /// could write.
  session_time silent_since() const;

  void cancel(const std::string& reason) override;
  void end_reading(decided_end end) override;

  bool is_over() const override { return at_ == phase::over; }

  /// Goes on with the end as far as it can.
  void advance();

  /// Reads the status in the task's row.
  void ask_row();

  /// Goes on with the end once the row's status is known.
  void on_row_read();

  /// @returns whether a stop of the whole task may have ended the connector: it
  /// was ended by SIGTERM, and the task is one of syncctl, which stops tasks by
  /// that signal.
  bool may_be_stopped() const;

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

  /// Takes the answer to such a write.
  /// @param final Whether the write was that of the end.
  void on_row_put(bool final, task_status now_has);
  void on_row_refused(bool final, const std::string& why);

  /// Answers the task's result. Nothing happens afterwards.
  void finish(session_outcome outcome);

  /// Leaves the current phase because its deadline has passed.
  void force();

  /// Puts the session's counts on the metric board.
  void measure();

  /// Measures the time that the destination took for a commit.
  void on_committed(size_t stream);

  coordinator_actor::pointer self_ = {};
  coordinator_settings settings_;
  std::optional<read_session> session_;
  std::optional<progress_view> progress_;
  phase at_ = phase::idle;
  std::vector<bulker_actor> bulkers_;
  /// What their committed requests did, by stream; null where there is none.
  std::vector<std::shared_ptr<load_totals>> loads_;
  /// The times at which the requests under way were complete, by stream.
  std::vector<std::deque<caf::actor_clock::time_point>> sent_at_;
  /// States that wait for an answer of the store: each message wakes its
  /// thread, and a fast source would have it woken a thousand times a second.
  std::vector<std::vector<saveable_state>> held_states_;
  size_t held_bytes_ = 0;
  /// The answers that the store owes.
  size_t states_asked_ = 0;
  /// Slabs that came before their turn.
  std::map<uint64_t, parsed_slab_ptr> early_;
  log_joint stdout_lines_;
  uint64_t next_slab_ = 0;
  session_time started_{};
  session_time blocked_at_{};
  session_time stored_at_{};
  /// The time of the last message of the connector's work, and the time since
  /// which all of it is stored.
  std::optional<session_time> last_word_;
  session_time complete_at_{};
  session_time deadline_ = session_time::max();
  /// The time limit of the end, once the task was told to stop.
  session_time stop_by_ = session_time::max();
  bool storing_row_ = false;
  /// The task's row was written: an end in it from now on is another program's.
  bool row_begun_ = false;
  /// The row was read since the task was told to stop.
  bool row_asked_ = false;
  /// The task's row says CANCELLED, written by another program.
  bool row_cancelled_ = false;
  /// Whether the signal that ended the connector came here after its end.
  bool stopped_with_connector_ = false;
  /// The connector's exit code, if it is known.
  std::optional<int> connector_exit_code_;
  bool config_changed_ = false;
  std::string last_description_;
  std::optional<session_outcome> outcome_;
};

/// Does nothing until it is told to run; answers that request once the task has
/// ended and its end is stored.
coordinator_actor::behavior_type
coordinator(coordinator_actor::stateful_pointer<coordinator_state> self,
            coordinator_settings settings);

} // namespace motorcade
