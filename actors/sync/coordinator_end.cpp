// How a coordinator ends its task, and what it writes down about it.
#include "actors/sync/coordinator.hpp"
#include "runtime/base/log.hpp"

#include "runtime/log/stderr_log.hpp"

#include <csignal>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr session_time row_at_least_every = 30s;

/// The part of the stop grace that is kept for storing the task's end.
constexpr session_time longest_storing = 10s;

/// The wait for the signal that ended the connector to come here, too: a
/// kubelet stops the containers of a Pod at the same time, but not at the same
/// moment.
constexpr session_time signal_patience = 5s;

/// The exit code of a program that SIGTERM ended.
constexpr int ended_by_sigterm = 128 + SIGTERM;

} // namespace

void coordinator_state::cancel(const std::string& reason) {
  if (at_ == phase::over || stopped_)
    return;
  stopped_ = true;
  stop_reason_ = reason;
  // Deliveries may take a part of the stop's time; the rest is kept for storing
  // the end.
  stop_by_ = now() + settings_.stop_timeout;
  auto to_store = std::min(longest_storing, settings_.stop_timeout / 3);
  deadline_ = at_ == phase::reading || at_ == phase::settling
                  ? stop_by_ - to_store
                  : stop_by_;
  if (at_ == phase::preparing || at_ == phase::idle) {
    // The wait for the database goes on, so that the end can be stored: `start`
    // then ends the session.
  } else if (at_ == phase::reading) {
    go_on(source_->cancel(stop_reason_, /*outranks_failures*/ false, now()));
  } else {
    session_->cancel_rest();
    if (at_ <= phase::awaiting_stop && may_be_stopped()) {
      stopped_with_connector_ = true;
      session_->call_cancelled();
    }
    at_ == phase::awaiting_stop ? tell_end() : advance();
  }
}

void coordinator_state::end_reading(decided_end end) {
  at_ = phase::settling;
  connector_exit_code_ = end.exit_code;
  source_->close();
  crew_->stop_readers();
  if (source_->has_wrong_setting())
    session_->set_exit_code_of_failure(2);
  session_->end(end.why, end.exit_code, std::move(end.reason),
                source_->left_behind());
  crew_->send_own_lines();
  advance();
}

void coordinator_state::advance() {
  crew_->send_own_lines();
  if (at_ != phase::settling)
    return;
  if (!session_->settled()) {
    // Deliveries have time limits of their own; a database may be away for
    // ever.
    if (session_->delivered() && deadline_ == session_time::max())
      deadline_ = now() + settings_.storage_patience;
    return;
  }
  session_->on_settled();
  // A program that cancels the task writes CANCELLED into the row first. The
  // signal may have reached only the connector so far, so the row is read at
  // every end that is no success.
  if (settings_.stop_is_failure && !row_cancelled_
      && (stopped_ || session_->outcome().status != task_status::success)) {
    at_ = phase::asking;
    deadline_ = std::min(stop_by_, now() + settings_.storage_patience);
    ask_row();
    return;
  }
  tell_end();
}

void coordinator_state::ask_row() {
  // The answer to the write under way may be older than the stop; its handler
  // asks anew.
  if (storing_row_)
    return;
  row_asked_ = true;
  put_row({});
}

void coordinator_state::on_row_read() {
  if (stopped_ || row_cancelled_ || !may_be_stopped()) {
    tell_end();
    return;
  }
  at_ = phase::awaiting_stop;
  deadline_ = now() + signal_patience;
}

bool coordinator_state::may_be_stopped() const {
  return settings_.stop_is_failure && connector_exit_code_ == ended_by_sigterm;
}

void coordinator_state::tell_end() {
  at_ = phase::flushing;
  if (row_cancelled_)
    session_->call_cancelled();
  outcome_ = judge();
  if (outcome_->status != task_status::success)
    log(outcome_->status == task_status::cancelled ? log_level::info
                                                   : log_level::error,
        "the task ended as " + std::string{to_string(outcome_->status)} + ": "
            + (outcome_->reason ? to_text(*outcome_->reason) : ""));
  else
    log(log_level::info, "the task ended as SUCCESS");
  crew_->send_own_lines();
  deadline_ = std::min(stop_by_, now() + settings_.storage_patience);
  crew_->store_log([this](uint64_t lost, const std::string& why) {
    if (lost > 0)
      session_->on_logs_lost(lost, why);
    store_result();
  });
}

session_outcome coordinator_state::judge() const {
  auto out = session_->outcome();
  if (row_cancelled_ && out.status != task_status::cancelled)
    out = {task_status::cancelled, cancelled_failure(), 0};
  else if (settings_.stop_is_failure && !row_cancelled_
           && (out.status == task_status::cancelled || stopped_with_connector_))
    out = {task_status::failed, stopped_failure(settings_.place, stop_reason_),
           1};
  if (out.reason)
    out.reason = mask_secrets(std::move(*out.reason));
  return out;
}

std::vector<stream_summary> coordinator_state::summaries() const {
  auto out = session_->summaries();
  for (auto& stream : out) {
    // The stop was no cancel: the streams get the status of the task.
    if (outcome_ && outcome_->status == task_status::failed
        && stream.status == stream_status::cancelled) {
      stream.status = stream_status::failed;
      stream.error = outcome_->error();
    }
    stream.error = mask_secrets(std::move(stream.error));
  }
  return out;
}

void coordinator_state::store_result() {
  if (at_ != phase::flushing)
    return;
  at_ = phase::storing;
  if (row_cancelled_)
    session_->call_cancelled();
  // The outcome is judged again: lost lines of log may have changed it.
  outcome_ = judge();
  if (!storing_row_)
    put_row(outcome_);
}

void coordinator_state::put_row(const std::optional<session_outcome>& end) {
  auto description = describe(summaries());
  auto final = end.has_value();
  if (!final && at_ != phase::asking
      && (storing_row_
          || (description == last_description_
              && now() - stored_at_ < row_at_least_every)))
    return;
  storing_row_ = true;
  stored_at_ = now();
  last_description_ = description;
  auto row = settings_.row;
  row.description = std::move(description);
  row.metrics =
      session_->metrics(final && end->reason ? &*end->reason : nullptr);
  row.status = final ? end->status : task_status::running;
  row.error = final ? end->error() : "";
  // With `stop_is_failure` syncctl has begun the row, so that it exists before
  // the first write from here.
  row.yields = (row_begun_ || settings_.stop_is_failure)
               && (!final || (stopped_ && end->status != task_status::success));
  rt::ask(self_, write_patience, settings_.store,
          std::make_shared<const task_row>(std::move(row)))
      .then([this, final](task_status now_has) { on_row_put(final, now_has); },
            [this, final](const caf::error& reason) {
              on_row_refused(final, to_failure(reason).what);
            });
}

void coordinator_state::on_row_put(bool final, task_status now_has) {
  storing_row_ = false;
  row_begun_ = true;
  row_cancelled_ =
      row_cancelled_ || (!final && now_has == task_status::cancelled);
  if (final) {
    if (now_has == task_status::cancelled && outcome_->status != now_has)
      outcome_ = {now_has, cancelled_failure(), 0};
    finish(*outcome_);
  } else if (at_ == phase::storing) {
    put_row(outcome_);
  } else if (at_ == phase::asking) {
    row_asked_ ? on_row_read() : ask_row();
  } else if (at_ == phase::preparing) {
    if (now_has == task_status::cancelled)
      cancel({});
    else if (now_has != task_status::running)
      cancel("the task's row says " + std::string{to_string(now_has)}
             + ": the task was over before its connector could start, so it is "
               "not started");
    begin_reading();
  } else if (now_has != task_status::running) {
    log::info("the task's row says {}", to_string(now_has));
    cancel({});
  }
}

void coordinator_state::on_row_refused(bool final, const std::string& why) {
  storing_row_ = false;
  log::error("the task's status could not be stored: {}", why);
  if (final)
    finish({task_status::failed,
            platform_failure("the task's status could not be stored: " + why),
            1});
  else if (at_ == phase::storing)
    put_row(outcome_);
  else if (at_ == phase::asking)
    row_asked_ ? on_row_read() : ask_row();
  else if (at_ == phase::preparing)
    begin_reading();
}

void coordinator_state::force() {
  deadline_ = session_time::max();
  switch (at_) {
  case phase::preparing: {
    const auto* why = "the database was not available for too long";
    log::error("{}", why);
    finish({stopped_ ? task_status::cancelled : task_status::failed,
            platform_failure(why), 1});
    break;
  }
  case phase::reading:
    // A stop may leave less time than the last reading would take.
    deadline_ = stop_by_;
    end_reading(source_->give_up());
    break;
  case phase::settling:
    session_->give_up("the destination did not answer in time; rows already "
                      "sent may have been committed, and the next read will "
                      "deliver them again");
    session_->give_up_storing();
    advance();
    break;
  case phase::asking:
  case phase::awaiting_stop:
    tell_end();
    break;
  case phase::flushing:
  case phase::storing: {
    auto cancelled = outcome_->status == task_status::cancelled;
    const auto* why = "the database was not available for too long: the task's "
                      "log and status are not stored";
    log::error("{}", why);
    finish({cancelled ? task_status::cancelled : task_status::failed,
            platform_failure(why), 1});
    break;
  }
  default:
    break;
  }
}

void coordinator_state::measure() {
  if (!settings_.metrics || !session_)
    return;
  auto& board = *settings_.metrics;
  auto all = session_->totals();
  board.set(metric::lines, all.lines);
  board.set(metric::read_bytes, all.bytes);
  board.set(metric::saved_states, all.states_saved);
  for (size_t i = 0; i < all.faults.size(); ++i)
    if (all.faults[i] > 0)
      board.set(metric::rejected_lines, all.faults[i],
                to_string(static_cast<line_fault>(i)));
  // Many streams would be many time series: all but the first are added up.
  auto put = [&](metric which, uint64_t stream_life::*count) {
    uint64_t others = 0;
    for (size_t i = 0; i < session_->stream_count(); ++i) {
      const auto& life = session_->stream(i);
      if (i < metric_board::most_label_values)
        board.set(which, life.*count, life.config.id.key());
      else
        others += life.*count;
    }
    if (session_->stream_count() > metric_board::most_label_values)
      board.set(which, others, metric_board::other_label);
  };
  put(metric::rows, &stream_life::rows);
  put(metric::row_bytes, &stream_life::bytes);
  put(metric::committed_rows, &stream_life::committed_rows);
  if (settings_.window)
    board.set(metric::queue_bytes, settings_.window->used());
  if (settings_.budget)
    board.set(metric::kept_bytes, settings_.budget->used());
}

void coordinator_state::finish(session_outcome end) {
  if (at_ == phase::over)
    return;
  at_ = phase::over;
  measure();
  if (settings_.metrics)
    settings_.metrics->add(metric::tasks, 1, to_string(end.status));
  crew_->stop_readers();
  if (progress_)
    progress_->clear();
  task_result result;
  result.status = end.status;
  if (end.reason)
    result.reason = mask_secrets(std::move(*end.reason));
  result.config_changed = config_changed_;
  result.exit_code = end.exit_code;
  result.connector_exit_code = connector_exit_code_;
  if (session_) {
    result.streams = summaries();
    result.states_saved = session_->totals().states_saved;
    for (size_t i = 0; i < session_->stream_count(); ++i) {
      result.committed_rows.push_back(session_->stream(i).committed_rows);
      const auto& request = session_->stream(i).config.request;
      result.locations.push_back(settings_.where->locate(request));
      result.queries.push_back(settings_.where->query_to_try(request));
      const auto& load = loads_.at(i);
      result.columns_added.push_back(load ? load->columns_added.load() : 0);
      result.values_unmapped.push_back(load ? load->values_unmapped.load() : 0);
    }
  }
  crew_->answer(std::move(result));
}

} // namespace motorcade
