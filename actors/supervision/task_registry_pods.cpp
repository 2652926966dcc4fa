// How the task registry handles reports about Pods, the messages of
// supervisors, and the gain and loss of leadership.
#include "actors/supervision/task_registry.hpp"
#include "runtime/base/log.hpp"
#include "runtime/task/pod_task.hpp"
#include "schema/base/counted.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr caf::timespan tick_interval = 30s;
constexpr caf::timespan sweep_interval = 15min;
constexpr caf::timespan usage_patience = 1min;
constexpr size_t most_tombstones = 4096;
/// The age at which a task without a seen Pod is forgotten: all Pods are listed
/// anew within four minutes, so an accepted Pod was seen by then or is gone.
constexpr caf::timespan unseen_age = 5min;

/// @returns the phase of a task that another process supervises.
task_phase phase_of(const pod_status& pod) {
  switch (pod.state) {
  case pod_state::pending:
  case pod_state::unschedulable:
    return task_phase::pending;
  case pod_state::running:
  case pod_state::ending:
    return task_phase::running;
  case pod_state::hopeless:
  case pod_state::ended:
    break;
  }
  // A Pod is deleted only once the end is stored.
  return pod.being_deleted ? task_phase::stored : task_phase::finished;
}

} // namespace

void task_registry_state::see(const pod_status_ptr& pod) {
  auto found = tasks_.find(pod->name);
  if (found == tasks_.end()) {
    adopt(pod);
    return;
  }
  auto& entry = found->second;
  entry.pod = pod;
  entry.gone = false;
  if (entry.supervisor)
    rt::tell(self_, entry.supervisor, atom::seen_v, pod);
  else
    entry.enter(phase_of(*pod), self_->clock().now());
}

void task_registry_state::lose(const pod_status_ptr& pod) {
  foreign_.erase(pod->uid);
  auto found = tasks_.find(pod->name);
  if (found == tasks_.end())
    return;
  auto& entry = found->second;
  auto is_it = entry.pod != nullptr && entry.pod->uid == pod->uid;
  if (entry.supervisor) {
    entry.gone = entry.gone || is_it;
    rt::tell(self_, entry.supervisor, atom::gone_v, pod);
  } else if (is_it) {
    tasks_.forget(found);
  }
}

void task_registry_state::adopt(const pod_status_ptr& pod) {
  if (std::find(tombstones_.begin(), tombstones_.end(), pod->uid)
      != tombstones_.end())
    return;
  auto task = read_pod_task(*pod);
  if (!task) {
    if (foreign_.insert(pod->uid).second)
      log::warn("{}", task.error().what);
    return;
  }
  auto& entry = tasks_.note(pod->name, std::move(*task));
  entry.pod = pod;
  entry.enter(phase_of(*pod), self_->clock().now());
  entry.since = self_->clock().now();
  if (term_ != 0)
    adopt_pod(pod->name, entry);
}

void task_registry_state::adopt_pod(const std::string& pod,
                                    supervised_task& entry) {
  auto task = entry.task;
  // A request to this process may have met a Pod of another process.
  if (entry.pod != nullptr)
    if (auto told = read_pod_task(*entry.pod))
      task = std::move(*told);
  entry.phase = task_phase::created;
  supervise(std::move(task), pod, nullptr);
  if (entry.pod == nullptr) {
    log::info("adopted {} (not seen yet)", pod);
    return;
  }
  log::info("adopted {} {} ({})",
            setup_.settings.runtime == controller_runtime::process ? "task"
                                                                   : "Pod",
            pod, to_string(entry.pod->state));
  rt::tell(self_, entry.supervisor, atom::adopt_v, entry.pod);
}

void task_registry_state::change_lead(lead_term now) {
  if (now == term_)
    return;
  term_ = now;
  for (auto& [pod, entry] : tasks_) {
    if (entry.supervisor)
      rt::tell(self_, entry.supervisor, atom::lead_v, term_);
    else if (term_ != 0)
      adopt_pod(pod, entry);
  }
  if (term_ == 0) {
    log::info("this replica leaves {} to the leader",
              counted(tasks_.size(), "task"));
    return;
  }
  log::info("this replica supervises {}", counted(tasks_.size(), "task"));
  if (!listed_)
    return;
  tell_running();
  scheduled_->look_for_others();
  clear_away();
}

void task_registry_state::leave(const std::string& pod, bool may_have_pod) {
  auto* entry = from_supervisor(pod);
  if (entry == nullptr)
    return;
  entry->supervisor = supervisor_actor{};
  if (entry->gone || (!may_have_pod && entry->pod == nullptr)) {
    tasks_.forget(tasks_.find(pod));
    return;
  }
  if (entry->pod != nullptr)
    entry->enter(phase_of(*entry->pod), self_->clock().now());
  // If the term has ended and this actor does not know it yet, the next term
  // begins with all Pods.
  if (term_ != 0 && setup_.lead->allows(term_))
    adopt_pod(pod, *entry);
}

supervised_task* task_registry_state::from_supervisor(const std::string& pod) {
  auto found = tasks_.find(pod);
  if (found == tasks_.end() || !found->second.supervisor)
    return nullptr;
  auto sender = self_->current_sender();
  return sender != nullptr
                 && found->second.supervisor.address() == sender->address()
             ? &found->second
             : nullptr;
}

void task_registry_state::note_phase(const std::string& pod, task_phase phase) {
  auto* entry = from_supervisor(pod);
  if (entry == nullptr)
    return;
  entry->enter(phase, self_->clock().now());
  if (phase == task_phase::cleaned)
    forget_cleaned(pod);
}

void task_registry_state::forget_cleaned(const std::string& pod) {
  auto found = tasks_.find(pod);
  if (found->second.pod != nullptr)
    tombstones_.push_back(found->second.pod->uid);
  if (tombstones_.size() > most_tombstones)
    tombstones_.pop_front();
  tasks_.forget(found);
}

void task_registry_state::note_accepted(const std::string& pod) {
  if (from_supervisor(pod) == nullptr)
    return;
  if (auto found = askers_.find(pod); found != askers_.end())
    if (auto answer = std::exchange(*found->second, {}))
      answer(std::nullopt);
}

void task_registry_state::note_end(const std::string& pod, task_status status) {
  if (auto* entry = from_supervisor(pod))
    ++ended_[{entry->task.command, std::string{to_string(status)}}];
}

void task_registry_state::replace(const caf::down_msg& down) {
  auto found = tasks_.find_supervised_by(down.source);
  if (found == tasks_.end())
    return;
  auto& [pod, entry] = *found;
  log::error("the supervisor of {} ended before its time: {}", pod,
             to_string(down.reason));
  entry.supervisor = supervisor_actor{};
  if (entry.pod == nullptr)
    tasks_.forget(found);
  else if (term_ != 0)
    adopt_pod(pod, entry);
}

void task_registry_state::note_listed() {
  if (std::exchange(listed_, true))
    return;
  log::info("all tasks that run are known: {}", tasks_.size());
  tick();
  sweep();
}

void task_registry_state::tick() {
  tasks_.forget_unseen(self_->clock().now() - unseen_age);
  if (term_ != 0) {
    tell_running();
    scheduled_->look_for_others();
  }
  rt::tell_later(self_, tick_interval, self_, atom::tick_v);
}

void task_registry_state::tell_running() {
  for (auto& [pod, entry] : tasks_)
    // The task's supervisor let go of it for a term that has ended.
    if (!entry.supervisor)
      adopt_pod(pod, entry);
  auto running = tasks_.running_reads();
  if (running->empty())
    return;
  rt::tell(self_, setup_.records, atom::touch_v, term_, running);
  if (!measures_usage_)
    return;
  rt::ask(self_, usage_patience, setup_.workers.front(), atom::usage_v)
      .then(
          [this](const pod_usages_ptr& usage) {
            for (const auto& [pod, used] : *usage)
              if (auto found = tasks_.find(pod);
                  found != tasks_.end() && found->second.supervisor)
                rt::tell(self_, found->second.supervisor, used);
          },
          [this](const caf::error& why) {
            if (!std::exchange(said_unmeasured_, true))
              log::info("the CPU and memory of connectors are not known: {}",
                        to_failure(why).what);
            // Usage is not asked for again until the next sweep.
            measures_usage_ = false;
          });
}

void task_registry_state::sweep() {
  if (term_ != 0)
    clear_away();
  rt::tell_later(self_, sweep_interval, self_, atom::sweep_v);
}

void task_registry_state::clear_away() {
  measures_usage_ = true;
  rt::tell(self_, setup_.records, atom::sweep_v, term_, tasks_.reads());
  rt::ask(self_, write_patience, setup_.workers.back(), atom::sweep_v, term_)
      .then(
          [](uint64_t swept) {
            if (swept > 0)
              log::warn("deleted {} Secrets whose Pod was gone", swept);
          },
          [](const caf::error& why) { log::warn("{}", to_failure(why).what); });
}

} // namespace motorcade
