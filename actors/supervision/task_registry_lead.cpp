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
/// A Pod that was accepted is seen by then, or it was gone before: all are
/// listed anew within four minutes.
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
  // It is deleted only once that is stored.
  return pod.being_deleted ? task_phase::stored : task_phase::finished;
}

} // namespace

void task_registry_state::see(const pod_status_ptr& pod) {
  auto found = tasks.find(pod->name);
  if (found == tasks.end()) {
    adopt(pod);
    return;
  }
  auto& entry = found->second;
  entry.pod = pod;
  entry.gone = false;
  if (entry.supervisor)
    rt::tell(self, entry.supervisor, atom::seen_v, pod);
  else
    entry.phase = phase_of(*pod);
}

void task_registry_state::lose(const pod_status_ptr& pod) {
  auto found = tasks.find(pod->name);
  if (found == tasks.end())
    return;
  auto& entry = found->second;
  auto is_it = entry.pod != nullptr && entry.pod->uid == pod->uid;
  if (entry.supervisor) {
    entry.gone = entry.gone || is_it;
    rt::tell(self, entry.supervisor, atom::gone_v, pod);
  } else if (is_it) {
    tasks.forget(found);
  }
}

void task_registry_state::adopt(const pod_status_ptr& pod) {
  if (std::find(tombstones.begin(), tombstones.end(), pod->uid)
      != tombstones.end())
    return;
  auto task = read_pod_task(*pod);
  if (!task) {
    log::warn("{}", task.error().what);
    return;
  }
  auto& entry = tasks.note(pod->name, std::move(*task));
  entry.pod = pod;
  entry.phase = phase_of(*pod);
  entry.since = self->clock().now();
  if (term != 0)
    take_on(pod->name, entry);
}

void task_registry_state::take_on(const std::string& pod,
                                  supervised_task& entry) {
  auto task = entry.task;
  // A request of ours may have met a Pod of another process.
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
            setup.settings.runtime == controller_runtime::process ? "task"
                                                                  : "Pod",
            pod, to_string(entry.pod->state));
  rt::tell(self, entry.supervisor, atom::adopt_v, entry.pod);
}

void task_registry_state::change_lead(lead_term now) {
  if (now == term)
    return;
  term = now;
  for (auto& [pod, entry] : tasks) {
    if (entry.supervisor)
      rt::tell(self, entry.supervisor, atom::lead_v, term);
    else if (term != 0)
      take_on(pod, entry);
  }
  if (term == 0) {
    log::info("leaves {} to the leader", counted(tasks.size(), "task"));
    return;
  }
  log::info("supervises {}", counted(tasks.size(), "task"));
  if (!listed)
    return;
  tell_running();
  look_aside();
  clear_away();
}

void task_registry_state::leave(const std::string& pod, bool may_have_pod) {
  auto* entry = from_supervisor(pod);
  if (entry == nullptr)
    return;
  entry->supervisor = supervisor_actor{};
  if (entry->gone || (!may_have_pod && entry->pod == nullptr)) {
    tasks.forget(tasks.find(pod));
    return;
  }
  if (entry->pod != nullptr)
    entry->phase = phase_of(*entry->pod);
  // If the term is over without our knowledge yet, the next one begins with all
  // of them.
  if (term != 0 && setup.lead->allows(term))
    take_on(pod, *entry);
}

supervised_task* task_registry_state::from_supervisor(const std::string& pod) {
  auto found = tasks.find(pod);
  if (found == tasks.end() || !found->second.supervisor)
    return nullptr;
  auto sender = self->current_sender();
  return sender != nullptr
                 && found->second.supervisor.address() == sender->address()
             ? &found->second
             : nullptr;
}

void task_registry_state::note_phase(const std::string& pod, task_phase phase) {
  auto* entry = from_supervisor(pod);
  if (entry == nullptr)
    return;
  entry->phase = phase;
  if (phase == task_phase::cleaned)
    forget_cleaned(pod);
}

void task_registry_state::forget_cleaned(const std::string& pod) {
  auto found = tasks.find(pod);
  if (found->second.pod != nullptr)
    tombstones.push_back(found->second.pod->uid);
  if (tombstones.size() > most_tombstones)
    tombstones.pop_front();
  tasks.forget(found);
}

void task_registry_state::note_end(const std::string& pod, task_status status) {
  if (auto* entry = from_supervisor(pod))
    ++ended[{entry->task.command, std::string{to_string(status)}}];
}

void task_registry_state::replace(const caf::down_msg& down) {
  auto found =
      std::find_if(tasks.begin(), tasks.end(), [&](const auto& candidate) {
        return candidate.second.supervisor
               && candidate.second.supervisor.address() == down.source;
      });
  if (found == tasks.end())
    return;
  auto& [pod, entry] = *found;
  log::error("the supervisor of {} ended before its time: {}", pod,
             to_string(down.reason));
  entry.supervisor = supervisor_actor{};
  if (entry.pod == nullptr)
    tasks.forget(found);
  else if (term != 0)
    take_on(pod, entry);
}

void task_registry_state::list() {
  if (std::exchange(listed, true))
    return;
  log::info("all tasks that run are known: {}", tasks.size());
  tick();
  sweep();
}

void task_registry_state::tick() {
  forget_unseen();
  if (term != 0) {
    tell_running();
    look_aside();
  }
  rt::tell_later(self, tick_interval, self, atom::tick_v);
}

void task_registry_state::forget_unseen() {
  auto now = self->clock().now();
  for (auto at = tasks.begin(); at != tasks.end();) {
    const auto& entry = at->second;
    auto unseen = !entry.supervisor && entry.pod == nullptr
                  && now - entry.since > unseen_age;
    at = unseen ? tasks.forget(at) : std::next(at);
  }
}

void task_registry_state::tell_running() {
  auto running = std::make_shared<std::vector<std::string>>();
  for (auto& [pod, entry] : tasks) {
    // Its supervisor let go of it for a term that is over.
    if (!entry.supervisor)
      take_on(pod, entry);
    if (entry.task.command == "read" && entry.phase < task_phase::finished)
      running->push_back(entry.task.task_id);
  }
  if (running->empty())
    return;
  rt::tell(self, setup.records, atom::touch_v, term, task_ids_ptr{running});
  if (!measures_usage)
    return;
  rt::ask(self, usage_patience, setup.workers.front(), atom::usage_v)
      .then(
          [this](const pod_usages_ptr& usage) {
            for (const auto& [pod, used] : *usage)
              if (auto found = tasks.find(pod);
                  found != tasks.end() && found->second.supervisor)
                rt::tell(self, found->second.supervisor, used);
          },
          [this](const caf::error& why) {
            if (!std::exchange(said_unmeasured, true))
              log::info("the use of connectors is not known here: {}",
                        to_failure(why).what);
            // Until the next sweep.
            measures_usage = false;
          });
}

void task_registry_state::sweep() {
  if (term != 0)
    clear_away();
  rt::tell_later(self, sweep_interval, self, atom::sweep_v);
}

void task_registry_state::clear_away() {
  measures_usage = true;
  rt::tell(self, setup.records, atom::sweep_v, term, tasks.reads());
  rt::ask(self, write_patience, setup.workers.back(), atom::sweep_v, term)
      .then(
          [](uint64_t swept) {
            if (swept > 0)
              log::warn("deleted {} Secrets whose Pod was gone", swept);
          },
          [](const caf::error& why) { log::warn("{}", to_failure(why).what); });
}

} // namespace motorcade
