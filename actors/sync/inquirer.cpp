#include "actors/sync/inquirer.hpp"

#include "actors/sync/inquiry_result.hpp"
#include "actors/sync/new_secrets.hpp"
#include "runtime/base/log.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/base/counted.hpp"
#include "schema/base/cut_text.hpp"
#include "schema/catalog/configure_catalog.hpp"
#include "schema/secrets/config_change.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

inquiry_end to_inquiry_end(session_end why) {
  switch (why) {
  case session_end::source_ended:
    return inquiry_end::source_ended;
  case session_end::cancelled:
    return inquiry_end::cancelled;
  case session_end::time_exceeded:
  case session_end::source_silent:
    return inquiry_end::timed_out;
  case session_end::broken:
    break;
  }
  return inquiry_end::broken;
}

} // namespace

// -- the start ----------------------------------------------------------------

void inquirer_state::prepare() {
  at_ = phase::preparing;
  session_.emplace(settings_.row.command);
  // A connector that runs one command ends by itself, so it gets no signals.
  source_.emplace(crew_->callbacks_for_reading({}),
                  source_reading::limits{settings_.exit_code_file,
                                         settings_.exit_code_timeout,
                                         settings_.stop_timeout});
  deadline_ =
      now() + (stopped_ ? settings_.stop_timeout : settings_.storage_patience);
  crew_->tick_later();
  crew_->prepare_store([this] { start(); },
                       [this](const std::string& why) {
                         task_result refused;
                         refused.reason = platform_failure(why);
                         refused.exit_code = 2;
                         log::error("{}", refused.error());
                         finish(std::move(refused));
                       });
}

void inquirer_state::start() {
  if (at_ != phase::preparing)
    return;
  at_ = phase::reading;
  started_ = last_activity_ = now();
  deadline_ = session_time::max();
  if (stopped_) {
    end_reading({session_end::cancelled, std::nullopt, stop_reason_});
    return;
  }
  crew_->log(
      log_level::info,
      std::string{name_of(settings_.row.command)} + " of "
          + settings_.row.package
          + (settings_.row.version.empty() ? "" : ":" + settings_.row.version));
  if (!settings_.known_answer.empty())
    take(message{
        document_message{std::string{result_type(settings_.row.command)},
                         settings_.known_answer}});
  crew_->send_own_lines();
  if (settings_.row.command == inquiry::discover) {
    auto row = settings_.row;
    row.status = task_status::running;
    // A failure of this write is only logged: the end is written in any case.
    rt::ask(self_, write_patience, settings_.store,
            std::make_shared<const result_row>(std::move(row)))
        .then([](atom::ok) {},
              [](const caf::error& error) {
                log::warn("RUNNING could not be stored: {}",
                          to_failure(error).what);
              });
  }
  crew_->start_readers(settings_.read);
  source_->begin();
}

// -- the listening ------------------------------------------------------------

void inquirer_state::take(const parsed_slab& slab) {
  ++slabs_;
  if (!source_->takes_output())
    return;
  last_activity_ = now();
  keep_new_secrets(slab, settings_.connector_spec);
  stdout_lines_.join(slab.logs.get(), slab.lead);
  if (slab.logs)
    take_lines(slab.logs, false);
  for (const auto& item : slab.items) {
    if (const auto* content = std::get_if<message>(&item))
      take(*content);
    else if (const auto* report = std::get_if<line_report>(&item))
      take(*report);
  }
  lines_ += slab.lines;
  crew_->send_own_lines();
  go_on(source_->on_slabs(slabs_, now()));
}

void inquirer_state::take(const message& content) {
  if (const auto* error = std::get_if<error_trace>(&content))
    return take(*error);
  if (const auto* control = std::get_if<control_message>(&content))
    take(*control);
  tell_session(content);
}

void inquirer_state::take(const error_trace& error) {
  auto masked = mask_secrets(error);
  crew_->log(log_level::error, to_log_text(to_failure_reason(masked)));
  tell_session(std::move(masked));
}

void inquirer_state::tell_session(const message& content) {
  if (auto remark = session_->on_message(content))
    crew_->log(log_level::warn, *remark);
  if (session_->answered() && !answered_at_)
    answered_at_ = now();
}

void inquirer_state::take(const line_report& report) {
  if (auto text = faults_.tell(report, lines_))
    crew_->log(log_level::warn, *text);
  if (!report.taken)
    session_->on_unreadable(
        report.kind, fault_reporter::describe(report, lines_), report.said);
}

void inquirer_state::take(const control_message& control) {
  result_.config_changed = true;
  crew_->log(log_level::warn, describe_config_change(settings_.connector_config,
                                                     control.config));
  settings_.connector_config = control.config;
  // The store writes a config before all else, so the inquiry does not wait for
  // the answer.
  keep_config(self_, settings_.store, settings_.config, control.config,
              [this](const failure& wrong) {
                if (wrong.code == ec::none)
                  return;
                crew_->log(log_level::error,
                           "the config that the connector changed is lost: "
                               + wrong.what);
                crew_->send_own_lines();
              });
}

void inquirer_state::take_lines(const log_batch_ptr& batch, bool from_stderr) {
  if (!source_->takes_output())
    return;
  last_activity_ = now();
  heard_stderr_ = heard_stderr_ || from_stderr;
  for (size_t i = 0; i < batch->messages.size(); ++i)
    if (batch->messages[i] > 0)
      session_->on_unreadable(static_cast<message_kind>(i),
                              "it is on stderr, and the connector must print "
                              "its messages on stdout",
                              {});
  for (size_t i = 0; i < batch->size(); ++i) {
    auto [level, text] = (*batch)[i];
    // Secrets are masked before the cut: a part of a secret would not be found.
    last_line_ = mask_secrets(std::string{text});
    session_->on_line(level, last_line_, from_stderr);
  }
  crew_->send_lines(batch);
}

void inquirer_state::tick() {
  if (at_ == phase::over)
    return;
  crew_->tick_later();
  auto time = now();
  if (time >= deadline_) {
    give_up_storing();
    return;
  }
  if (!source_->takes_output())
    return;
  go_on(source_->on_tick({last_activity_, lines_, heard_stderr_, {}}, time));
  if (source_->is_under_way() && answered_at_
      && time - *answered_at_ >= settings_.patience_after_answer) {
    crew_->log(log_level::warn,
               "the connector has answered and does not exit: its output is "
               "no longer read");
    go_on(
        source_->decide({session_end::time_exceeded, std::nullopt, {}}, time));
  } else if (source_->is_under_way()
             && time - started_ >= settings_.answer_timeout) {
    code_without_answer_ = 2;
    go_on(
        source_->decide({session_end::time_exceeded, std::nullopt, {}}, time));
  }
  crew_->send_own_lines();
}

void inquirer_state::on_down(const caf::down_msg& down) {
  // A last reading would wait in vain for the slabs that the dead actor has not
  // passed on.
  if (source_ && source_->takes_output())
    end_reading({session_end::broken, std::nullopt,
                 crew_->deaths().words_of(down).what});
}

// -- the end ------------------------------------------------------------------

void inquirer_state::cancel(const std::string& reason) {
  if (at_ == phase::over || stopped_)
    return;
  stopped_ = true;
  stop_reason_ = reason;
  if (source_)
    go_on(source_->cancel(stop_reason_, /*outranks_failures*/ true, now()));
  deadline_ = std::min(deadline_, now() + settings_.stop_timeout);
}

std::string inquirer_state::time_that_it_had() const {
  auto minutes = std::chrono::duration_cast<std::chrono::minutes>(
      settings_.answer_timeout);
  auto out = "it had "
             + counted(static_cast<uint64_t>(minutes.count()), "minute") + " ("
             + settings_.answer_timeout_name + ")";
  return out
         + (last_line_.empty()
                ? ", and printed nothing"
                : ", and printed last: " + cut_middle(last_line_, 500));
}

void inquirer_state::end_reading(decided_end end) {
  at_ = phase::flushing;
  source_->close();
  crew_->stop_readers();
  if (source_->has_wrong_setting())
    code_without_answer_ = 2;
  if (end.exit_code == unknown_exit_code)
    end.exit_code = std::nullopt;
  const auto why = to_inquiry_end(end.why);
  if (why == inquiry_end::timed_out)
    end.reason = time_that_it_had();
  auto outcome = session_->end(why, end.exit_code, end.reason);
  auto changed = result_.config_changed;
  result_ =
      judge_inquiry(settings_.row.command, outcome, why,
                    {end.exit_code, code_without_answer_,
                     settings_.stop_is_failure, settings_.place, stop_reason_});
  result_.config_changed = changed;
  if (settings_.row.command == inquiry::discover && outcome.success)
    for (const auto& fault : faults_of_discovered(result_.document)) {
      crew_->log(log_level::warn, fault);
      answer_remarks_ += (answer_remarks_.empty() ? "" : "\n") + fault;
    }
  auto level = outcome.success || why == inquiry_end::cancelled
                   ? log_level::info
                   : log_level::error;
  crew_->log(level, std::string{name_of(settings_.row.command)} + " ended as "
                        + std::string{to_string(result_.status)}
                        + (result_.reason ? ": " + result_.error() : ""));
  crew_->send_own_lines();
  deadline_ =
      now() + (stopped_ ? settings_.stop_timeout : settings_.storage_patience);
  crew_->store_log([this](uint64_t lost, const std::string& reason) {
    if (lost > 0)
      log::error("{} of log {} lost: {}", counted(lost, "line"),
                 agree(lost, "is", "are"), reason);
    store_result();
  });
}

void inquirer_state::store_result() {
  if (at_ != phase::flushing)
    return;
  at_ = phase::storing;
  auto row = make_result_row(settings_.row, result_, answer_remarks_);
  if (settings_.stop_is_failure && stopped_ && result_.document.empty())
    row.yields_since = settings_.started_at;
  rt::ask(self_, write_patience, settings_.store,
          std::make_shared<const result_row>(std::move(row)))
      .then([this](atom::ok) { finish(result_); },
            [this](const caf::error& error) {
              auto refused = result_;
              refused.reason = platform_failure(
                  "the result could not be stored: " + to_failure(error).what);
              refused.status = task_status::failed;
              refused.exit_code = 1;
              log::error("{}", refused.error());
              finish(std::move(refused));
            });
}

void inquirer_state::give_up_storing() {
  auto what = at_ == phase::preparing
                  ? "the database was not available for too long"
                  : "the database was not available for too long: the result "
                    "is not stored";
  log::error("{}", what);
  auto lost = result_;
  lost.reason = platform_failure(what);
  lost.exit_code = 1;
  lost.status = task_status::failed;
  finish(std::move(lost));
}

void inquirer_state::finish(task_result end) {
  if (at_ == phase::over)
    return;
  at_ = phase::over;
  if (settings_.metrics) {
    settings_.metrics->set(metric::lines, lines_);
    settings_.metrics->add(metric::tasks, 1, to_string(end.status));
  }
  crew_->stop_readers();
  if (end.reason)
    end.reason = mask_secrets(std::move(*end.reason));
  crew_->answer(std::move(end));
}

coordinator_actor::behavior_type
inquirer_state::make_behavior(coordinator_actor::pointer self,
                              inquirer_settings settings) {
  self_ = self;
  settings_ = std::move(settings);
  crew_.emplace(self, settings_.store, settings_.log, settings_.window);
  return {
      [this](atom::run) -> caf::result<task_result_ptr> {
        return crew_->run([this] { prepare(); });
      },
      [this](const parsed_slab_ptr& slab) { take(*slab); },
      [this](const log_batch_ptr& lines) {
        if (lines != nullptr)
          take_lines(lines, true);
      },
      [this](const pipe_end_ptr& end) {
        if (source_)
          go_on(source_->on_pipe_end(*end, now()));
      },
      [](atom::commit, uint64_t, uint64_t) {},
      [](const failure_ptr&, uint64_t) {},
      [](atom::abort, uint64_t) {},
      [this](atom::cancel) { cancel({}); },
      [this](const failure_ptr& reason) { break_off(*reason); },
      [this](atom::tick) { tick(); },
      [this](atom::watch) { go_on(source_->look_again(now())); },
  };
}

coordinator_actor::behavior_type
inquirer(coordinator_actor::stateful_pointer<inquirer_state> self,
         inquirer_settings settings) {
  return conduct_task(self, std::move(settings));
}

} // namespace motorcade
