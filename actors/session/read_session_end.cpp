// The end of a read session.
#include "actors/session/read_session.hpp"
#include "schema/base/counted.hpp"

#include <algorithm>

namespace motorcade {

void read_session::end(session_end why, std::optional<int> exit_code,
                       std::string reason, const unread_output& left) {
  if (end_)
    return;
  end_ = why;
  left_ = left;
  exit_code_ = exit_code;
  end_reason_ = std::move(reason);
  if (why == session_end::source_silent
      && std::all_of(streams_.begin(), streams_.end(), [](const auto& life) {
           return life.end == stream_end::complete;
         }))
    backend_.log(log_level::warn,
                 "every stream is complete, and the connector did not end: "
                     + end_reason_);
  finish_rest();
  for (size_t i = 0; i < streams_.size(); ++i)
    if (streams_[i].misnamed() || streams_[i].named_nearly())
      ledger_.fail(i);
  if (only_strangers()) {
    const auto rows = strangers_.describe_rows();
    backend_.log(
        log_level::warn,
        "all rows that came were dropped: " + rows
            + ". If they are rows of the catalog's streams, the "
              "catalog must name these as the connector does; no state "
              "is saved over them");
    for (auto& life : streams_)
      life.rows_of_strangers =
          rows + " " + std::string{agree(strangers_.rows(), "was", "were")};
  }
  save_what_may_be();
  // Its streams are SUCCESS, as those of a source that has no rows.
  if (why == session_end::source_ended && lines_ == 0 && exit_code_ == 0)
    backend_.log(log_level::warn,
                 "the connector printed nothing at all and exited with code 0, "
                 "so nothing tells that it has read its streams; if the source "
                 "has rows, try the connector by itself");
  if (unread_.found_in_text() > 0)
    backend_.log(log_level::warn,
                 counted(unread_.found_in_text(), "message")
                     + " stood behind or inside other text and had to be "
                       "looked for: let the connector print each on a line of "
                       "its own");
  uint64_t faults = 0;
  for (auto n : faults_)
    faults += n;
  if (faults > 0) {
    auto text = faults_in_same_line_ == 0
                    ? counted(faults, "line")
                    : counted(faults, "part") + " of "
                          + counted(faults - faults_in_same_line_, "line");
    text += " not delivered:";
    for (size_t i = 0; i < faults_.size(); ++i)
      if (faults_[i] > 0)
        text += " " + std::string{to_string(static_cast<line_fault>(i))} + " "
                + std::to_string(faults_[i]);
    backend_.log(log_level::warn, std::move(text));
  }
}

void read_session::give_up(const std::string& reason) {
  // A reason that stopped the reading stays the reason.
  if (!delivered() && stopping_ && end_ == session_end::source_ended)
    end_ = session_end::cancelled;
  for (size_t i = 0; i < streams_.size(); ++i)
    if (!streams_[i].settled())
      on_failure(i, {ec::timed_out, reason});
}

void read_session::call_cancelled() {
  called_cancelled_ = true;
  for (auto& life : streams_)
    if (life.ended_with_task && !life.has_own_failure()
        && life.status() != stream_status::success) {
      life.end = stream_end::cancelled;
      life.end_failure = cancelled_failure();
    }
}

void read_session::finish_rest() {
  for (size_t i = 0; i < streams_.size(); ++i) {
    auto& life = streams_[i];
    life.ended_with_task = life.end == stream_end::open;
    if (!life.ended_with_task) {
      // Only now it is known what came with it.
      if (life.end == stream_end::incomplete && life.end_failure
          && *end_ == session_end::source_ended)
        life.end_failure = source_failure(life.end_failure->message);
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
      finish(i, stream_end::timed_out, stop_reason());
      continue;
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
    else if (any_status_seen_ && !life.status_ever_seen)
      finish(i, stream_end::incomplete,
             source_failure("the connector sent statuses of other streams "
                            "and none of this one, so it is not known to be "
                            "complete"));
    else if (ended_well && exit_code_ && left_.stdout_is_open)
      finish(i, stream_end::incomplete,
             source_failure("the connector has ended, a process that it left "
                            "behind holds its output open, and no status says "
                            "that the stream is complete"));
    else if (ended_well)
      finish(i, stream_end::complete, {});
    else
      finish(i, stream_end::incomplete, source_failure("the connector failed"));
  }
  for (size_t i = 0; i < streams_.size(); ++i)
    settle_table_without_rows(i);
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
  if (const auto& error = task_errors_.get()) {
    out.type = error->type;
    out.internal_message = error->message;
    out.stack_trace = error->stack_trace;
  } else {
    for (const auto* text :
         {&unread_.first_trace_error(), &words_.error(), &words_.on_stderr()})
      if (out.internal_message.empty())
        out.internal_message = *text;
    // E.g. the stream's COMPLETE that was cut.
    if (out.internal_message.empty())
      out.internal_message = unread_.doubt(unattributed_rows_);
  }
  add_exit_code(out);
  return out;
}

void read_session::add_exit_code(failure_reason& reason) const {
  if (end_ == session_end::source_ended && !called_cancelled_
      && exit_code_.value_or(0) != 0 && reason.origin == failure_origin::source)
    reason.exit_code = exit_code_;
}

void read_session::finish(size_t stream, stream_end how,
                          std::optional<failure_reason> reason) {
  auto& life = streams_[stream];
  // The first word counts, but an end as incomplete is never taken back.
  if (life.end == stream_end::open
      || (life.end == stream_end::complete && how == stream_end::incomplete)) {
    life.end = how;
    life.end_failure = std::move(reason);
  }
  if (life.request_rows == 0 || life.aborting)
    return;
  if (life.end == stream_end::complete && !life.trace_errors.get()) {
    // Held rows are none of those of a state that binds requests together.
    if (!bond_of(stream).streams.empty())
      close_request(stream);
    release(stream);
    close_request(stream);
    return;
  }
  // Rows behind the last state come again with the next read.
  drop_held(stream);
  // A failed full refresh must not replace a whole table by a part of it; a
  // failed incremental read is worth keeping up to its last state.
  auto worth = life.config.incremental && how != stream_end::cancelled
               && !life.rows_behind_state
               && ledger_.open_request_wanted(stream);
  if (worth)
    close_request(stream);
  else
    abort_request(stream);
}

void read_session::settle_table_without_rows(size_t stream) {
  const auto& life = streams_[stream];
  if (life.end != stream_end::complete || life.rows > 0
      || life.next_mode() != write_mode::replace_table)
    return;
  // A stream that the connector never mentioned may have rows all the same.
  auto known = life.seen && life.rejected_rows == 0 && life.missing_rows == 0
               && life.misnamed_rows == 0 && life.misnamed_states == 0
               && !life.named_nearly() && !life.trace_errors.get()
               && (!life.config.incremental || life.config.first_mode);
  if (!known || !settings_.empties_tables)
    backend_.log(
        log_level::warn,
        "stream " + life.config.id.key()
            + " brought no rows; its table keeps those of earlier syncs");
  else if (!only_strangers())
    empty_table(stream);
}

void read_session::empty_table(size_t stream) {
  auto& life = streams_[stream];
  backend_.open_request(stream, ++life.requests_opened,
                        write_mode::replace_table);
  life.under_way.push_back({ledger_.close(stream), 0, false});
  backend_.finish_request(stream);
}

bool read_session::settled() const {
  return states_under_way_ == 0 && configs_under_way_ == 0 && delivered();
}

bool read_session::delivered() const {
  return std::all_of(streams_.begin(), streams_.end(),
                     [](const auto& life) { return life.settled(); });
}

std::optional<session_time> read_session::complete_since() const {
  auto complete = [](const stream_life& life) {
    return life.end == stream_end::complete && life.status_seen;
  };
  if (end_ || streams_.empty() || !settled()
      || !std::all_of(streams_.begin(), streams_.end(), complete))
    return std::nullopt;
  return last_word_;
}

std::string read_session::shortcomings() const {
  constexpr size_t most_names = 20;
  std::string out;
  size_t count = 0;
  for (const auto& life : streams_)
    if (life.status() != stream_status::success && ++count <= most_names)
      out += (out.empty() ? "" : ", ") + life.config.id.key();
  if (count > most_names)
    out += " and " + std::to_string(count - most_names) + " more";
  if (auto doubtful = doubt())
    out += (out.empty() ? "" : "; ") + to_brief(*doubtful);
  return out;
}

void read_session::on_settled() {
  if (!coverage_.was_split())
    return;
  constexpr size_t most_names = 20;
  std::string names;
  size_t without = 0;
  for (const auto& life : streams_)
    if (life.config.incremental && !coverage_.covers(life.config.id.key())
        && ++without <= most_names)
      names += (names.empty() ? "" : ", ") + life.config.id.key();
  std::string text =
      "the connector sends states of single streams now, which end the state "
      "of all streams (GLOBAL or LEGACY) that was saved before";
  if (without > most_names)
    names += " and " + std::to_string(without - most_names) + " more";
  if (without > 0)
    text += ". No state is left of: " + names
            + ". The next read begins these streams from the start and "
              "replaces their tables";
  backend_.log(without > 0 ? log_level::warn : log_level::info,
               std::move(text));
}

std::optional<failure_reason> read_session::doubt() const {
  if (!storage_error_.empty())
    return platform_failure(storage_error_);
  if (storing_given_up_)
    return platform_failure(
        "states or a changed config could not be stored in time");
  if (task_errors_.get())
    return task_errors_.get();
  if (exit_code_ && *exit_code_ != 0)
    return source_failure("the connector failed");
  failure_reason unread;
  unread.message = unread_.doubt(unattributed_rows_);
  if (unread.message.empty() && !left_.is_known)
    unread.message = "the connector's output could not be read to its end in "
                     "time";
  else if (unread.message.empty() && left_.bytes > 0)
    unread.message =
        counted(left_.bytes, "byte") + " of the connector's output "
        + std::string{agree(left_.bytes, "was", "were")} + " not read";
  if (unread.message.empty() && missing_rows_ > 0)
    unread.message = counted(missing_rows_, "row", "is", "are")
                     + " missing: the connector counted more than came of all "
                       "streams together, see the task's log";
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
  // Reasons for doubt even if every stream is complete.
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
    if (all_good && !doubtful)
      break;
    return {failed, stop_reason(), 2};
  case session_end::broken:
    return {failed, stop_reason(), some > 0 ? 0 : failure_exit_code_};
  case session_end::source_ended:
    break;
  }
  if (all_good && !doubtful)
    return {task_status::success, std::nullopt, 0};
  auto reason = headline_.get();
  if (!reason)
    reason = doubtful && (all_good || !of_stream) ? doubtful : of_stream;
  if (reason)
    add_exit_code(*reason);
  return {failed, std::move(reason), some > 0 ? 0 : 1};
}

} // namespace motorcade
