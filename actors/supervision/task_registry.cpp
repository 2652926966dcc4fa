#include "actors/supervision/task_registry.hpp"

#include "schema/secrets/config_secrets.hpp"

#include "runtime/kubernetes/pod_manifest.hpp"

#include <algorithm>

namespace motorcade {

using namespace std::chrono_literals;

caf::result<atom::ok> task_registry_state::start(const task_request_ptr& task) {
  if (!listed)
    return refuse({ec::timed_out, "the tasks that run are not known yet"});
  if (is_scheduled(*task) && !task->no_delay)
    return delay(task);
  auto promise = self->make_response_promise<atom::ok>();
  launch(task, false, [promise](const std::optional<failure>& why) mutable {
    if (why)
      promise.deliver(to_error(*why));
    else
      promise.deliver(atom::ok_v);
  });
  return promise;
}

void task_registry_state::launch(const task_request_ptr& task, bool resumes,
                                 const start_listener& done) {
  auto decline = [this, &done](const failure& why) {
    ++refused[std::string{to_string(why.code)}];
    done(why);
  };
  auto made = make_pod_manifest(*task, setup.settings);
  if (!made)
    return decline(made.error());
  auto manifest = std::make_shared<const task_manifest>(std::move(*made));
  if (auto obstacle = find_obstacle(*task, manifest->name))
    return decline(*obstacle);
  auto pod = manifest->name;
  auto& entry = supervise(without_documents(*task), pod, std::move(manifest),
                          resumes, make_finisher(task),
                          task_secrets{find_config_secrets(task->config)});
  ++launches;
  auto bytes = motorcade::document_bytes(*task);
  document_bytes += bytes;
  auto launched = [this, bytes] {
    --launches;
    document_bytes -= bytes;
  };
  rt::ask(self, write_patience, entry.supervisor, atom::launch_v)
      .then(
          [done, launched](atom::ok) {
            launched();
            done(std::nullopt);
          },
          [this, done, launched](const caf::error& error) {
            launched();
            auto why = to_failure(error);
            ++refused[std::string{to_string(why.code)}];
            done(why);
          });
}

manifest_finisher
task_registry_state::make_finisher(const task_request_ptr& task) const {
  if (!task->continues)
    return {};
  return [task, settings = setup.settings](
             const std::vector<saved_state>& saved) -> result<task_manifest> {
    auto streams = parse_catalog(task->catalog);
    if (!streams)
      return streams.error();
    auto whole = *task;
    whole.state = make_state_file(saved, *streams);
    return make_pod_manifest(whole, settings);
  };
}

std::optional<failure>
task_registry_state::find_obstacle(const task_request& task,
                                   const std::string& pod) const {
  if (auto conflict = tasks.find_conflict(task, pod))
    return conflict;
  if (launches >= setup.most_launches
      || document_bytes + motorcade::document_bytes(task)
             > setup.most_document_bytes)
    return failure{ec::too_busy, "too many tasks are being started"};
  return std::nullopt;
}

caf::result<atom::ok> task_registry_state::cancel(const task_key_ptr& which) {
  auto promise = self->make_response_promise<atom::ok>();
  auto is_it = [&](const auto& one) {
    return !one.second.starting && one.second.task.task_id == which->task_id
           && one.second.task.sync_id == which->sync_id
           && (which->package.empty()
               || one.second.task.package == which->package);
  };
  auto waits = std::find_if(delayed.begin(), delayed.end(), is_it);
  if (waits != delayed.end()) {
    cancel_delayed(waits->first, which, promise);
    return promise;
  }
  auto pod = tasks.find_pod(*which);
  if (pod.empty()) {
    cancel_row(which, promise);
    return promise;
  }
  auto& entry = tasks.find(pod)->second;
  if (!which->package.empty() && which->package != entry.task.package) {
    promise.deliver(
        refuse({ec::not_found,
                "task " + which->task_id + " is one of another package"}));
    return promise;
  }
  if (!entry.supervisor)
    take_on(pod, entry);
  rt::ask(self, write_patience, entry.supervisor, atom::cancel_v)
      .then([promise](atom::ok) mutable { promise.deliver(atom::ok_v); },
            [promise](const caf::error& why) mutable { promise.deliver(why); });
  return promise;
}

void task_registry_state::cancel_row(const task_key_ptr& which,
                                     ok_promise promise) {
  // Its Pod is gone; its row may not know.
  auto row = std::make_shared<task_closing>();
  row->task_id = which->task_id;
  row->sync_id = which->sync_id;
  row->package = which->package;
  row->status = task_status::cancelled;
  row->error = to_brief(cancelled_failure());
  rt::ask(self, write_patience, setup.records, task_closing_ptr{std::move(row)})
      .then(
          [promise](task_status, bool) mutable { promise.deliver(atom::ok_v); },
          [this, which, promise](const caf::error& error) mutable {
            auto why = to_failure(error);
            if (why.code == ec::not_found)
              cancel_aside(which, why, promise);
            else
              promise.deliver(error);
          });
}

supervised_task&
task_registry_state::supervise(task_request task, const std::string& pod,
                               task_manifest_ptr manifest, bool resumes,
                               manifest_finisher finish, task_secrets secrets) {
  auto& out = tasks.note(pod, task);
  out.since = self->clock().now();
  supervisor_setup with;
  with.term = term;
  with.limits = limits_of(task);
  with.task = std::move(task);
  with.pod = pod;
  with.manifest = std::move(manifest);
  with.finish = std::move(finish);
  with.resumes = resumes;
  with.secrets = std::move(secrets);
  with.check_interval = setup.settings.container_status_check;
  with.registry = self;
  with.records = setup.records;
  with.worker = next_worker();
  with.console = setup.console;
  out.supervisor = self->spawn(supervisor, std::move(with));
  self->monitor(out.supervisor);
  return out;
}

const pod_worker_actor& task_registry_state::next_worker() {
  return setup.workers[worker_turn++ % setup.workers.size()];
}

caf::error task_registry_state::refuse(const failure& why) {
  ++refused[std::string{to_string(why.code)}];
  return to_error(why);
}

registry_state_ptr task_registry_state::count_tasks() const {
  auto out = std::make_shared<registry_state>();
  out->listed = listed;
  out->leads = term != 0 && setup.lead->term() == term;
  out->delayed = delayed.size();
  out->ended = ended;
  out->refused = refused;
  for (const auto& [pod, entry] : tasks)
    ++out->tasks[{entry.task.command, std::string{to_string(entry.phase)}}];
  return out;
}

supervision_limits
task_registry_state::limits_of(const task_request& task) const {
  const auto& from = setup.settings;
  auto inquiry =
      inquiry_slack
      + (task.sync_id.empty() ? from.limits.answer_timeout
                              : from.limits.answer_timeout_within_sync);
  return {from.container_init_timeout, from.unschedulable_timeout,
          task.command == "read" ? from.task_timeout
                                 : std::min(from.task_timeout, inquiry),
          from.container_grace_shutdown,
          from.runtime == controller_runtime::process ? task_place::local
                                                      : task_place::pod};
}

task_registry_actor::behavior_type
task_registry(task_registry_actor::stateful_pointer<task_registry_state> self,
              task_registry_setup setup) {
  auto& st = rt::state(self);
  st.self = self;
  st.setup = std::move(setup);
  self->set_down_handler(
      [&st](const caf::down_msg& down) { st.replace(down); });
  st.term = st.setup.lead->term();
  return {
      [&st](const task_request_ptr& task) { return st.start(task); },
      [&st](atom::cancel, const task_key_ptr& which) {
        return st.cancel(which);
      },
      [&st](atom::seen, const pod_status_ptr& pod) { st.see(pod); },
      [&st](atom::gone, const pod_status_ptr& pod) { st.lose(pod); },
      [&st](atom::listed) { st.list(); },
      [&st](atom::lead, lead_term term) { st.change_lead(term); },
      [&st](const std::string& pod, task_phase phase) {
        st.note_phase(pod, phase);
      },
      [&st](const std::string& pod, task_status status) {
        st.note_end(pod, status);
      },
      [&st](atom::leave, const std::string& pod, bool may_have_pod) {
        st.leave(pod, may_have_pod);
      },
      [&st](atom::count) { return st.count_tasks(); },
      [&st](atom::inquiries) { return st.tasks.running_inquiries(); },
      [&st](atom::start, const std::string& pod) { st.start_delayed(pod); },
      [&st](atom::tick) { st.tick(); },
      [&st](atom::sweep) { st.sweep(); },
  };
}

} // namespace motorcade
