// How an inquirer ends its command, and what it writes down about it.
#include "actors/sync/inquirer.hpp"
#include "actors/sync/inquiry_verdict.hpp"
#include "runtime/base/log.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/base/counted.hpp"
#include "schema/base/cut_text.hpp"
#include "schema/catalog/configure_catalog.hpp"

#include <utility>

namespace motorcade {

void inquirer_state::break_off(const failure& reason) {
  if (reason.code == ec::cancelled)
    cancel(reason.what);
  else if (at == phase::reading)
    end_listening({inquiry_end::broken, std::nullopt, reason.what});
  else if (at != phase::over)
    log(log_level::error, reason.what);
}

void inquirer_state::cancel(const std::string& reason) {
  if (at == phase::over || stopped)
    return;
  stopped = true;
  stop_reason = reason;
  if (at == phase::reading)
    end_listening({inquiry_end::cancelled, std::nullopt, stop_reason});
  else if (at == phase::draining)
    ending = {inquiry_end::cancelled, std::nullopt, stop_reason};
  deadline = std::min(deadline, now() + settings.stop_timeout);
}

void inquirer_state::end_listening(decided_inquiry_end end) {
  at = phase::draining;
  ending = std::move(end);
  last.emplace(last_reading::hands{{},
                                   [this] {
                                     stop_readers();
                                   }},
               /*ends_connector*/ false, settings.stop_timeout, now());
  drain(now());
}

void inquirer_state::drain(session_time time) {
  if (last->carry_out(time))
    end_inquiry(std::move(ending));
  else
    check_source();
}

std::string inquirer_state::time_that_it_had() const {
  auto minutes =
      std::chrono::duration_cast<std::chrono::minutes>(settings.answer_timeout);
  auto out = "it had "
             + counted(static_cast<uint64_t>(minutes.count()), "minute") + " ("
             + settings.answer_timeout_name + ")";
  return out
         + (last_line.empty()
                ? ", and printed nothing"
                : ", and printed last: " + cut_middle(last_line, 500));
}

void inquirer_state::end_inquiry(decided_inquiry_end end) {
  at = phase::flushing;
  stop_readers();
  const auto why = end.why;
  if (why == inquiry_end::timed_out)
    end.detail = time_that_it_had();
  auto outcome = session->end(why, end.exit_code, end.detail);
  auto changed = result.config_changed;
  result =
      judge_inquiry(settings.row.command, outcome, why,
                    {end.exit_code, code_without_answer,
                     settings.stop_is_failure, settings.place, stop_reason});
  result.config_changed = changed;
  if (settings.row.command == inquiry::discover && outcome.success)
    for (const auto& fault : faults_of_discovered(result.document)) {
      log(log_level::warn, fault);
      answer_remarks += (answer_remarks.empty() ? "" : "\n") + fault;
    }
  auto level = outcome.success || why == inquiry_end::cancelled
                   ? log_level::info
                   : log_level::error;
  log(level, std::string{name_of(settings.row.command)} + " ended as "
                 + std::string{to_string(result.status)}
                 + (result.reason ? ": " + result.error() : ""));
  flush_remarks();
  deadline =
      now() + (stopped ? settings.stop_timeout : settings.storage_patience);
  rt::ask(self, write_patience, settings.log, atom::flush_v)
      .then(
          [this](uint64_t lost, const std::string& reason) {
            if (lost > 0)
              log::error("{} of log {} lost: {}", counted(lost, "line"),
                         agree(lost, "is", "are"), reason);
            store_result();
          },
          [this](const caf::error& error) {
            log::error("lines of log are lost: {}", to_failure(error).what);
            store_result();
          });
}

void inquirer_state::store_result() {
  if (at != phase::flushing)
    return;
  at = phase::storing;
  auto row = make_result_row(settings.row, result, answer_remarks);
  if (settings.stop_is_failure && stopped && result.document.empty())
    row.yields_since = settings.started_at;
  rt::ask(self, write_patience, settings.store,
          std::make_shared<const result_row>(std::move(row)))
      .then([this](atom::ok) { finish(result); },
            [this](const caf::error& error) {
              auto refused = result;
              refused.reason = platform_failure(
                  "the result could not be stored: " + to_failure(error).what);
              refused.status = task_status::failed;
              refused.exit_code = 1;
              log::error("{}", refused.error());
              finish(std::move(refused));
            });
}

void inquirer_state::finish(task_result end) {
  if (at == phase::over)
    return;
  at = phase::over;
  if (settings.metrics) {
    settings.metrics->set(metric::lines, lines);
    settings.metrics->add(metric::tasks, 1, to_string(end.status));
  }
  stop_readers();
  if (end.reason)
    end.reason = mask_secrets(std::move(*end.reason));
  ended = std::make_shared<const task_result>(std::move(end));
  if (promise.pending())
    promise.deliver(ended);
}

} // namespace motorcade
