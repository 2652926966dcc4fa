#pragma once

#include "actors/session/last_words.hpp"
#include "actors/session/strangers.hpp"
#include "actors/session/stream_life.hpp"
#include "actors/session/unread_tally.hpp"
#include "runtime/destination/destination.hpp"
#include "runtime/stream/fault_reporter.hpp"
#include "runtime/stream/slab_parser.hpp"
#include "schema/lines/record_tally.hpp"
#include "schema/state/checkpoint_ledger.hpp"
#include "schema/state/saved_states.hpp"
#include "schema/task/headline_reason.hpp"
#include "schema/task/task_status.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// A point in time for the session: monotonic, from any start.
using session_time = std::chrono::milliseconds;

/// Carries out the decisions of the read session. No member may call back into
/// the session.
class session_backend {
public:
  virtual ~session_backend() = default;

  /// Begins a request with the next rows of the stream.
  virtual void open_request(size_t stream, uint64_t number,
                            write_mode mode) = 0;

  /// Adds rows to the stream's open request.
  virtual void write(size_t stream, block_ptr rows) = 0;

  /// Ends the request, which is complete; answered by `on_commit` or
  /// `on_failure`.
  virtual void commit(size_t stream) = 0;

  /// Drops the open request. Answered by `on_aborted`, once the earlier
  /// requests, which go on, have their answers.
  virtual void abort(size_t stream) = 0;

  /// Saves states; answered by `on_states_saved` or `on_states_refused`.
  virtual void save_states(std::vector<saveable_state> states) = 0;

  /// Keeps the config that the connector changed to, a secret; answered by
  /// `on_config_saved` or `on_config_refused`.
  virtual void save_config(std::string config) = 0;

  /// Adds a line of the sidecar's own to the task's log.
  virtual void log(log_level level, std::string text) = 0;
};

/// The settings of a read session.
struct read_session_settings {
  /// In the catalog's order; their index names them everywhere.
  std::vector<session_stream> streams;
  commit_pace pace;
  /// If the open bytes of all incremental streams together exceed this,
  /// requests are cut, so that they can be sent again.
  uint64_t open_bytes_limit = UINT64_MAX;
  /// The most bytes behind the last states of open requests that are held, for
  /// all streams together. Beyond, these requests end at their states.
  uint64_t held_bytes_limit = 2u << 20;
  /// A commit costs as much as the table is large, as with files: requests do
  /// not end before the pace of commits allows, even if rows are held.
  bool commits_are_costly = false;
  /// No request is open for longer; Bulker ends one after 30 minutes.
  std::chrono::milliseconds longest_request = std::chrono::minutes{25};
  /// Requests of any size can be sent again (SPOOL_DIR).
  bool requests_are_kept = false;
  /// STRICT_RECORD_COUNT: a state that counts more records than came is not
  /// saved.
  bool strict_record_count = false;
  /// The connector was given one state for all streams (GLOBAL, LEGACY).
  bool whole_state_given = false;
  /// A request without rows empties a table that it replaces.
  bool empties_tables = false;
  /// The connector's config, to name the keys that a changed one changes.
  /// Secret; empty: not known.
  std::string connector_config;
};

/// The reason for the end of a session.
enum class session_end : uint8_t {
  /// The connector closed its output.
  source_ended,
  /// The task was told to stop.
  cancelled,
  /// TASK_TIMEOUT_HOURS.
  time_exceeded,
  /// SOURCE_IDLE_TIMEOUT_SECONDS.
  source_silent,
  /// The sidecar itself failed, e.g. in reading the pipe.
  broken,
};

/// The part of a connector's output that was still unread when the reading
/// ended.
struct unread_output {
  /// Both pipes were read as far as they were filled; otherwise nothing is
  /// known of the rest.
  bool is_known = true;
  /// The bytes that were in the pipes.
  uint64_t bytes = 0;
  /// Stdout was not closed by those who write to it.
  bool stdout_is_open = false;
};

/// The outcome of a session, once it is settled.
struct session_outcome {
  task_status status = task_status::running;
  /// Nothing for SUCCESS.
  std::optional<failure_reason> reason;
  /// 0 for SUCCESS, PARTIAL, CANCELLED; 1 for FAILED; 2 for timeouts.
  int exit_code = 1;

  /// @returns the reason for a column or a list; empty: none.
  std::string error() const { return reason ? to_brief(*reason) : ""; }
};

/// Totals, for progress and metrics.
struct session_totals {
  uint64_t lines = 0;
  uint64_t bytes = 0;
  uint64_t rows = 0;
  uint64_t row_bytes = 0;
  uint64_t committed_rows = 0;
  uint64_t states_saved = 0;
  std::array<uint64_t, line_fault_count> faults = {};
  /// 0 … 1 if the connector estimated enough; nothing otherwise.
  std::optional<double> done;
};

/// The heart of a read: decides when rows are committed, which states are
/// saved, and how every stream and the task end. It has neither actors nor a
/// clock: each call tells it an event and its time.
class read_session {
public:
  read_session(read_session_settings settings, session_backend& backend,
               session_time now);

  /// Takes the next slab of stdout; slabs come in the order of their numbers.
  void on_slab(const parsed_slab& input, session_time now);

  /// Notes that reading begins.
  void on_started(session_time now) { last_activity_ = now; }

  /// Takes lines of log that came with a slab.
  void on_logs(const log_batch& lines, session_time now);

  /// Takes lines of log that came on stderr.
  void on_stderr(const log_batch& lines, session_time now);

  /// Notes that the destination has committed a request, the oldest of the
  /// stream without an answer.
  void on_commit(size_t stream, uint64_t number, session_time now);

  /// Notes that the rows of the stream that are not committed are lost.
  void on_failure(size_t stream, const failure& reason);

  /// Takes the answer to `session_backend::abort`.
  void on_aborted(size_t stream);

  /// Take the answer to `session_backend::save_states`: so many states are
  /// saved, or lost.
  void on_states_saved(uint64_t count);
  void on_states_refused(const failure& reason, uint64_t count);

  /// Take the answer to `session_backend::save_config`: it is saved, or lost.
  void on_config_saved();
  void on_config_refused(const failure& reason);

  /// Notes that lines of log could not be stored.
  void on_logs_lost(uint64_t lines, const std::string& reason);

  /// Sets the pace of commits, which may change, e.g. as a file grows.
  void set_pace(commit_pace pace) { settings_.pace = pace; }

  /// Notes that time passed: commits requests that have waited long enough.
  void on_tick(session_time now);

  /// Ends the reading; called once. No slabs may follow.
  /// @param exit_code The connector's, if it is known.
  /// @param reason In words, for `broken`, `source_silent` and `time_exceeded`;
  /// for `cancelled` it may be empty.
  /// @param left What was left of the output.
  void end(session_end why, std::optional<int> exit_code, std::string reason,
           const unread_output& left = {});

  /// Notes that the task was told to stop after the reading ended: requests
  /// without an answer when `give_up` is called count as cancelled. Complete
  /// requests are waited for until then, since the destination may have
  /// committed them.
  void cancel_rest() { stopping_ = true; }

  /// It turned out that the task was cancelled, though the reading seems to
  /// have ended by itself: a connector that hears of a cancel first ends, too.
  /// Streams that ended with the task, without a failure of their own, are
  /// cancelled. Precondition: ended.
  void call_cancelled();

  /// Logs what the next read will need to know; called once everything is
  /// settled.
  void on_settled();

  /// Counts every stream that is not settled as failed.
  void give_up(const std::string& reason);

  /// Counts every state and config that is not saved as lost.
  void give_up_storing();

  /// Sets the exit code of a session whose end is `broken` and which committed
  /// nothing.
  void set_exit_code_of_failure(int code) { failure_exit_code_ = code; }

  /// @returns whether `end` was called.
  bool ended() const { return end_.has_value(); }

  /// @returns whether every request, state and config has its answer.
  bool settled() const;

  /// @returns whether every request has its answer, though states may wait.
  bool delivered() const;

  /// @returns the outcome; requests, states and configs without an answer count
  /// as lost. Precondition: ended.
  session_outcome outcome() const;

  /// @returns one entry for each stream, in the catalog's order.
  std::vector<stream_summary> summaries() const;

  /// @returns what was counted so far.
  session_totals totals() const;

  /// @returns `source_task.metrics`.
  /// @param reason The reason of the end; null: not ended, or SUCCESS.
  std::string metrics(const failure_reason* reason) const;

  /// @returns whether a line ever came on stderr.
  bool heard_stderr() const { return heard_stderr_; }

  /// @returns the time of the connector's last line.
  session_time last_activity() const { return last_activity_; }

  /// @returns the time of the connector's last row, state, status or config, if
  /// every stream is COMPLETE and everything is stored; nothing otherwise.
  std::optional<session_time> complete_since() const;

  /// @returns what keeps the task from SUCCESS although every stream was called
  /// complete, e.g. the streams that the destination refused; empty: nothing.
  std::string shortcomings() const;

  /// @returns a stream by its place in the catalog, which must exist.
  const stream_life& stream(size_t i) const { return streams_[i]; }

  /// @returns the number of streams of the catalog.
  size_t stream_count() const { return streams_.size(); }

private:
  void on_rows(const row_batch& batch, session_time now);
  void on_message(const message& content, session_time now);
  void on_state(const state_message& state, session_time now);
  void on_status(const stream_status_trace& trace, session_time now);
  void on_error(const error_trace& trace);
  void on_estimate(const estimate_trace& trace);
  void on_control(const control_message& control, session_time now);
  void on_report(const line_report& report);
  void on_misnamed(const misnamed_rows& rows);
  /// Notes the first near name under which something came.
  void on_near_name(size_t stream, const stream_id& sent,
                    std::string_view difference);

  std::optional<size_t> find(const stream_id& id) const;
  std::optional<size_t> find_or_say(const stream_id& id, std::string_view what);
  bool ripe(const stream_life& life, session_time now) const;
  void on_stream_state(const state_message& state, session_time now);
  void on_whole_state(const state_message& state, session_time now);

  /// Compares the count of a state with what came.
  /// @returns whether the state may be saved.
  bool check_count(const state_message& state, record_tally& tally,
                   stream_life* of);
  void attribute_rejected(const parsed_slab& input);
  void attribute_unknown(const parsed_slab& input);
  /// A state came under a name that the catalog does not have.
  void on_misnamed_state(const stream_id& sent);
  /// Looks whether the streams that a GLOBAL state names are the catalog's.
  void check_names(std::string_view global);
  /// @returns whether rows came and all of them were of streams that are like
  /// none of the catalog.
  bool only_strangers() const;

  // Requests, in read_session_requests.cpp.
  void add_to_request(size_t stream, block_ptr rows, session_time now);
  void hold(size_t stream, block_ptr rows, session_time now);
  /// Moves the held rows to the open request, or to a new one.
  void release(size_t stream);
  void drop_held(size_t stream);
  void cut_largest();
  void count_open_bytes(stream_life& life);
  /// Notes a state behind all rows of the open request.
  void note_state_in_request(stream_life& life);
  /// Ends the open request; at its state, if rows are held.
  void close_request(size_t stream);
  /// Ends a request that has been open for too long.
  void close_old_request(size_t stream);
  void abort_request(size_t stream);
  void finish(size_t stream, stream_end how,
              std::optional<failure_reason> reason);
  void finish_rest();
  void drop_request(size_t stream);
  /// Empties the table of a complete stream that brought no rows, or says that
  /// it keeps what it has. Only at the end: rows may come after a COMPLETE.
  void settle_table_without_rows(size_t stream);
  void empty_table(size_t stream);
  /// Saves the states whose rows are committed.
  /// @param replaced_by_part A stream whose table was replaced just now by a
  /// part of what is read; null: none.
  void save_what_may_be(const stream_life* replaced_by_part = nullptr);
  /// Notes a state that is saved and ends those of other kinds.
  void note_saved(const std::string& key);
  /// Ends what an earlier read saved for the stream, unless a state of this
  /// task has done so or does: from there the next read would leave out rows
  /// that are gone from the table.
  void end_old_state(const std::string& key,
                     std::vector<saveable_state>& states);
  /// @returns the reason that keeps the task from SUCCESS although every stream
  /// is complete.
  std::optional<failure_reason> doubt() const;
  /// @returns the reason for which everything was stopped.
  failure_reason stop_reason() const;
  /// @returns the failure of the connector, as far as it is known, as the
  /// reason of `what`.
  failure_reason source_failure(std::string what) const;
  /// Adds the connector's exit code to a reason of the connector's, if it ended
  /// by itself with one that is not 0 or was never reported.
  void add_exit_code(failure_reason& reason) const;

  read_session_settings settings_;
  session_backend& backend_;
  checkpoint_ledger ledger_;
  std::vector<stream_life> streams_;
  std::unordered_map<stream_id, size_t> index_;
  session_time last_activity_;
  session_time last_word_;
  /// The bytes of open requests that may be ended at any time.
  uint64_t open_bytes_ = 0;
  uint64_t held_bytes_ = 0;
  /// The rows of all streams since the last GLOBAL or LEGACY state.
  record_tally tally_;
  /// Records that a state of several streams counted and that never came.
  uint64_t missing_rows_ = 0;
  state_coverage coverage_;
  /// It was logged that a state of all streams ended those of single ones.
  bool mixed_states_told_ = false;
  uint64_t lines_ = 0;
  uint64_t bytes_ = 0;
  uint64_t states_under_way_ = 0;
  uint64_t states_saved_ = 0;
  uint64_t configs_under_way_ = 0;
  bool storing_given_up_ = false;
  bool stopping_ = false;
  /// The connector ended since the task was cancelled.
  bool called_cancelled_ = false;
  bool heard_stderr_ = false;
  int failure_exit_code_ = 1;
  std::array<uint64_t, line_fault_count> faults_ = {};
  /// The number of these behind another one in the same line.
  uint64_t faults_in_same_line_ = 0;
  fault_reporter faults_told_;
  /// Lines that look like rows of an unknown stream.
  uint64_t unattributed_rows_ = 0;
  unread_tally unread_;
  strangers strangers_;
  /// A STREAM_STATUS came, for a stream of the catalog or for another.
  bool any_status_seen_ = false;
  /// The headline of the TRACE ERRORs that name no stream of the catalog.
  headline_reason task_errors_;
  /// The headline of all reasons that connector and destination gave.
  headline_reason headline_;
  bool any_trace_error_ = false;
  /// The failure of storing states, configs or log.
  std::string storage_error_;
  last_words words_;
  std::optional<estimate_trace> estimate_;
  std::optional<session_end> end_;
  std::optional<int> exit_code_;
  std::string end_reason_;
  unread_output left_;
};

} // namespace motorcade
