#pragma once

#include "runtime/destination/destination.hpp"
#include "schema/lines/message.hpp"
#include "schema/state/record_tally.hpp"
#include "schema/task/headline_reason.hpp"
#include "schema/task/task_status.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace motorcade {

/// A stream before its first row.
struct session_stream {
  stream_id id;
  bool incremental = false;
  /// The connector was given a state of this stream, so its rows join those
  /// that are in the table.
  bool state_given = false;
  /// The effect of the first request on the table; nothing: it follows from the
  /// two above.
  std::optional<write_mode> first_mode = {};
  /// The template of its requests, without the mode.
  upload_request request;
};

/// The end of a stream, as the connector left it.
enum class stream_end : uint8_t {
  /// The stream has not ended yet.
  open,
  /// All rows came, as the connector says.
  complete,
  /// Rows may be missing, as the connector says.
  incomplete,
  /// Reading was stopped.
  cancelled,
  /// The reading was stopped since the task took too long.
  timed_out,
};

/// The state of one stream within a task.
struct stream_life {
  /// @param what The stream as the settings have it.
  explicit stream_life(session_stream what) : config{std::move(what)} {}

  session_stream config;
  /// Counted over the whole task.
  uint64_t rows = 0;
  uint64_t bytes = 0;
  uint64_t committed_rows = 0;
  uint64_t rejected_rows = 0;
  /// Rows that were dropped since they came under a name that the catalog does
  /// not have and that is almost this one.
  uint64_t misnamed_rows = 0;
  /// The other name, and the difference.
  std::string misnamed_as;
  /// States that came under such a name, alone or within a GLOBAL state.
  uint64_t misnamed_states = 0;
  std::string misnamed_state_as;
  /// Rows and states that came under a near name that the catalog does not have
  /// and that may well be another stream's: a doubt if nothing came under
  /// the stream's own name.
  uint64_t near_rows = 0;
  uint64_t near_states = 0;
  /// The first such name, and the difference.
  std::string near_name;
  /// Set at the end if no row of any stream of the catalog came and rows of
  /// others did, in words.
  std::string rows_of_strangers;
  /// Rows that came and will never be committed.
  uint64_t failed_rows = 0;
  /// Records that the connector counted and that never came.
  uint64_t missing_rows = 0;
  uint64_t states = 0;
  /// The rows since the last state.
  record_tally tally;
  /// The rows, bytes and start of the open request.
  uint64_t request_rows = 0;
  uint64_t request_bytes = 0;
  std::chrono::milliseconds request_since{};
  /// The open request ends at a state that waits for it; rows behind that
  /// state are held.
  bool state_in_request = false;
  /// The open request holds rows behind its last state, so that it can end at
  /// the next state alone.
  bool rows_behind_state = false;
  /// The open request replaces the table.
  bool request_replaces = false;
  /// The bytes of the open request, if it may be ended at any time.
  uint64_t open_bytes = 0;
  uint64_t requests_opened = 0;

  /// Rows behind the last state of the open request, not yet sent: either the
  /// next state comes, and they join the request, or they are dropped.
  std::vector<block_ptr> held;
  uint64_t held_rows = 0;
  uint64_t held_bytes = 0;
  std::chrono::milliseconds held_since{};

  /// Requests that are complete and not yet answered, with their rows.
  struct sent_request {
    uint64_t number;
    uint64_t rows;
    /// It replaces the table of an incremental stream by a part of what is
    /// read.
    bool part;
  };

  std::vector<sent_request> under_way;
  bool aborting = false;
  /// Rows were dropped, after which nothing more is sent.
  bool dropped = false;
  /// The destination refused it: nothing more is sent.
  bool delivery_failed = false;
  /// A status came since which no row came behind a COMPLETE.
  bool status_seen = false;
  bool status_ever_seen = false;
  bool seen = false;
  stream_end end = stream_end::open;
  /// The connector did not say how the stream ended: it follows from how the
  /// task did.
  bool ended_with_task = false;
  std::optional<failure_reason> delivery_failure;
  /// The headline of the TRACE ERRORs that name the stream.
  headline_reason trace_errors;
  std::optional<failure_reason> end_failure;
  std::optional<estimate_trace> estimate;

  /// @returns whether every request has its answer.
  bool settled() const {
    return request_rows == 0 && under_way.empty() && !aborting;
  }

  /// @returns whether all its rows seem to have come under another name.
  bool misnamed() const { return rows == 0 && misnamed_rows > 0; }

  /// @returns whether the connector knows the stream by its name: rows or a
  /// status of it came.
  bool known_by_name() const {
    return rows > 0 || rejected_rows > 0 || status_ever_seen;
  }

  /// @returns whether nothing came of it, and something under a near name.
  bool named_nearly() const {
    return (near_rows > 0 || near_states > 0) && !known_by_name();
  }

  /// @returns whether rows that come now can still be delivered. Rows of an
  /// incomplete full refresh cannot.
  bool takes_rows() const {
    return !delivery_failed && !aborting && !dropped
           && (config.incremental || end != stream_end::incomplete);
  }

  /// @returns whether the stream has a failure of its own, besides the end of
  /// the task.
  bool has_own_failure() const {
    return delivery_failed || trace_errors.get().has_value();
  }

  /// @returns the mode of the next request.
  write_mode next_mode() const {
    if (requests_opened > 0)
      return write_mode::batch;
    return config.first_mode.value_or(config.incremental && config.state_given
                                          ? write_mode::batch
                                          : write_mode::replace_table);
  }

  /// @returns the status for the task's row.
  stream_status status() const;

  /// @returns the reason if the stream is not SUCCESS, without its name;
  /// nothing otherwise.
  std::optional<failure_reason> failure() const;

private:
  /// @returns which rows never came or were refused here; empty: none.
  std::string losses() const;
};

} // namespace motorcade
