#include "actors/supervision/supervisor.hpp"

#include "config/values.hpp"
#include "runtime/base/log.hpp"
#include "schema/base/cut_text.hpp"

#include <algorithm>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr caf::timespan log_patience = 1min;
constexpr caf::timespan first_removal_pause = 1s;
constexpr caf::timespan longest_removal_pause = 30s;
/// A start whose Pod is not accepted within this time counts as accepted.
constexpr auto slow_launch = 10s;
/// The most bytes of a container's log in the `error` of a task.
constexpr size_t longest_last_lines = 4'000;

/// @returns the container whose log may tell why the task ended; empty if the
/// sidecar has stored the reason itself.
std::string silent_container(const pod_status& pod) {
  // With exit code 0 or 1 the sidecar has ended by itself, and has stored the
  // reason.
  constexpr int last_answer = 1;
  if (pod.sidecar)
    return pod.sidecar->exit_code <= last_answer
               ? ""
               : std::string{sidecar_container};
  return pod.state == pod_state::ended && !pod.source
             ? std::string{init_container}
             : "";
}

bool sidecar_succeeded(const pod_status& pod) {
  return pod.sidecar && pod.sidecar->exit_code == 0 && !pod.failure;
}

} // namespace

supervision::time_point supervisor_state::now() const {
  return self_->clock().now();
}

bool supervisor_state::concerns_us(const pod_status_ptr& pod, bool is_gone) {
  if (launching_) {
    early_.emplace_back(pod, is_gone);
    return false;
  }
  return life_->pod().uid.empty() || pod->uid == life_->pod().uid;
}

void supervisor_state::advance() {
  if ((!launching_ || accepted_) && life_->phase() == task_phase::finished
      && !storing_) {
    storing_ = true;
    fetch_log();
  }
  if (life_->wants_removal(now()) && !removing_ && !launching_)
    remove();
  if (life_->phase() != reported_) {
    reported_ = life_->phase();
    if (reported_ == task_phase::cleaned)
      leave();
    else
      rt::tell(self_, setup_.registry, setup_.pod, reported_);
  }
}

void supervisor_state::fetch_log() {
  auto container = life_->has_pod() ? silent_container(life_->pod()) : "";
  if (container.empty()) {
    store();
    return;
  }
  rt::ask(self_, log_patience, setup_.worker, atom::last_lines_v, setup_.pod,
          container)
      .then(
          [this, container](const std::string& lines) {
            if (!lines.empty())
              last_lines_ =
                  cut_middle(masked((setup_.limits.place == task_place::local
                                         ? "\nlast lines of the "
                                         : "\nlast lines of container ")
                                    + container + ":\n" + lines),
                             longest_last_lines);
            store();
          },
          [this](const caf::error& error) {
            log::warn("task {}: {}", setup_.pod, to_failure(error).what);
            store();
          });
}

void supervisor_state::store() {
  const auto& verdict = *life_->verdict();
  auto error = to_brief(masked(to_text(verdict.reason))) + last_lines_;
  store_use();
  if (is_read()) {
    store_task(verdict.status, error, make_lines());
  } else if (sidecar_succeeded(life_->pod())) {
    // A sidecar stores its result before it ends with 0.
    say_end(task_status::success, false, {});
    setup_.task.then_run ? call_console()
                         : finish_storing(task_status::success);
  } else {
    store_result(error);
  }
}

std::string supervisor_state::masked(std::string text) const {
  return setup_.secrets.hide_in(std::move(text));
}

void supervisor_state::store_use() {
  auto told = use_.describe(life_->pod().source_use);
  if (!told)
    return;
  auto lines = std::make_shared<task_lines>();
  lines->term = term_of_acts();
  lines->sync_id = setup_.task.sync_id;
  lines->task_id = log_task_id(setup_.task);
  lines->rows.push_back(make_line("INFO", std::move(*told)));
  rt::tell(self_, setup_.records, task_lines_ptr{std::move(lines)});
}

log_row supervisor_state::make_line(std::string_view level, std::string text) {
  auto time = next_time();
  return {make_line_id(time, 0), std::string{level}, "syncctl", std::move(text),
          time};
}

task_lines supervisor_state::make_lines() const {
  task_lines out;
  if (sidecar_succeeded(life_->pod()))
    return out;
  const auto& verdict = *life_->verdict();
  out.sync_id = setup_.task.sync_id;
  out.task_id = log_task_id(setup_.task);
  out.rows.push_back(
      make_line(verdict.status == task_status::cancelled ? "INFO" : "ERROR",
                masked(to_text(verdict.reason)) + last_lines_));
  return out;
}

void supervisor_state::say_end(task_status status, bool here,
                               const std::string& error) const {
  if (here && status != task_status::success)
    log::info("task {} ended as {}: {}", setup_.pod, to_string(status), error);
  else
    log::info("task {} ended as {}", setup_.pod, to_string(status));
}

void supervisor_state::store_task(task_status status, const std::string& error,
                                  task_lines lines) {
  auto row = std::make_shared<task_closing>();
  row->task_id = setup_.task.task_id;
  row->status = status;
  row->error = error;
  if (const auto& why = life_->pod().disruption)
    row->stopped_by =
        masked(why->message + (why->internal_message.empty() ? "" : ": ")
               + why->internal_message);
  row->term = term_of_acts();
  row->lines = std::move(lines);
  rt::ask(self_, write_patience, setup_.records,
          task_closing_ptr{std::move(row)})
      .then(
          [this, error](task_status now_has, bool here) {
            say_end(now_has, here, error);
            finish_storing(now_has);
          },
          [this, status](const caf::error& error_of_call) {
            auto why = to_failure(error_of_call);
            if (lost_the_lead(why))
              return;
            log::error("task {}: {}", setup_.pod, why.what);
            finish_storing(status);
          });
}

void supervisor_state::store_result(const std::string& error) {
  auto what = std::make_shared<result_closing>();
  what->started_at = setup_.task.started_at;
  what->term = term_of_acts();
  auto& row = what->row;
  row.command = setup_.task.command == "spec"    ? inquiry::spec
                : setup_.task.command == "check" ? inquiry::check
                                                 : inquiry::discover;
  row.package = setup_.task.package;
  row.version = setup_.task.version;
  row.key = setup_.task.storage_key;
  row.status = task_status::failed;
  row.description = error;
  what->lines = make_lines();
  auto next = [this] {
    // The sync that was to follow will not run.
    if (setup_.task.then_run)
      fail_sync("the discover before it failed");
    else
      finish_storing(task_status::failed);
  };
  rt::ask(self_, write_patience, setup_.records,
          result_closing_ptr{std::move(what)})
      .then(
          [this, next, error](bool here) {
            say_end(task_status::failed, here, error);
            next();
          },
          [this, next](const caf::error& error_of_call) {
            auto why = to_failure(error_of_call);
            if (lost_the_lead(why))
              return;
            log::error("task {}: {}", setup_.pod, why.what);
            next();
          });
}

void supervisor_state::call_console() {
  rt::ask(self_, api_patience, setup_.console,
          std::make_shared<const task_request>(setup_.task), term_of_acts())
      .then([this](atom::ok) { finish_storing(task_status::success); },
            [this](const caf::error& error) {
              auto why = to_failure(error);
              if (lost_the_lead(why))
                return;
              log::error("task {}: {}", setup_.pod, why.what);
              fail_sync(why.what);
            });
}

void supervisor_state::fail_sync(const std::string& why) {
  // The row of that sync's task may not exist yet.
  auto next = [this, why] {
    store_task(task_status::failed, why);
  };
  auto row = std::make_shared<task_row>(*make_row());
  row->status = task_status::failed;
  row->error = why;
  rt::ask(self_, write_patience, setup_.records, atom::begin_v,
          task_row_ptr{row})
      .then([next](bool) { next(); }, [next](const caf::error&) { next(); });
}

void supervisor_state::finish_storing(task_status status) {
  rt::tell(self_, setup_.registry, setup_.pod, status);
  life_->note_stored();
  for (auto& promise : std::exchange(owed_cancel_, {}))
    promise.deliver(atom::ok_v);
  advance();
}

void supervisor_state::remove() {
  removing_ = true;
  auto which = std::make_shared<pod_removal>();
  which->name = setup_.pod;
  which->uid = life_->pod().uid;
  which->term = term_of_acts();
  rt::ask(self_, api_patience, setup_.worker, pod_removal_ptr{std::move(which)})
      .then(
          [this](bool gone) {
            removing_ = false;
            removal_pause_ = {};
            life_->note_removal(gone, now());
            if (setup_.term == 0 && life_->phase() != task_phase::cleaned)
              let_go(true);
            else
              advance();
          },
          [this](const caf::error& error) {
            auto why = to_failure(error);
            if (lost_the_lead(why))
              return;
            removal_pause_ = std::clamp(removal_pause_ * 2, first_removal_pause,
                                        longest_removal_pause);
            log::warn("task {}: trying again: {}", setup_.pod, why.what);
            // `removing_` stays set until then.
            rt::tell_later(self_, removal_pause_, self_, atom::retry_v);
          });
}

void supervisor_state::leave() {
  rt::tell(self_, setup_.registry, setup_.pod, task_phase::cleaned);
  self_->quit();
}

supervisor_actor::behavior_type
supervisor_state::make_behavior(supervisor_actor::pointer self,
                                supervisor_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
  // For an adopted Pod the time counts from the Pod's start.
  auto age =
      std::max(utc_now() - setup_.task.started_at, wall_time::duration::zero());
  life_.emplace(setup_.limits, setup_.manifest ? now() : now() - age);
  // The Pod goes on without this process, and the next leader adopts it.
  self->monitor(setup_.registry);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(); });
  rt::tell_later(self, setup_.check_interval, self, atom::tick_v);
  return {
      [this](atom::launch) -> caf::result<atom::ok> {
        launched_ = self_->make_response_promise<atom::ok>();
        auto promise = launched_;
        launch();
        return promise;
      },
      [this](atom::adopt, const pod_status_ptr& pod) {
        if (auto made = parse_rfc3339(pod->created_at))
          life_->begin_at(
              now() - std::max(utc_now() - *made, wall_time::duration::zero()));
        life_->see(*pod, now());
        advance();
      },
      [this](atom::seen, const pod_status_ptr& pod) {
        if (!concerns_us(pod, false))
          return;
        life_->see(*pod, now());
        advance();
      },
      [this](atom::gone, const pod_status_ptr& pod) {
        if (!concerns_us(pod, true))
          return;
        life_->lose(*pod);
        advance();
      },
      [this](atom::cancel) -> caf::result<atom::ok> {
        auto promise = self_->make_response_promise<atom::ok>();
        if (life_->phase() <= task_phase::running)
          requested_here_ = true;
        life_->cancel();
        if (life_->phase() == task_phase::finished)
          owed_cancel_.push_back(promise);
        else
          promise.deliver(atom::ok_v);
        if (waiting_since_ && launching_ && !calling_since_)
          call_off_launch();
        else
          advance();
        return promise;
      },
      [this](atom::lead, lead_term term) { note_term(term); },
      [this](const pod_usage& now) {
        use_.sample(now.cores, now.memory_bytes);
      },
      [this](atom::retry) {
        removing_ = false;
        advance();
      },
      [this](atom::start) {
        if (launching_ && !calling_since_)
          launch_again();
      },
      [this](atom::tick) {
        if (!launching_)
          life_->tick(now());
        else if (calling_since_ && now() - *calling_since_ >= slow_launch)
          accept();
        advance();
        rt::tell_later(self_, setup_.check_interval, self_, atom::tick_v);
      },
  };
}

supervisor_actor::behavior_type
supervisor(supervisor_actor::stateful_pointer<supervisor_state> self,
           supervisor_setup setup) {
  return rt::state(self).make_behavior(self, std::move(setup));
}

} // namespace motorcade
