#include "actors/supervision/supervisor.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/text.hpp"
#include "schema/base/cut_text.hpp"

#include <algorithm>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr caf::timespan log_patience = 1min;
constexpr caf::timespan first_removal_pause = 1s;
constexpr caf::timespan longest_removal_pause = 30s;
/// The most bytes of a container's log in the `error` of a task.
constexpr size_t longest_last_lines = 4'000;

/// @returns the container whose log may tell why the task ended; empty if the
/// sidecar has stored the reason itself.
std::string silent_container(const pod_status& pod) {
  // With 0 and 1 the sidecar has ended by itself, and has stored why.
  constexpr int last_answer = 1;
  if (pod.sidecar)
    return pod.sidecar->exit_code <= last_answer
               ? ""
               : std::string{sidecar_container};
  return pod.state == pod_state::ended && !pod.source
             ? std::string{init_container}
             : "";
}

log_row make_line(std::string_view level, std::string message) {
  auto time = next_time();
  return {make_line_id(time, 0), std::string{level}, "syncctl",
          std::move(message), time};
}

bool sidecar_succeeded(const pod_status& pod) {
  return pod.sidecar && pod.sidecar->exit_code == 0 && !pod.failure;
}

} // namespace

supervision::time_point supervisor_state::now() const {
  return self->clock().now();
}

bool supervisor_state::concerns_us(const pod_status_ptr& pod, bool is_gone) {
  if (launching) {
    early.emplace_back(pod, is_gone);
    return false;
  }
  return life->pod().uid.empty() || pod->uid == life->pod().uid;
}

void supervisor_state::advance() {
  if (!launching && life->phase() == task_phase::finished && !storing) {
    storing = true;
    fetch_log();
  }
  if (life->wants_removal(now()) && !removing)
    remove();
  if (life->phase() != reported) {
    reported = life->phase();
    if (reported == task_phase::cleaned)
      leave();
    else
      rt::tell(self, setup.registry, setup.pod, reported);
  }
}

void supervisor_state::fetch_log() {
  auto container = life->has_pod() ? silent_container(life->pod()) : "";
  if (container.empty()) {
    store();
    return;
  }
  rt::ask(self, log_patience, setup.worker, atom::last_lines_v, setup.pod,
          container)
      .then(
          [this, container](const std::string& lines) {
            if (!lines.empty())
              last_lines = cut_middle((setup.limits.place == task_place::local
                                           ? "\nlast lines of the "
                                           : "\nlast lines of container ")
                                          + container + ":\n" + lines,
                                      longest_last_lines);
            store();
          },
          [this](const caf::error& error) {
            log::warn("task {}: {}", setup.pod, to_failure(error).what);
            store();
          });
}

void supervisor_state::store() {
  const auto& verdict = *life->verdict();
  auto error = masked(to_brief(verdict.reason) + last_lines);
  store_use();
  if (is_read()) {
    store_task(verdict.status, error, make_lines());
  } else if (sidecar_succeeded(life->pod())) {
    // A sidecar stores its result before it ends with 0.
    say_end(task_status::success, false, {});
    setup.task.then_run ? call_console() : finish_storing(task_status::success);
  } else {
    store_result(error);
  }
}

std::string supervisor_state::masked(std::string text) const {
  return setup.secrets.hide_in(std::move(text));
}

void supervisor_state::store_use() {
  auto told = use.describe(life->pod().source_use);
  if (!told)
    return;
  auto lines = std::make_shared<task_lines>();
  lines->term = term_of_acts();
  lines->sync_id = setup.task.sync_id;
  lines->task_id = log_task_id(setup.task);
  lines->rows.push_back(make_line("INFO", std::move(*told)));
  rt::tell(self, setup.records, task_lines_ptr{std::move(lines)});
}

task_lines supervisor_state::make_lines() const {
  task_lines out;
  if (sidecar_succeeded(life->pod()))
    return out;
  const auto& verdict = *life->verdict();
  out.sync_id = setup.task.sync_id;
  out.task_id = log_task_id(setup.task);
  out.rows.push_back(
      make_line(verdict.status == task_status::cancelled ? "INFO" : "ERROR",
                masked(to_text(verdict.reason) + last_lines)));
  return out;
}

void supervisor_state::say_end(task_status status, bool here,
                               const std::string& error) const {
  if (here && status != task_status::success)
    log::info("task {} ended as {}: {}", setup.pod, to_string(status), error);
  else
    log::info("task {} ended as {}", setup.pod, to_string(status));
}

void supervisor_state::store_task(task_status status, const std::string& error,
                                  task_lines lines) {
  auto row = std::make_shared<task_closing>();
  row->task_id = setup.task.task_id;
  row->status = status;
  row->error = error;
  row->term = term_of_acts();
  row->lines = std::move(lines);
  rt::ask(self, write_patience, setup.records, task_closing_ptr{std::move(row)})
      .then(
          [this, error](task_status now_has, bool here) {
            say_end(now_has, here, error);
            finish_storing(now_has);
          },
          [this, status](const caf::error& error_of_call) {
            auto why = to_failure(error_of_call);
            if (is_called_off(why))
              return;
            log::error("task {}: {}", setup.pod, why.what);
            finish_storing(status);
          });
}

void supervisor_state::store_result(const std::string& error) {
  auto what = std::make_shared<result_closing>();
  what->started_at = setup.task.started_at;
  what->term = term_of_acts();
  auto& row = what->row;
  row.command = setup.task.command == "spec"    ? inquiry::spec
                : setup.task.command == "check" ? inquiry::check
                                                : inquiry::discover;
  row.package = setup.task.package;
  row.version = setup.task.version;
  row.key = setup.task.storage_key;
  row.status = task_status::failed;
  row.description = error;
  what->lines = make_lines();
  auto next = [this] {
    // The sync that was to follow does not come.
    if (setup.task.then_run)
      fail_sync("the discover before it failed");
    else
      finish_storing(task_status::failed);
  };
  rt::ask(self, write_patience, setup.records,
          result_closing_ptr{std::move(what)})
      .then(
          [this, next, error](bool here) {
            say_end(task_status::failed, here, error);
            next();
          },
          [this, next](const caf::error& error_of_call) {
            auto why = to_failure(error_of_call);
            if (is_called_off(why))
              return;
            log::error("task {}: {}", setup.pod, why.what);
            next();
          });
}

void supervisor_state::call_console() {
  rt::ask(self, api_patience, setup.console,
          std::make_shared<const task_request>(setup.task), term_of_acts())
      .then([this](atom::ok) { finish_storing(task_status::success); },
            [this](const caf::error& error) {
              auto why = to_failure(error);
              if (is_called_off(why))
                return;
              log::error("task {}: {}", setup.pod, why.what);
              fail_sync(why.what);
            });
}

void supervisor_state::fail_sync(const std::string& why) {
  // Its row comes with the sync: there may be none yet.
  auto next = [this, why] {
    store_task(task_status::failed, why);
  };
  auto row = std::make_shared<task_row>(*make_row());
  row->status = task_status::failed;
  row->error = why;
  rt::ask(self, write_patience, setup.records, atom::begin_v, task_row_ptr{row})
      .then([next](bool) { next(); }, [next](const caf::error&) { next(); });
}

void supervisor_state::finish_storing(task_status status) {
  rt::tell(self, setup.registry, setup.pod, status);
  life->note_stored();
  for (auto& promise : std::exchange(owed_cancel, {}))
    promise.deliver(atom::ok_v);
  advance();
}

void supervisor_state::remove() {
  removing = true;
  auto which = std::make_shared<pod_removal>();
  which->name = setup.pod;
  which->uid = life->pod().uid;
  which->term = term_of_acts();
  rt::ask(self, api_patience, setup.worker, pod_removal_ptr{std::move(which)})
      .then(
          [this](bool gone) {
            removing = false;
            removal_pause = {};
            life->note_removal(gone, now());
            if (setup.term == 0 && life->phase() != task_phase::cleaned)
              let_go(true);
            else
              advance();
          },
          [this](const caf::error& error) {
            auto why = to_failure(error);
            if (is_called_off(why))
              return;
            removal_pause = std::clamp(removal_pause * 2, first_removal_pause,
                                       longest_removal_pause);
            log::warn("task {}: trying again: {}", setup.pod, why.what);
            // `removing` stays until then.
            rt::tell_later(self, removal_pause, self, atom::retry_v);
          });
}

void supervisor_state::leave() {
  rt::tell(self, setup.registry, setup.pod, task_phase::cleaned);
  self->quit();
}

supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
           supervisor_setup setup) {
  auto& st = rt::state(self);
  st.self = self;
  st.setup = std::move(setup);
  // For a Pod that is adopted, the time counts that it has run already.
  auto age = std::max(utc_now() - st.setup.task.started_at,
                      wall_time::duration::zero());
  st.life.emplace(st.setup.limits,
                  st.setup.manifest ? st.now() : st.now() - age);
  // The Pod goes on without us, and is taken on by the next controller.
  self->monitor(st.setup.registry);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  rt::tell_later(self, st.setup.check_interval, self, atom::tick_v);
  return {
      [&st](atom::launch) -> caf::result<atom::ok> {
        st.launched = st.self->make_response_promise<atom::ok>();
        auto promise = st.launched;
        st.launch();
        return promise;
      },
      [&st](atom::adopt, const pod_status_ptr& pod) {
        st.life->see(*pod, st.now());
        st.advance();
      },
      [&st](atom::seen, const pod_status_ptr& pod) {
        if (!st.concerns_us(pod, false))
          return;
        st.life->see(*pod, st.now());
        st.advance();
      },
      [&st](atom::gone, const pod_status_ptr& pod) {
        if (!st.concerns_us(pod, true))
          return;
        st.life->lose(*pod);
        st.advance();
      },
      [&st](atom::cancel) -> caf::result<atom::ok> {
        auto promise = st.self->make_response_promise<atom::ok>();
        if (st.life->phase() <= task_phase::running)
          st.own_deed = true;
        st.life->cancel();
        if (st.life->phase() == task_phase::finished)
          st.owed_cancel.push_back(promise);
        else
          promise.deliver(atom::ok_v);
        st.advance();
        return promise;
      },
      [&st](atom::lead, lead_term term) { st.note_term(term); },
      [&st](const pod_usage& now) {
        st.use.sample(now.cores, now.memory_bytes);
      },
      [&st](atom::retry) {
        st.removing = false;
        st.advance();
      },
      [&st](atom::tick) {
        st.life->tick(st.now());
        st.advance();
        rt::tell_later(st.self, st.setup.check_interval, st.self, atom::tick_v);
      },
  };
}

} // namespace motorcade
