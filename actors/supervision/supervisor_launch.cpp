#include "actors/supervision/supervisor.hpp"
#include "runtime/base/log.hpp"

#include <utility>

namespace motorcade {

void supervisor_state::launch() {
  launching = true;
  auto refuse = [this](const caf::error& why) {
    end_launch(to_failure(why));
  };
  if (is_read()) {
    rt::ask(self, write_patience, setup.records, atom::begin_v, make_row())
        .then(
            [this](bool begun) {
              if (begun && setup.finish)
                continue_sync();
              else if (begun)
                launch_pod();
              else
                end_launch({ec::already_exists,
                            "there is a task " + setup.task.task_id});
            },
            refuse);
  } else if (setup.task.command == "discover") {
    auto row = std::make_shared<result_row>();
    row->command = inquiry::discover;
    row->package = setup.task.package;
    row->version = setup.task.version;
    row->key = setup.task.storage_key;
    row->status = task_status::running;
    rt::ask(self, write_patience, setup.records, atom::begin_v,
            result_row_ptr{std::move(row)})
        .then([this](atom::ok) { launch_pod(); }, refuse);
  } else {
    launch_pod();
  }
}

void supervisor_state::launch_pod() {
  rt::ask(self, api_patience, setup.worker, setup.manifest)
      .then(
          [this](const pod_status_ptr& pod) {
            life->see(*pod, now());
            end_launch();
          },
          [this](const caf::error& error) {
            auto why = to_failure(error);
            if (why.code == ec::already_exists) {
              // A read's row is new, so the Pod is our own: libcurl repeats a
              // request by itself where a kept connection proves dead.
              if (is_read())
                end_launch();
              else
                end_launch(why);
              return;
            }
            if (setup.resumes && why.code == ec::too_busy) {
              end_launch(why);
              return;
            }
            // The client asked for nothing wrong: what Kubernetes does not
            // take comes of our settings.
            auto answer =
                why.code == ec::too_busy ? why.code : ec::service_unavailable;
            fail_launch(std::move(why), answer);
          });
}

void supervisor_state::continue_sync() {
  rt::ask(self, write_patience, setup.records, atom::states_v,
          setup.task.sync_id)
      .then(
          [this](const saved_states_ptr& saved) {
            auto made = std::exchange(setup.finish, {})(*saved);
            if (!made) {
              fail_launch(made.error(), made.error().code);
              return;
            }
            setup.manifest =
                std::make_shared<const task_manifest>(std::move(*made));
            launch_pod();
          },
          [this](const caf::error& error) {
            auto why = to_failure(error);
            // The row stays as it is: the scheduled start is tried again.
            if (setup.resumes
                && (why.code == ec::database_unavailable
                    || why.code == ec::timed_out))
              end_launch(why);
            else
              fail_launch(why, why.code);
          });
}

void supervisor_state::fail_launch(failure why, ec answer) {
  launching = false;
  log::error("task {}: {}", setup.pod, why.what);
  setup.manifest = nullptr;
  own_deed = true;
  life->fail_to_launch(why);
  why.code = answer;
  launched.deliver(to_error(why));
  advance();
}

void supervisor_state::end_launch() {
  launching = false;
  // Frees the documents.
  setup.manifest = nullptr;
  launched.deliver(atom::ok_v);
  for (const auto& [event, is_gone] : std::exchange(early, {}))
    if (concerns_us(event, is_gone)) {
      if (is_gone)
        life->lose(*event);
      else
        life->see(*event, now());
    }
  if (setup.term == 0 && !own_deed)
    let_go(true);
  else
    advance();
}

void supervisor_state::end_launch(const failure& why) {
  launched.deliver(to_error(why));
  for (auto& promise : std::exchange(owed_cancel, {}))
    promise.deliver(to_error(why));
  let_go(false);
}

void supervisor_state::note_term(lead_term term) {
  setup.term = term;
  if (term != 0 || launching)
    return;
  auto over = life->phase() == task_phase::stored && !removing;
  if (!own_deed || over)
    let_go(true);
}

void supervisor_state::let_go(bool may_have_pod) {
  for (auto& promise : std::exchange(owed_cancel, {}))
    promise.deliver(to_error(
        {ec::timed_out, "another syncctl has taken the task over; ask again"}));
  rt::tell(self, setup.registry, atom::leave_v, setup.pod, may_have_pod);
  self->quit();
}

bool supervisor_state::is_called_off(const failure& why) {
  if (why.code != ec::cancelled)
    return false;
  log::info("task {} is left to the leader: {}", setup.pod, why.what);
  let_go(true);
  return true;
}

task_row_ptr supervisor_state::make_row() const {
  auto row = std::make_shared<task_row>();
  row->sync_id = setup.task.sync_id;
  row->task_id = setup.task.task_id;
  row->package = setup.task.package;
  row->version = setup.task.version;
  row->started_at = setup.task.started_at;
  row->started_by = setup.task.started_by;
  row->resumes = setup.resumes;
  return row;
}

} // namespace motorcade
