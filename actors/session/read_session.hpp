#pragma once

#include "actors/session/last_words.hpp"
#include "actors/session/read_session_settings.hpp"
#include "actors/session/session_backend.hpp"
#include "actors/session/session_end.hpp"
#include "actors/session/session_outcome.hpp"
#include "actors/session/strangers.hpp"
#include "actors/session/stream_life.hpp"
#include "actors/session/unreadable_tally.hpp"
#include "runtime/destination/destination.hpp"
#include "runtime/stream/fault_reporter.hpp"
#include "runtime/stream/slab_parser.hpp"
#include "schema/state/checkpoint_ledger.hpp"
#include "schema/state/record_tally.hpp"
#include "schema/state/saved_states.hpp"
#include "schema/task/headline_reason.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace motorcade {

/// The heart of a read: decides when rows are committed, which states are
/// saved, and how every stream and the task end. It has neither actors nor a
/// clock: each call tells it an event and its time.
class read_session {
public:
  /// @param backend Carries out what is decided; it must outlive this.
  /// @param now The time at which the task began.
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

  /// These take the answer to `session_backend::save_states`: so many states
  /// are saved, or lost.
  void on_states_saved(uint64_t count);
  void on_states_refused(const failure& reason, uint64_t count);

  /// These take the answer to `session_backend::save_config`: the config is
  /// saved, or lost.
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

  /// Ends the task as cancelled, although its reading seems to have ended by
  /// itself: a connector that gets the stop signal before the sidecar does
  /// ends, too. Streams that ended with the task, without a failure of their
  /// own, are cancelled.
  /// Precondition: ended.
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
  /// Counts a block of rows and adds it to the stream's open request, or holds
  /// it if a state stands behind the rows of that request. Rows of a stream
  /// that takes none any more count as failed.
  void on_rows(const row_batch& batch, session_time now);

  /// Passes a message on to the function for its kind. One that a read does not
  /// expect is logged.
  void on_message(const message& content, session_time now);

  /// Takes a state of any kind.
  void on_state(const state_message& state, session_time now);

  /// Takes a STREAM_STATUS: the stream ends if it says so. One of a stream that
  /// the catalog does not name is logged.
  void on_status(const stream_status_trace& trace, session_time now);

  /// Keeps a TRACE ERROR as the reason of the stream that it names, or of the
  /// task if the catalog has no such stream.
  void on_error(const error_trace& trace);

  /// Keeps the newest estimate of a stream, or of all together.
  void on_estimate(const estimate_trace& trace);

  /// Has the config stored that the connector changed to, and logs which of its
  /// keys are new.
  void on_control(const control_message& control, session_time now);

  /// Logs a line that was not delivered, unless lines with its fault were
  /// logged often enough.
  void on_report(const line_report& report);

  /// Counts rows that came under almost the name of a stream of the catalog.
  /// They are not delivered, and no state is saved over them until rows under
  /// the stream's own name show that the connector has both streams.
  void on_misnamed(const misnamed_rows& rows);
  /// Notes the first near name under which something came.
  void on_near_name(size_t stream, const stream_id& sent,
                    std::string_view difference);

  /// @returns the stream's place in the catalog; nothing if the catalog does
  /// not name it.
  std::optional<size_t> find(const stream_id& id) const;

  /// Does what `find` does, and logs a name that the catalog does not have,
  /// once for each name.
  /// @param what Begins the line of log, before `stream NAME`.
  std::optional<size_t> find_or_say(const stream_id& id, std::string_view what);

  /// @returns whether the stream's open request has enough rows, bytes or
  /// seconds to end at a state that comes now.
  bool ripe(const stream_life& life, session_time now) const;

  /// Takes the state of one stream: the rows before it belong to the open
  /// request, which ends here if it is ripe.
  void on_stream_state(const state_message& state, session_time now);

  /// Takes a state of all streams (GLOBAL, LEGACY). If the request of any
  /// stream is ripe, those of all end, since the state needs the rows of each.
  void on_whole_state(const state_message& state, session_time now);

  /// Compares the count of a state with what came.
  /// @returns whether the state may be saved.
  bool check_count(const state_message& state, record_tally& tally,
                   stream_life* of);

  /// Counts the slab's rows that could not be read among those of their
  /// streams, before a state is compared with the count.
  void attribute_rejected(const parsed_slab& input);

  /// Counts the slab's rows of streams that the catalog does not name, before a
  /// state is compared with the count.
  void attribute_unknown(const parsed_slab& input);
  /// Notes a state under a name that the catalog does not have.
  void on_misnamed_state(const stream_id& sent);
  /// Looks whether the streams that a GLOBAL state names are the catalog's.
  void check_names(std::string_view global);
  /// @returns whether rows came and all of them were of streams that are like
  /// none of the catalog.
  bool only_strangers() const;

  // Requests, in read_session_requests.cpp.

  /// Gives rows to the stream's open request; opens one if there is none.
  void add_to_request(size_t stream, block_ptr rows, session_time now);

  /// Keeps rows that came behind a state until the next state comes. If all
  /// streams together hold too many bytes, all requests with held rows end at
  /// their states; if commits are costly and a request is young, its held rows
  /// are released instead.
  void hold(size_t stream, block_ptr rows, session_time now);
  /// Moves the held rows to the open request, or to a new one.
  void release(size_t stream);

  /// Counts the held rows as failed and forgets them; no later state is saved
  /// over them.
  void drop_held(size_t stream);

  /// Ends the requests with the most bytes, one by one, until the open bytes of
  /// all streams are within their limit.
  void cut_largest();

  /// Counts the bytes of the stream's open request among the open bytes, if the
  /// request may end now: at a state, or without one if no row can come twice
  /// or replace a whole table by a part.
  void count_open_bytes(stream_life& life);
  /// Notes a state behind all rows of the open request.
  void note_state_in_request(stream_life& life);
  /// Ends the open request; at its state, if rows are held. Requests that are
  /// bound to it by a state of all streams end with it, so that all of them
  /// become visible in one transaction.
  void close_request(size_t stream);

  /// @returns what the commit of the stream's open request is bound to; no
  /// streams: nothing.
  checkpoint_ledger::bond bond_of(size_t stream) const;
  /// Ends a request that has been open for too long.
  void close_old_request(size_t stream);

  /// Has the backend drop the open request. The stream takes no rows until
  /// `on_aborted`.
  void abort_request(size_t stream);

  /// Notes the end of a stream and settles its open request: it is committed if
  /// the stream is complete, or if it is incremental and worth keeping up to
  /// its last state; otherwise it is dropped.
  /// @param how The first end counts, but COMPLETE may turn into an incomplete
  /// end.
  void finish(size_t stream, stream_end how,
              std::optional<failure_reason> reason);

  /// Ends each stream at the end of the reading: one without a status is
  /// complete only if the connector ended well.
  void finish_rest();

  /// Counts the rows of all requests of the stream that have no answer as
  /// failed; states that wait for them are lost.
  void drop_request(size_t stream);
  /// Empties the table of a complete stream that brought no rows, or says that
  /// it keeps what it has. Only at the end: rows may come after a COMPLETE.
  void settle_table_without_rows(size_t stream);

  /// Commits a request without rows that replaces the stream's table.
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
  /// The noted ones among the states of each `save_states` without an answer:
  /// their keys and fingerprints.
  std::deque<std::vector<std::pair<std::string, std::string>>> passed_;
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
  unreadable_tally unread_;
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
