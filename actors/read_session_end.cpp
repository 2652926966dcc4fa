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
    life.end_reason = "the task was cancelled";
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
      finish(i, stream_end::cancelled, "the task was cancelled");
      continue;
    case session_end::time_exceeded:
    case session_end::source_silent:
    case session_end::broken:
      finish(i, stream_end::incomplete, end_reason_);
      continue;
    case session_end::source_ended:
      break;
    }
    auto ended_well = exit_code_ ? *exit_code_ == 0 : !any_trace_error_;
    if (life.status_seen)
      finish(i, stream_end::incomplete,
             "the connector ended without completing the stream"
                 + last_words());
    else if (!life.seen && exit_code_ != 0)
      finish(i, stream_end::incomplete, "not processed" + last_words());
    else if (ended_well)
      finish(i, stream_end::complete, {});
    else
      finish(i, stream_end::incomplete, "the connector failed" + last_words());
  }
}

std::string read_session::last_words() const {
  if (!task_error_.empty())
    return ": " + task_error_;
  std::string out;
  if (exit_code_ == unknown_exit_code)
    out = " (its exit code was never told)";
  else if (exit_code_ && *exit_code_ != 0)
    out =
        " (exit code " + std::to_string(*exit_code_)
        + (*exit_code_ == 137 ? ", killed, perhaps for want of memory)" : ")");
  if (!last_error_log_.empty())
    out += ": " + last_error_log_;
  return out;
}

void read_session::finish(size_t stream, stream_end how, std::string reason) {
  auto& life = streams_[stream];
  auto first_word = life.end == stream_end::open;
  // The first word counts, but an end as incomplete is never taken back.
  if (first_word
      || (life.end == stream_end::complete && how == stream_end::incomplete)) {
    life.end = how;
    life.end_reason = std::move(reason);
  }
  if (first_word && how == stream_end::complete && life.rows == 0
      && life.next_mode() == write_mode::replace_table)
    backend_.log(
        log_level::warn,
        "stream " + life.config.id.key()
            + " brought no rows; its table keeps those of earlier syncs");
  if (life.unit_rows == 0 || life.aborting)
    return;
  auto good = life.end == stream_end::complete && life.trace_error.empty();
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
  return states_under_way_ == 0 && delivered();
}

bool read_session::delivered() const {
  return std::all_of(streams_.begin(), streams_.end(),
                     [](const auto& life) { return life.settled(); });
}

session_outcome read_session::outcome() const {
  size_t good = 0;
  size_t some = 0;
  std::string stream_error;
  for (const auto& life : streams_) {
    auto status = life.status();
    good += status == stream_status::success;
    some += status == stream_status::partial || life.committed_rows > 0;
    if (auto error = life.error(); !error.empty() && stream_error.empty())
      stream_error = "stream " + life.config.id.key() + ": " + error;
  }
  auto all_good = good == streams_.size();
  // Reasons for doubt even where every stream is complete.
  auto doubt = storage_error_;
  if (doubt.empty() && !task_error_.empty())
    doubt = task_error_;
  if (doubt.empty() && exit_code_ && *exit_code_ != 0)
    doubt = "the connector failed" + last_words();
  if (doubt.empty() && unattributed_rows_ > 0)
    doubt = plural(unattributed_rows_, "line")
            + " looked like a row and could not be read, see the task's log";
  if (doubt.empty() && states_given_up_)
    doubt = "states could not be stored in time";
  switch (*end_) {
  case session_end::cancelled:
    if (all_good && doubt.empty())
      break;
    return {task_status::cancelled, "the task was cancelled", 0};
  case session_end::time_exceeded:
    return {task_status::time_exceeded, end_reason_, 2};
  case session_end::source_silent:
    return {good + some > 0 ? task_status::partial : task_status::failed,
            end_reason_, 2};
  case session_end::broken:
    return {good + some > 0 ? task_status::partial : task_status::failed,
            end_reason_, good + some > 0 ? 0 : failure_exit_code_};
  case session_end::source_ended:
    break;
  }
  if (all_good && doubt.empty())
    return {task_status::success, {}, 0};
  auto error =
      !doubt.empty()
              && (all_good || stream_error.empty() || !task_error_.empty())
          ? doubt
          : stream_error;
  if (good + some > 0)
    return {task_status::partial, error, 0};
  return {task_status::failed, error, 1};
}

std::vector<stream_summary> read_session::summaries() const {
  std::vector<stream_summary> out;
  for (const auto& life : streams_)
    out.push_back({life.config.id.key(), life.rows, life.bytes, life.status(),
                   life.error()});
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

std::string read_session::metrics() const {
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
  for (size_t i = 0; i < faults_.size(); ++i)
    if (faults_[i] > 0)
      out["faults"][std::string{to_string(static_cast<line_fault>(i))}] =
          faults_[i];
  return out.dump();
}

} // namespace motorcade
