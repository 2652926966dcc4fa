#include "actors/supervision/supervisor.hpp"
#include "runtime/base/log.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

void supervisor_state::launch() {
  launching_ = true;
  auto refuse = [this](const caf::error& why) {
    abandon_launch(to_failure(why));
  };
  if (is_read()) {
    rt::ask(self_, write_patience, setup_.records, atom::begin_v, make_row())
        .then(
            [this](bool begun) {
              if (begun && setup_.finish)
                continue_sync();
              else if (begun)
                launch_pod();
              else
                abandon_launch({ec::already_exists,
                                "there is a task " + setup_.task.task_id});
            },
            refuse);
  } else if (setup_.task.command == "discover") {
    auto row = std::make_shared<result_row>();
    row->command = inquiry::discover;
    row->package = setup_.task.package;
    row->version = setup_.task.version;
    row->key = setup_.task.storage_key;
    row->status = task_status::running;
    rt::ask(self_, write_patience, setup_.records, atom::begin_v,
            result_row_ptr{std::move(row)})
        .then([this](atom::ok) { launch_pod(); }, refuse);
  } else {
    launch_pod();
  }
}

void supervisor_state::launch_pod() {
  calling_since_ = now();
  rt::ask(self_, api_patience, setup_.worker, setup_.manifest)
      .then(
          [this](const pod_status_ptr& pod) {
            calling_since_.reset();
            if (waiting_since_)
              log::info("task {}: Kubernetes has taken its Pod", setup_.pod);
            life_->see(*pod, now());
            end_launch();
          },
          [this](const caf::error& error) {
            calling_since_.reset();
            note_failed_launch(to_failure(error));
          });
}

void supervisor_state::note_failed_launch(const failure& why) {
  if (why.code == ec::already_exists) {
    // A read's row is new, so the Pod was made by this very request: libcurl
    // repeats a request by itself if a kept connection proves dead. So does
    // this launch if an answer was lost.
    if (is_read() || waiting_since_)
      end_launch();
    else
      abandon_launch(why);
    return;
  }
  if (life_->phase() > task_phase::running) {
    call_off_launch();
    return;
  }
  const auto is_away = why.code == ec::timed_out || why.code == ec::too_busy;
  // An API that was away refuses all for some seconds, before it knows rights.
  const auto may_pass =
      setup_.limits.place == task_place::pod
      && (is_away || (waiting_since_ && why.code == ec::service_unavailable));
  if (may_pass && !waiting_since_) {
    waiting_since_ = now();
    accept();
  }
  if (may_pass && now() - *waiting_since_ < setup_.start_patience) {
    launch_later(why);
    return;
  }
  // The client is not to blame: if Kubernetes refuses the Pod, that is due to
  // the settings of syncctl. A kept start is not tried once more.
  fail_launch(why,
              is_away && !setup_.resumes ? why.code : ec::service_unavailable);
}

void supervisor_state::launch_later(const failure& why) {
  constexpr caf::timespan first_pause = 500ms;
  constexpr caf::timespan longest_pause = 5s;
  if (launch_pause_ == caf::timespan{}) {
    log::warn("task {} waits for Kubernetes: {}", setup_.pod, why.what);
    auto lines = std::make_shared<task_lines>();
    lines->term = 0;
    lines->sync_id = setup_.task.sync_id;
    lines->task_id = log_task_id(setup_.task);
    lines->rows.push_back(make_line("WARN", "the task waits for Kubernetes: "
                                                + masked(why.what)));
    rt::tell(self_, setup_.records, task_lines_ptr{std::move(lines)});
  }
  launch_pause_ = std::clamp(launch_pause_ * 2, first_pause, longest_pause);
  rt::tell_later(self_, launch_pause_, self_, atom::start_v);
}

void supervisor_state::launch_again() {
  if (!is_read()) {
    launch_pod();
    return;
  }
  calling_since_ = now();
  // A cancel may have been stored by a process that does not know the task.
  auto row = std::make_shared<task_row>(*make_row());
  row->resumes = true;
  rt::ask(self_, write_patience, setup_.records, atom::begin_v,
          task_row_ptr{std::move(row)})
      .then(
          [this](bool runs) {
            if (life_->phase() > task_phase::running)
              call_off_launch();
            else if (runs)
              launch_pod();
            else
              abandon_launch({ec::already_exists, "the task is over"});
          },
          [this](const caf::error& error) {
            calling_since_.reset();
            auto why = to_failure(error);
            // While the database is away nothing is known of the row.
            why.code = ec::timed_out;
            note_failed_launch(why);
          });
}

void supervisor_state::accept() {
  if (std::exchange(accepted_, true))
    return;
  rt::tell(self_, setup_.registry, atom::accepted_v, setup_.pod);
}

void supervisor_state::call_off_launch() {
  launching_ = false;
  calling_since_.reset();
  setup_.manifest = nullptr;
  launched_.deliver(to_error({ec::cancelled, "the task is over"}));
  advance();
}

void supervisor_state::continue_sync() {
  rt::ask(self_, write_patience, setup_.records, atom::states_v,
          setup_.task.sync_id)
      .then(
          [this](const saved_states_ptr& saved) {
            auto made = std::exchange(setup_.finish, {})(*saved);
            if (!made) {
              fail_launch(made.error(), made.error().code);
              return;
            }
            setup_.manifest =
                std::make_shared<const task_manifest>(std::move(*made));
            launch_pod();
          },
          [this](const caf::error& error) {
            auto why = to_failure(error);
            // The row stays as it is: the scheduled start is tried again.
            if (setup_.resumes
                && (why.code == ec::database_unavailable
                    || why.code == ec::timed_out))
              abandon_launch(why);
            else
              fail_launch(why, why.code);
          });
}

void supervisor_state::fail_launch(failure why, ec answer) {
  launching_ = false;
  if (waiting_since_) {
    const auto waited =
        std::chrono::floor<std::chrono::seconds>(now() - *waiting_since_);
    why.what.insert(0, "waited " + std::to_string(waited.count()) + " s; ");
  }
  log::error("task {}: {}", setup_.pod, why.what);
  setup_.manifest = nullptr;
  requested_here_ = true;
  life_->fail_to_launch(why);
  why.code = answer;
  launched_.deliver(to_error(why));
  advance();
}

void supervisor_state::end_launch() {
  launching_ = false;
  // This frees the documents.
  setup_.manifest = nullptr;
  life_->begin_at(now());
  launched_.deliver(atom::ok_v);
  for (const auto& [event, is_gone] : std::exchange(early_, {}))
    if (concerns_us(event, is_gone)) {
      if (is_gone)
        life_->lose(*event);
      else
        life_->see(*event, now());
    }
  if (setup_.term == 0 && !requested_here_)
    let_go(true);
  else
    advance();
}

void supervisor_state::abandon_launch(const failure& why) {
  launched_.deliver(to_error(why));
  for (auto& promise : std::exchange(owed_cancel_, {}))
    promise.deliver(to_error(why));
  let_go(false);
}

void supervisor_state::note_term(lead_term term) {
  setup_.term = term;
  if (term != 0 || launching_)
    return;
  auto over = life_->phase() == task_phase::stored && !removing_;
  if (!requested_here_ || over)
    let_go(true);
}

void supervisor_state::let_go(bool may_have_pod) {
  for (auto& promise : std::exchange(owed_cancel_, {}))
    promise.deliver(to_error(
        {ec::timed_out, "another syncctl has taken the task over; ask again"}));
  rt::tell(self_, setup_.registry, atom::leave_v, setup_.pod, may_have_pod);
  self_->quit();
}

bool supervisor_state::lost_the_lead(const failure& why) {
  if (why.code != ec::cancelled)
    return false;
  log::info("task {} is left to the leader: {}", setup_.pod, why.what);
  let_go(true);
  return true;
}

task_row_ptr supervisor_state::make_row() const {
  auto row = std::make_shared<task_row>();
  row->sync_id = setup_.task.sync_id;
  row->task_id = setup_.task.task_id;
  row->package = setup_.task.package;
  row->version = setup_.task.version;
  row->started_at = setup_.task.started_at;
  row->started_by = setup_.task.started_by;
  row->resumes = setup_.resumes;
  return row;
}

} // namespace motorcade
