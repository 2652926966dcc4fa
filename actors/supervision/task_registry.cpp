#include "actors/supervision/task_registry.hpp"

#include "runtime/kubernetes/pod_manifest.hpp"
#include "schema/secrets/config_secrets.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

caf::result<atom::ok> task_registry_state::start(const task_request_ptr& task) {
  if (!listed_)
    return refuse({ec::timed_out, "syncctl is still listing the running tasks; "
                                  "try again in a few seconds"});
  if (is_scheduled(*task) && !task->no_delay)
    return delay(task);
  auto promise = self_->make_response_promise<atom::ok>();
  launch(task, false, [promise](const std::optional<failure>& why) mutable {
    if (why)
      promise.deliver(to_error(*why));
    else
      promise.deliver(atom::ok_v);
  });
  return promise;
}

caf::result<atom::ok> task_registry_state::delay(const task_request_ptr& task) {
  auto made = make_pod_manifest(*task, setup_.settings);
  if (!made)
    return refuse(made.error());
  if (!made->more_secrets.empty())
    return refuse({ec::invalid_argument,
                   "the documents are too large for a scheduled start, which "
                   "is kept in one Secret: 1 MiB when compressed. Send it with "
                   "nodelay=true, or read fewer streams in one sync"});
  if (scheduled_->knows(made->name)
      || (!task->task_id.empty()
          && !tasks_.find_pod({task->sync_id, task->task_id}).empty()))
    return refuse({ec::already_exists,
                   "task " + task->task_id + " waits or runs already"});
  if (!budget_->has_room_for(document_bytes(*task)))
    return refuse({ec::too_busy, "the documents of tasks that wait take too "
                                 "much memory; ask again later"});
  auto promise = self_->make_response_promise<atom::ok>();
  scheduled_->keep(*task, made->name, promise);
  return promise;
}

void task_registry_state::launch(const task_request_ptr& task, bool resumes,
                                 const start_listener& done) {
  auto decline = [this, &done](const failure& why) {
    ++refused_[std::string{to_string(why.code)}];
    done(why);
  };
  auto made = make_pod_manifest(*task, setup_.settings);
  if (!made)
    return decline(made.error());
  auto manifest = std::make_shared<const task_manifest>(std::move(*made));
  if (auto obstacle = find_obstacle(*task, manifest->name))
    return decline(*obstacle);
  auto pod = manifest->name;
  auto& entry = supervise(without_documents(*task), pod, std::move(manifest),
                          resumes, make_finisher(task),
                          task_secrets{find_config_secrets(task->config)});
  auto bytes = document_bytes(*task);
  budget_->begin_launch(bytes);
  auto asker = std::make_shared<start_listener>(done);
  if (!resumes)
    askers_[pod] = asker;
  auto end = [this, asker, bytes, pod](const std::optional<failure>& why) {
    budget_->end_launch(bytes);
    if (auto at = askers_.find(pod); at != askers_.end() && at->second == asker)
      askers_.erase(at);
    if (auto answer = std::exchange(*asker, {}))
      answer(why);
  };
  rt::ask(self_, write_patience, entry.supervisor, atom::launch_v)
      .then([end](atom::ok) { end(std::nullopt); },
            [this, end](const caf::error& error) {
              auto why = to_failure(error);
              ++refused_[std::string{to_string(why.code)}];
              end(why);
            });
}

manifest_finisher
task_registry_state::make_finisher(const task_request_ptr& task) const {
  if (!task->continues)
    return {};
  return [task, settings = setup_.settings](
             const std::vector<saved_state>& saved) -> result<task_manifest> {
    auto streams = parse_catalog(task->catalog);
    if (!streams)
      return streams.error();
    auto whole = *task;
    whole.state = make_state_file(saved, *streams);
    return make_pod_manifest(whole, settings);
  };
}

std::optional<caf::actor_clock::time_point>
task_registry_state::given_up_by() const {
  // A local process is surely killed, and its end told.
  if (setup_.settings.runtime == controller_runtime::process)
    return std::nullopt;
  return self_->clock().now() - setup_.settings.container_grace_shutdown
         - kill_slack;
}

caf::result<std::string>
task_registry_state::find_saving(const std::string& sync_id) const {
  if (!listed_)
    return to_error({ec::timed_out, "syncctl is still listing the running "
                                    "tasks; try again in a few seconds"});
  return tasks_.find_saving(sync_id, given_up_by());
}

std::optional<failure>
task_registry_state::find_obstacle(const task_request& task,
                                   const std::string& pod) const {
  if (auto conflict = tasks_.find_conflict(task, pod, given_up_by()))
    return conflict;
  if (!budget_->may_launch(document_bytes(task)))
    return failure{ec::too_busy, "too many tasks are being started; ask again"};
  return std::nullopt;
}

caf::result<atom::ok> task_registry_state::cancel(const task_key_ptr& which) {
  auto promise = self_->make_response_promise<atom::ok>();
  if (scheduled_->cancel(which, promise))
    return promise;
  auto pod = tasks_.find_pod(*which);
  if (pod.empty())
    pod = tasks_.find_inquiry(*which);
  if (pod.empty()) {
    cancel_row(which, promise);
    return promise;
  }
  auto& entry = tasks_.find(pod)->second;
  if (!which->package.empty() && which->package != entry.task.package) {
    promise.deliver(
        refuse({ec::not_found,
                "task " + which->task_id + " is one of another package"}));
    return promise;
  }
  if (!entry.supervisor)
    adopt_pod(pod, entry);
  rt::ask(self_, write_patience, entry.supervisor, atom::cancel_v)
      .then([promise](atom::ok) mutable { promise.deliver(atom::ok_v); },
            [promise](const caf::error& why) mutable { promise.deliver(why); });
  return promise;
}

void task_registry_state::cancel_row(const task_key_ptr& which,
                                     ok_promise promise) {
  // The task's Pod is gone, but its row may still say RUNNING.
  auto row = std::make_shared<task_closing>();
  row->task_id = which->task_id;
  row->sync_id = which->sync_id;
  row->package = which->package;
  row->status = task_status::cancelled;
  row->error = to_brief(cancelled_failure());
  rt::ask(self_, write_patience, setup_.records,
          task_closing_ptr{std::move(row)})
      .then(
          [promise](task_status, bool) mutable { promise.deliver(atom::ok_v); },
          [this, which, promise](const caf::error& error) mutable {
            auto why = to_failure(error);
            if (why.code == ec::not_found)
              scheduled_->cancel_elsewhere(which, why, promise);
            else
              promise.deliver(error);
          });
}

supervised_task&
task_registry_state::supervise(task_request task, const std::string& pod,
                               task_manifest_ptr manifest, bool resumes,
                               manifest_finisher finish, task_secrets secrets) {
  auto& out = tasks_.note(pod, task);
  out.since = self_->clock().now();
  supervisor_setup with;
  with.term = term_;
  with.limits = limits_of(task);
  with.start_patience = setup_.settings.start_patience;
  with.task = std::move(task);
  with.pod = pod;
  with.manifest = std::move(manifest);
  with.finish = std::move(finish);
  with.resumes = resumes;
  with.secrets = std::move(secrets);
  with.check_interval = setup_.settings.container_status_check;
  with.registry = self_;
  with.records = setup_.records;
  with.worker = next_worker();
  with.console = setup_.console;
  out.supervisor = self_->spawn(supervisor, std::move(with));
  self_->monitor(out.supervisor);
  return out;
}

const pod_worker_actor& task_registry_state::next_worker() {
  return setup_.workers[worker_turn_++ % setup_.workers.size()];
}

caf::error task_registry_state::refuse(const failure& why) {
  ++refused_[std::string{to_string(why.code)}];
  return to_error(why);
}

registry_state_ptr task_registry_state::count_tasks() const {
  auto out = std::make_shared<registry_state>();
  out->listed = listed_;
  out->leads = term_ != 0 && setup_.lead->term() == term_;
  out->delayed = scheduled_->size();
  out->ended = ended_;
  out->refused = refused_;
  for (const auto& [pod, entry] : tasks_)
    ++out->tasks[{entry.task.command, std::string{to_string(entry.phase)}}];
  return out;
}

supervision_limits
task_registry_state::limits_of(const task_request& task) const {
  const auto& from = setup_.settings;
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
task_registry_state::make_behavior(task_registry_actor::pointer self,
                                   task_registry_setup setup) {
  self_ = self;
  setup_ = std::move(setup);
  term_ = setup_.lead->term();
  budget_.emplace(setup_.most_launches, setup_.most_document_bytes);
  scheduled_.emplace(
      self,
      scheduled_starts::setup{setup_.workers.front(), setup_.records,
                              setup_.only_replica},
      *budget_,
      scheduled_starts::callbacks{
          [this](const task_request_ptr& task, const start_listener& done) {
            launch(task, true, done);
          },
          [this](const task_key_ptr& which, const ok_promise& promise) {
            cancel_row(which, promise);
          },
          [this](const failure& why) {
            return refuse(why);
          }});
  return {
      [this](const task_request_ptr& task) { return start(task); },
      [this](atom::cancel, const task_key_ptr& which) { return cancel(which); },
      [this](atom::seen, const pod_status_ptr& pod) { see(pod); },
      [this](atom::gone, const pod_status_ptr& pod) { lose(pod); },
      [this](atom::listed) { note_listed(); },
      [this](atom::lead, lead_term term) { change_lead(term); },
      [this](const std::string& pod, task_phase phase) {
        note_phase(pod, phase);
      },
      [this](const std::string& pod, task_status status) {
        note_end(pod, status);
      },
      [this](atom::accepted, const std::string& pod) { note_accepted(pod); },
      [this](atom::leave, const std::string& pod, bool may_have_pod) {
        leave(pod, may_have_pod);
      },
      [this](atom::count) { return count_tasks(); },
      [this](atom::inquiries) { return tasks_.running_inquiries(); },
      [this](atom::saving, const std::string& sync_id) {
        return find_saving(sync_id);
      },
      [this](atom::start, const std::string& pod) {
        scheduled_->begin(pod, listed_);
      },
      [this](atom::tick) { tick(); },
      [this](atom::sweep) { sweep(); },
  };
}

task_registry_actor::behavior_type
task_registry(task_registry_actor::stateful_pointer<task_registry_state> self,
              task_registry_setup setup) {
  auto& state = rt::state(self);
  self->set_down_handler(
      [&state](const caf::down_msg& down) { state.replace(down); });
  return state.make_behavior(self, std::move(setup));
}

} // namespace motorcade
