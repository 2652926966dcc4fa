// How a coordinator ends its task, and what it writes down about it.
#include "actors/sync/coordinator.hpp"
#include "runtime/base/log.hpp"

#include "runtime/log/stderr_log.hpp"

#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr session_time row_at_least_every = 30s;

/// The part of the stop grace that is kept for storing the task's end.
constexpr session_time longest_storing = 10s;

} // namespace

void coordinator_state::break_off(const failure& reason) {
  if (reason.code == ec::cancelled)
    cancel(reason.what);
  else if (at == phase::reading)
    end_reading({session_end::broken, std::nullopt, reason.what});
  else if (at != phase::over)
    log(log_level::error, reason.what);
}

void coordinator_state::cancel(const std::string& reason) {
  if (at == phase::over || stopped)
    return;
  stopped = true;
  stop_reason = reason;
  // Deliveries may take a part of the stop's time; the rest is kept for storing
  // the end.
  stop_by = now() + settings.stop_timeout;
  auto to_store = std::min(longest_storing, settings.stop_timeout / 3);
  deadline =
      takes_output() || at == phase::settling ? stop_by - to_store : stop_by;
  if (at == phase::preparing || at == phase::idle) {
    // Goes on until the database is there, so that the end can be stored:
    // `start` ends the session.
  } else if (at == phase::reading) {
    end_reading({session_end::cancelled, std::nullopt, stop_reason});
  } else if (at == phase::draining) {
    if (ending.why == session_end::source_ended)
      ending = {session_end::cancelled, std::nullopt, stop_reason};
    last->hurry(now());
    drain(now());
  } else {
    session->cancel_rest();
    advance();
  }
}

void coordinator_state::end_reading(decided_end end, bool ends_connector) {
  at = phase::draining;
  ending = std::move(end);
  last.emplace(last_reading::hands{settings.signal_connector,
                                   [this] {
                                     stop_readers();
                                   }},
               ends_connector && settings.signal_connector,
               settings.stop_timeout, now());
  drain(now());
}

void coordinator_state::drain(session_time time) {
  if (last->carry_out(time))
    end_session(std::move(ending));
  else
    check_source();
}

void coordinator_state::end_session(decided_end end) {
  at = phase::settling;
  connector_exit_code = end.exit_code;
  stop_readers();
  session->end(end.why, end.exit_code, std::move(end.reason),
               readers.empty() ? unread_output{} : watch->left_behind());
  flush_own_lines();
  advance();
}

void coordinator_state::advance() {
  flush_own_lines();
  if (at != phase::settling)
    return;
  if (!session->settled()) {
    // Deliveries have time limits of their own; a database may be away for
    // ever.
    if (session->delivered() && deadline == session_time::max())
      deadline = now() + settings.storage_patience;
    return;
  }
  session->on_settled();
  // A program that cancels the task writes CANCELLED into the row first. The
  // signal may have reached the connector alone so far, so the row is read at
  // every end that is no success.
  if (settings.stop_is_failure && !row_cancelled
      && (stopped || session->outcome().status != task_status::success)) {
    at = phase::asking;
    deadline = std::min(stop_by, now() + settings.storage_patience);
    ask_row();
    return;
  }
  tell_end();
}

void coordinator_state::ask_row() {
  // The answer to the write under way may be older than the stop; its handler
  // asks anew.
  if (storing_row)
    return;
  row_asked = true;
  put_row({});
}

void coordinator_state::tell_end() {
  at = phase::flushing;
  if (row_cancelled)
    session->call_cancelled();
  outcome = judge();
  if (outcome->status != task_status::success)
    log(outcome->status == task_status::cancelled ? log_level::info
                                                  : log_level::error,
        "the task ended as " + std::string{to_string(outcome->status)} + ": "
            + (outcome->reason ? to_text(*outcome->reason) : ""));
  else
    log(log_level::info, "the task ended as SUCCESS");
  flush_own_lines();
  deadline = std::min(stop_by, now() + settings.storage_patience);
  rt::ask(self, write_patience, settings.log, atom::flush_v)
      .then(
          [this](uint64_t lost, const std::string& why) {
            if (lost > 0)
              session->on_logs_lost(lost, why);
            store_result();
          },
          [this](const caf::error& error) {
            session->on_logs_lost(1, to_failure(error).what);
            store_result();
          });
}

session_outcome coordinator_state::judge() const {
  auto out = session->outcome();
  if (row_cancelled && out.status != task_status::cancelled)
    out = {task_status::cancelled, cancelled_failure(), 0};
  else if (settings.stop_is_failure && out.status == task_status::cancelled
           && !row_cancelled)
    out = {task_status::failed, stopped_failure(settings.place, stop_reason),
           1};
  if (out.reason)
    out.reason = mask_secrets(std::move(*out.reason));
  return out;
}

std::vector<stream_summary> coordinator_state::summaries() const {
  auto out = session->summaries();
  for (auto& stream : out) {
    // A stop that turned out to be no cancel: streams say what the task says.
    if (outcome && outcome->status == task_status::failed
        && stream.status == stream_status::cancelled) {
      stream.status = stream_status::failed;
      stream.error = outcome->error();
    }
    stream.error = mask_secrets(std::move(stream.error));
  }
  return out;
}

void coordinator_state::store_result() {
  if (at != phase::flushing)
    return;
  at = phase::storing;
  if (row_cancelled)
    session->call_cancelled();
  // Judged again: lost lines of log may have changed the outcome.
  outcome = judge();
  if (!storing_row)
    put_row(outcome);
}

void coordinator_state::put_row(const std::optional<session_outcome>& end) {
  auto description = describe(summaries());
  auto final = end.has_value();
  if (!final && at != phase::asking
      && (storing_row
          || (description == last_description
              && now() - stored_at < row_at_least_every)))
    return;
  storing_row = true;
  stored_at = now();
  last_description = description;
  auto row = settings.row;
  row.description = std::move(description);
  row.metrics =
      session->metrics(final && end->reason ? &*end->reason : nullptr);
  row.status = final ? end->status : task_status::running;
  row.error = final ? end->error() : "";
  // With `stop_is_failure` syncctl has begun the row, so that it exists before
  // the first write from here.
  row.yields = (row_begun || settings.stop_is_failure)
               && (!final || (stopped && end->status != task_status::success));
  rt::ask(self, write_patience, settings.store,
          std::make_shared<const task_row>(std::move(row)))
      .then(
          [this, final](task_status now_has) {
            storing_row = false;
            row_begun = true;
            row_cancelled =
                row_cancelled || (!final && now_has == task_status::cancelled);
            if (final) {
              if (now_has == task_status::cancelled
                  && outcome->status != now_has)
                outcome = {now_has, cancelled_failure(), 0};
              finish(*outcome);
            } else if (at == phase::storing) {
              put_row(outcome);
            } else if (at == phase::asking) {
              row_asked ? tell_end() : ask_row();
            } else if (now_has != task_status::running) {
              log::info("the task's row says {}", to_string(now_has));
              cancel();
            }
          },
          [this, final](const caf::error& reason) {
            storing_row = false;
            auto why = to_failure(reason).what;
            log::error("the task's status could not be stored: {}", why);
            if (final)
              finish({task_status::failed,
                      platform_failure("the task's status could not be stored: "
                                       + why),
                      1});
            else if (at == phase::storing)
              put_row(outcome);
            else if (at == phase::asking)
              row_asked ? tell_end() : ask_row();
          });
}

void coordinator_state::force() {
  deadline = session_time::max();
  switch (at) {
  case phase::preparing: {
    const auto* why = "the database was not available for too long";
    log::error("{}", why);
    finish({stopped ? task_status::cancelled : task_status::failed,
            platform_failure(why), 1});
    break;
  }
  case phase::draining:
    // Reached where a stop leaves less time than `last` would take.
    deadline = stop_by;
    end_session(std::move(ending));
    break;
  case phase::settling:
    session->give_up("no answer came in time: rows that were sent may be in "
                     "the table all the same, and will come again");
    session->give_up_storing();
    advance();
    break;
  case phase::asking:
    tell_end();
    break;
  case phase::flushing:
  case phase::storing: {
    auto cancelled = outcome->status == task_status::cancelled;
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
  if (!settings.metrics || !session)
    return;
  auto& board = *settings.metrics;
  auto all = session->totals();
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
    for (size_t i = 0; i < session->stream_count(); ++i) {
      const auto& life = session->stream(i);
      if (i < metric_board::most_label_values)
        board.set(which, life.*count, life.config.id.key());
      else
        others += life.*count;
    }
    if (session->stream_count() > metric_board::most_label_values)
      board.set(which, others, metric_board::other_label);
  };
  put(metric::rows, &stream_life::rows);
  put(metric::row_bytes, &stream_life::bytes);
  put(metric::committed_rows, &stream_life::committed_rows);
  if (settings.window)
    board.set(metric::queue_bytes, settings.window->used());
  if (settings.budget)
    board.set(metric::kept_bytes, settings.budget->used());
}

void coordinator_state::finish(session_outcome end) {
  if (at == phase::over)
    return;
  at = phase::over;
  measure();
  if (settings.metrics)
    settings.metrics->add(metric::tasks, 1, to_string(end.status));
  stop_readers();
  if (progress)
    progress->clear();
  task_result result;
  result.status = end.status;
  if (end.reason)
    result.reason = mask_secrets(std::move(*end.reason));
  result.config_changed = config_changed;
  result.exit_code = end.exit_code;
  result.connector_exit_code = connector_exit_code;
  if (session) {
    result.streams = summaries();
    result.states_saved = session->totals().states_saved;
    for (size_t i = 0; i < session->stream_count(); ++i) {
      result.committed_rows.push_back(session->stream(i).committed_rows);
      result.locations.push_back(
          settings.where->locate(session->stream(i).config.request));
    }
  }
  ended = std::make_shared<const task_result>(std::move(result));
  if (promise.pending())
    promise.deliver(ended);
}

} // namespace motorcade
