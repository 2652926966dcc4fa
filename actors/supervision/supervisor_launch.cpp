#include "actors/supervision/supervisor.hpp"
#include "runtime/base/log.hpp"

#include <utility>

namespace motorcade {

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
  rt::ask(self_, api_patience, setup_.worker, setup_.manifest)
      .then(
          [this](const pod_status_ptr& pod) {
            life_->see(*pod, now());
            end_launch();
          },
          [this](const caf::error& error) {
            auto why = to_failure(error);
            if (why.code == ec::already_exists) {
              // A read's row is new, so the Pod was made by this very request:
              // libcurl repeats a request by itself if a kept connection proves
              // dead.
              if (is_read())
                end_launch();
              else
                abandon_launch(why);
              return;
            }
            if (setup_.resumes && why.code == ec::too_busy) {
              abandon_launch(why);
              return;
            }
            // The client is not to blame: if Kubernetes refuses the Pod, that
            // is due to the settings of syncctl.
            auto answer =
                why.code == ec::too_busy ? why.code : ec::service_unavailable;
            fail_launch(std::move(why), answer);
          });
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
