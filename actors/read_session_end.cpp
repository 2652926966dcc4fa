// How a read session ends, and what it says about it.
#include "actors/progress.hpp"
#include "actors/read_session.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace motorcade {

void read_session::end(session_end why, std::optional<int> exit_code,
                       std::string reason) {
  if (end_)
    return;
  end_ = why;
  exit_code_ = exit_code;
  end_reason_ = std::move(reason);
  finish_rest();
  for (size_t i = 0; i < streams_.size(); ++i)
    if (streams_[i].misnamed())
      ledger_.fail(i);
  if (unread_.found_in_text() > 0)
    backend_.log(log_level::warn,
                 plural(unread_.found_in_text(), "message")
                     + " stood behind or inside other text and had to be "
                       "looked for: let the connector print each on a line of "
                       "its own");
  uint64_t faults = 0;
  for (auto n : faults_)
    faults += n;
  if (faults > 0) {
    std::string text = plural(faults, "line") + " not delivered:";
    for (size_t i = 0; i < faults_.size(); ++i)
      if (faults_[i] > 0)
        text += " " + std::string{to_string(static_cast<line_fault>(i))} + " "
                + std::to_string(faults_[i]);
    backend_.log(log_level::warn, std::move(text));
  }
}

void read_session::cancel_rest() {
  for (size_t i = 0; i < streams_.size(); ++i) {
    auto& life = streams_[i];
    if (life.settled() || life.aborting)
      continue;
    life.end = stream_end::cancelled;
    life.end_failure = cancelled_failure();
    life.aborting = true;
    backend_.abort(i);
    // A reason that stopped the reading stays the reason.
    if (end_ == session_end::source_ended)
      end_ = session_end::cancelled;
  }
}

void read_session::give_up(const std::string& reason) {
  for (size_t i = 0; i < streams_.size(); ++i)
    if (!streams_[i].settled())
      on_failure(i, {ec::timed_out, reason});
}

void read_session::finish_rest() {
  for (size_t i = 0; i < streams_.size(); ++i) {
    auto& life = streams_[i];
    if (life.end != stream_end::open) {
      // Rows may have come after the end, and wait in a request.
      finish(i,
             *end_ == session_end::cancelled ? stream_end::cancelled : life.end,
             {});
      continue;
    }
    switch (*end_) {
    case session_end::cancelled:
      finish(i, stream_end::cancelled, stop_reason());
      continue;
    case session_end::time_exceeded:
    case session_end::source_silent:
    case session_end::broken:
      finish(i, stream_end::incomplete, stop_reason());
      continue;
    case session_end::source_ended:
      break;
    }
    auto ended_well = exit_code_ ? *exit_code_ == 0 : !any_trace_error_;
    if (life.status_seen)
      finish(i, stream_end::incomplete,
             source_failure("the connector ended without completing the "
                            "stream"));
    else if (!life.seen && exit_code_ != 0)
      finish(i, stream_end::incomplete, source_failure("not processed"));
    else if (ended_well)
      finish(i, stream_end::complete, {});
    else
      finish(i, stream_end::incomplete, source_failure("the connector failed"));
  }
}

failure_reason read_session::stop_reason() const {
  failure_reason out;
  switch (*end_) {
  case session_end::cancelled:
    return cancelled_failure(end_reason_);
  case session_end::broken:
    return platform_failure(end_reason_);
  case session_end::time_exceeded:
  case session_end::source_silent:
  case session_end::source_ended:
    break;
  }
  out.type = failure_type::timeout;
  out.message = end_reason_;
  return out;
}

failure_reason read_session::source_failure(std::string what) const {
  failure_reason out;
  out.message = std::move(what);
  if (task_error_) {
    out.type = task_error_->type;
    out.internal_message = task_error_->message;
    out.stack_trace = task_error_->stack_trace;
  } else {
    out.internal_message =
        unread_.said().empty() ? last_error_log_ : unread_.said();
  }
  if (exit_code_ == unknown_exit_code)
    out.message += ", and its exit code was never told";
  else if (exit_code_ && *exit_code_ != 0)
    out.exit_code = exit_code_;
  return out;
}

void read_session::finish(size_t stream, stream_end how,
                          std::optional<failure_reason> reason) {
  auto& life = streams_[stream];
  auto first_word = life.end == stream_end::open;
  // The first word counts, but an end as incomplete is never taken back.
  if (first_word
      || (life.end == stream_end::complete && how == stream_end::incomplete)) {
    life.end = how;
    life.end_failure = std::move(reason);
  }
  if (first_word && how == stream_end::complete && life.rows == 0
      && life.next_mode() == write_mode::replace_table)
    backend_.log(
        log_level::warn,
        "stream " + life.config.id.key()
            + " brought no rows; its table keeps those of earlier syncs");
  if (life.unit_rows == 0 || life.aborting)
    return;
  auto good = life.end == stream_end::complete && !life.trace_error;
  // A failed full refresh must not replace a whole table by a part of it; a
  // failed incremental read is worth keeping up to its last state. Aborting
  // would take the requests before it, too.
  auto worth = life.config.incremental && how != stream_end::cancelled
               && (ledger_.open_unit_wanted(stream) || !life.under_way.empty());
  if (good || worth) {
    close_unit(stream);
  } else {
    life.aborting = true;
    backend_.abort(stream);
  }
}

bool read_session::settled() const {
  return states_under_way_ == 0 && configs_under_way_ == 0 && delivered();
}

bool read_session::delivered() const {
  return std::all_of(streams_.begin(), streams_.end(),
                     [](const auto& life) { return life.settled(); });
}

std::optional<failure_reason> read_session::doubt() const {
  if (!storage_error_.empty())
    return platform_failure(storage_error_);
  if (storing_given_up_)
    return platform_failure(
        "states or a changed config could not be stored in time");
  if (task_error_)
    return task_error_;
  if (exit_code_ && *exit_code_ != 0)
    return source_failure("the connector failed");
  failure_reason unread;
  unread.message = unread_.doubt(unattributed_rows_);
  if (unread.message.empty())
    return std::nullopt;
  return unread;
}

session_outcome read_session::outcome() const {
  size_t good = 0;
  size_t some = 0;
  std::optional<failure_reason> of_stream;
  for (const auto& life : streams_) {
    auto status = life.status();
    good += status == stream_status::success;
    some += life.committed_rows > 0
            || (status == stream_status::success && life.seen);
    if (of_stream)
      continue;
    of_stream = life.failure();
    if (of_stream)
      of_stream->stream = life.config.id;
  }
  auto all_good = good == streams_.size();
  // Reasons for doubt even where every stream is complete.
  auto doubtful = doubt();
  auto failed = some > 0 ? task_status::partial : task_status::failed;
  switch (*end_) {
  case session_end::cancelled:
    if (all_good && !doubtful)
      break;
    return {task_status::cancelled, stop_reason(), 0};
  case session_end::time_exceeded:
    return {task_status::time_exceeded, stop_reason(), 2};
  case session_end::source_silent:
    return {failed, stop_reason(), 2};
  case session_end::broken:
    return {failed, stop_reason(), some > 0 ? 0 : failure_exit_code_};
  case session_end::source_ended:
    break;
  }
  if (all_good && !doubtful)
    return {task_status::success, std::nullopt, 0};
  auto reason = doubtful && (all_good || !of_stream || task_error_) ? doubtful
                                                                    : of_stream;
  return {failed, std::move(reason), some > 0 ? 0 : 1};
}

std::vector<stream_summary> read_session::summaries() const {
  std::vector<stream_summary> out;
  for (const auto& life : streams_) {
    auto error = life.failure();
    out.push_back({life.config.id.key(), life.rows, life.bytes, life.status(),
                   error ? to_brief(*error) : std::string{}});
  }
  return out;
}

session_totals read_session::totals() const {
  session_totals out;
  out.lines = lines_;
  out.bytes = bytes_;
  out.states_saved = states_saved_;
  out.faults = faults_;
  double expected = 0;
  double got = 0;
  auto known = !streams_.empty();
  for (const auto& life : streams_) {
    out.rows += life.rows;
    out.row_bytes += life.bytes;
    out.committed_rows += life.committed_rows;
    if (life.end == stream_end::complete) {
      expected += static_cast<double>(life.rows);
      got += static_cast<double>(life.rows);
    } else if (life.estimate && life.estimate->rows.value_or(0) > 0) {
      expected += *life.estimate->rows;
      got += std::min(static_cast<double>(life.rows), *life.estimate->rows);
    } else {
      known = false;
    }
  }
  if (known && expected > 0)
    out.done = got / expected;
  else if (estimate_ && estimate_->rows.value_or(0) > 0)
    out.done = std::min(1.0, static_cast<double>(out.rows) / *estimate_->rows);
  return out;
}

std::string read_session::metrics(const failure_reason* reason) const {
  auto all = totals();
  uint64_t rejected = unattributed_rows_;
  uint64_t failed = 0;
  for (const auto& life : streams_) {
    rejected += life.rejected_rows;
    failed += life.failed_rows;
  }
  nlohmann::ordered_json out = {{"lines", all.lines},
                                {"bytes", all.bytes},
                                {"rows", all.rows + rejected},
                                {"committed_rows", all.committed_rows},
                                {"rejected_rows", rejected},
                                {"failed_rows", failed},
                                {"states_saved", all.states_saved}};
  for (const auto& life : streams_)
    if (life.estimate && life.estimate->rows.value_or(0) > 0)
      out["estimated_rows"][life.config.id.key()] =
          static_cast<uint64_t>(std::min(*life.estimate->rows, 1e18));
  if (unread_.found_in_text() > 0)
    out["found_in_text"] = unread_.found_in_text();
  for (size_t i = 0; i < message_kind_count; ++i)
    if (auto n = unread_.by_kind()[i]; n > 0)
      out["unreadable"][std::string{to_string(static_cast<message_kind>(i))}] =
          n;
  for (size_t i = 0; i < faults_.size(); ++i)
    if (faults_[i] > 0)
      out["faults"][std::string{to_string(static_cast<line_fault>(i))}] =
          faults_[i];
  if (reason != nullptr)
    out["failure"] =
        nlohmann::ordered_json::parse(to_json(*reason, /*with_stack*/ false));
  return out.dump();
}

} // namespace motorcade
