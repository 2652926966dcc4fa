#include "actors/sync/inquirer.hpp"

#include "actors/sync/inquiry_verdict.hpp"
#include "actors/sync/new_secrets.hpp"
#include "runtime/base/log.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/secrets/config_change.hpp"

#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

// -- the start ----------------------------------------------------------------

session_time inquirer_state::now() const {
  return std::chrono::duration_cast<session_time>(
      self->clock().now().time_since_epoch());
}

void inquirer_state::prepare() {
  at = phase::preparing;
  session.emplace(settings.row.command);
  watch.emplace(settings.exit_code_file, settings.exit_code_timeout);
  deadline =
      now() + (stopped ? settings.stop_timeout : settings.storage_patience);
  rt::tell_later(self, 1s, self, atom::tick_v);
  rt::ask(self, write_patience, settings.store, atom::prepare_v)
      .then([this](atom::ok) { start(); },
            [this](const caf::error& error) {
              task_result refused;
              refused.reason = platform_failure(to_failure(error).what);
              refused.exit_code = 2;
              log::error("{}", refused.error());
              finish(std::move(refused));
            });
}

void inquirer_state::start() {
  if (at != phase::preparing)
    return;
  at = phase::reading;
  started = last_activity = now();
  deadline = session_time::max();
  if (stopped) {
    end_inquiry({inquiry_end::cancelled, std::nullopt, stop_reason});
    return;
  }
  log(log_level::info,
      std::string{name_of(settings.row.command)} + " of " + settings.row.package
          + (settings.row.version.empty() ? "" : ":" + settings.row.version));
  if (!settings.known_answer.empty())
    take(
        message{document_message{std::string{result_type(settings.row.command)},
                                 settings.known_answer}});
  flush_remarks();
  if (settings.row.command == inquiry::discover) {
    auto row = settings.row;
    row.status = task_status::running;
    // A failure is only logged: the end is written in any case.
    rt::ask(self, write_patience, settings.store,
            std::make_shared<const result_row>(std::move(row)))
        .then([](atom::ok) {},
              [](const caf::error& error) {
                log::warn("RUNNING could not be stored: {}",
                          to_failure(error).what);
              });
  }
  auto reading = settings.read(caf::actor_cast<coordinator_actor>(self));
  deaths.add_task(self, reading, settings.store, settings.log);
  readers = std::move(reading.readers);
}

// -- the listening ------------------------------------------------------------

void inquirer_state::take(const parsed_slab& slab) {
  ++slabs;
  if (!takes_output())
    return;
  last_activity = now();
  keep_new_secrets(slab, settings.connector_spec);
  stdout_lines.join(slab.logs.get(), slab.lead);
  if (slab.logs)
    take_lines(slab.logs, false);
  for (const auto& item : slab.items) {
    if (const auto* content = std::get_if<message>(&item))
      take(*content);
    else if (const auto* report = std::get_if<line_report>(&item))
      take(*report);
  }
  lines += slab.lines;
  flush_remarks();
  check_source();
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
  log(log_level::error, to_log_text(to_failure_reason(masked)));
  tell_session(std::move(masked));
}

void inquirer_state::tell_session(const message& content) {
  if (auto remark = session->on_message(content))
    log(log_level::warn, *remark);
  if (session->answered() && !answered_at)
    answered_at = now();
}

void inquirer_state::take(const line_report& report) {
  if (auto text = faults.tell(report, lines))
    log(log_level::warn, *text);
  if (!report.taken)
    session->on_unreadable(report.kind, fault_reporter::describe(report, lines),
                           report.said);
}

void inquirer_state::take(const control_message& control) {
  result.config_changed = true;
  log(log_level::warn,
      describe_config_change(settings.connector_config, control.config));
  settings.connector_config = control.config;
  // The store writes a config before all else, so the inquiry does not wait for
  // the answer.
  keep_config(self, settings.store, settings.config, control.config,
              write_patience, [this](const failure& wrong) {
                if (wrong.code == ec::none)
                  return;
                log(log_level::error,
                    "the config that the connector changed is lost: "
                        + wrong.what);
                flush_remarks();
              });
}

void inquirer_state::take_lines(const log_batch_ptr& batch, bool from_stderr) {
  if (!takes_output())
    return;
  last_activity = now();
  heard_stderr = heard_stderr || from_stderr;
  for (size_t i = 0; i < batch->messages.size(); ++i)
    if (batch->messages[i] > 0)
      session->on_unreadable(static_cast<message_kind>(i),
                             "it is on stderr, and the connector must print "
                             "its messages on stdout",
                             {});
  for (size_t i = 0; i < batch->size(); ++i) {
    auto [level, text] = (*batch)[i];
    // Before it is cut: what is left of a secret would not be found.
    last_line = mask_secrets(std::string{text});
    session->on_line(level, last_line, from_stderr);
  }
  rt::tell(self, settings.log, batch);
}

void inquirer_state::on_pipe_end(const pipe_end& end) {
  watch->on_pipe_end(end, now());
  if (at == phase::reading && end.error.code != ec::none
      && end.error.code != ec::cancelled) {
    if (end.error.code == ec::invalid_argument)
      code_without_answer = 2;
    end_listening({inquiry_end::broken, std::nullopt, end.error.what});
    return;
  }
  check_source();
}

void inquirer_state::check_source() {
  if (at == phase::draining && watch->is_read(slabs))
    end_inquiry(std::move(ending));
  if (at != phase::reading)
    return;
  auto seen = watch->look(slabs, now());
  switch (seen.is) {
  case source_watch::verdict::state::under_way:
    break;
  case source_watch::verdict::state::exit_code_due:
    if (!watching) {
      watching = true;
      rt::tell_later(self, 50ms, self, atom::watch_v);
    }
    break;
  case source_watch::verdict::state::over:
    if (!seen.complaint.empty())
      log(log_level::error, seen.complaint);
    end_inquiry(
        {inquiry_end::source_ended,
         seen.exit_code == unknown_exit_code ? std::nullopt : seen.exit_code,
         {}});
  }
}

void inquirer_state::tick() {
  if (at == phase::over)
    return;
  rt::tell_later(self, 1s, self, atom::tick_v);
  auto time = now();
  if (time >= deadline) {
    auto what = at == phase::preparing
                    ? "the database was not available for too long"
                    : "the database was not available for too long: the result "
                      "is not stored";
    log::error("{}", what);
    auto lost = result;
    lost.reason = platform_failure(what);
    lost.exit_code = 1;
    lost.status = task_status::failed;
    finish(std::move(lost));
    return;
  }
  if (at == phase::draining)
    drain(time);
  if (at != phase::reading)
    return;
  auto remedy = watch->look_for_stuck_pipes(
      {last_activity, lines > 0, heard_stderr}, time);
  if (remedy != source_watch::remedy::none) {
    if (remedy == source_watch::remedy::stop_reading_and_say_so)
      log(log_level::warn, orphaned_pipes_remark);
    stop_readers();
  }
  if (answered_at && time - *answered_at >= settings.patience_after_answer) {
    log(log_level::warn,
        "the connector has answered and does not end: it is not listened to "
        "any more");
    end_listening({inquiry_end::timed_out, std::nullopt, {}});
  } else if (time - started >= settings.answer_timeout) {
    code_without_answer = 2;
    end_listening({inquiry_end::timed_out, std::nullopt, {}});
  }
  flush_remarks();
}

void inquirer_state::stop_readers() {
  for (auto& reader : readers)
    rt::tell(self, reader, atom::stop_v);
}

void inquirer_state::log(log_level level, std::string_view text) {
  remarks.add(level, text);
}

void inquirer_state::flush_remarks() {
  if (auto batch = remarks.take())
    rt::tell(self, settings.log, std::move(batch));
}

coordinator_actor::behavior_type
inquirer(coordinator_actor::stateful_pointer<inquirer_state> self,
         inquirer_settings settings) {
  auto& st = rt::state(self);
  st.self = self;
  st.settings = std::move(settings);
  self->set_down_handler([&st](const caf::down_msg& down) {
    // A last reading would wait in vain for what the dead actor has not passed
    // on.
    if (st.takes_output())
      st.end_inquiry(
          {inquiry_end::broken, std::nullopt, st.deaths.words_of(down).what});
  });
  tell_exceptions(self, [&st](const failure& why) {
    if (st.promise.pending())
      st.promise.deliver(to_error(why));
  });
  return {
      [&st](atom::run) -> caf::result<task_result_ptr> {
        if (st.ended)
          return st.ended;
        st.promise = st.self->make_response_promise<task_result_ptr>();
        auto answer = st.promise;
        if (st.at == inquirer_state::phase::idle)
          st.prepare();
        return answer;
      },
      [&st](const parsed_slab_ptr& slab) { st.take(*slab); },
      [&st](const log_batch_ptr& lines) {
        if (lines != nullptr)
          st.take_lines(lines, true);
      },
      [&st](const pipe_end_ptr& end) {
        if (st.watch)
          st.on_pipe_end(*end);
      },
      [](atom::commit, uint64_t, uint64_t) {},
      [](const failure_ptr&, uint64_t) {},
      [](atom::abort, uint64_t) {},
      [&st](atom::cancel) { st.cancel(); },
      [&st](const failure_ptr& reason) { st.break_off(*reason); },
      [&st](atom::tick) { st.tick(); },
      [&st](atom::watch) {
        st.watching = false;
        st.check_source();
      },
  };
}

} // namespace motorcade
