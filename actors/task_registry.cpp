#include "actors/task_registry.hpp"

#include "runtime/digest.hpp"
#include "runtime/pod_manifest.hpp"
#include "runtime/pod_task.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr caf::timespan tick_interval = 30s;
constexpr caf::timespan sweep_interval = 15min;
constexpr caf::timespan usage_patience = 1min;
/// A spec, check or discover is ended by its sidecar after 9 minutes, or 30
/// within a sync; these are for a sidecar that does not.
constexpr std::chrono::milliseconds inquiry_timeout = 15min;
constexpr std::chrono::milliseconds sync_inquiry_timeout = 36min;
constexpr size_t most_buried = 4096;
/// When a delayed task is tried again that came at a busy moment.
constexpr caf::timespan busy_pause = 5s;

bool is_same_task(const task_request& a, const task_request& b) {
  return a.sync_id == b.sync_id && a.task_id == b.task_id;
}

/// By the keys of source_check and source_catalog.
/// Precondition: both run the same command.
bool writes_same_result(const task_request& a, const task_request& b) {
  if (a.command != "check" && a.command != "discover")
    return false;
  return a.storage_key == b.storage_key
         && (a.command == "check"
             || (a.package == b.package && a.version == b.version));
}

} // namespace

std::chrono::seconds start_delay(const std::string& sync_id) {
  constexpr int base = 16;
  constexpr size_t digits = 8;
  constexpr unsigned long spread = 60;
  auto hash = std::stoul(sha256_hex(sync_id).substr(0, digits), nullptr, base);
  return std::chrono::seconds{hash % spread};
}

caf::result<atom::ok> task_registry_state::start(const task_request_ptr& task) {
  if (!listed)
    return refuse(
        {ec::timed_out, "the Pods that there are were not listed yet"});
  if (is_scheduled(*task) && !task->no_delay)
    return delay(task);
  return launch(task);
}

caf::result<atom::ok> task_registry_state::delay(const task_request_ptr& task) {
  auto made = make_pod_manifest(*task, setup.settings);
  if (!made)
    return refuse(made.error());
  if (delayed.contains(made->name)
      || (!task->task_id.empty()
          && !find_task({task->sync_id, task->task_id}).empty()))
    return refuse({ec::already_exists,
                   "task " + task->task_id + " waits or runs already"});
  auto bytes = motorcade::document_bytes(*task);
  if (document_bytes + bytes > setup.most_document_bytes)
    return refuse({ec::too_busy, "the documents of tasks that wait take too "
                                 "much memory"});
  document_bytes += bytes;
  delayed.emplace(made->name, task);
  auto wait = start_delay(task->sync_id);
  spdlog::info("task {} of sync {} starts in {} s", task->task_id,
               task->sync_id, wait.count());
  rt::tell_later(self, wait, self, atom::start_v, made->name);
  return atom::ok_v;
}

caf::result<atom::ok>
task_registry_state::launch(const task_request_ptr& task) {
  auto made = make_pod_manifest(*task, setup.settings);
  if (!made)
    return refuse(made.error());
  auto manifest = std::make_shared<const pod_manifest>(std::move(*made));
  if (auto obstacle = find_obstacle(*task, manifest->name))
    return refuse(*obstacle);
  auto pod = manifest->name;
  auto& entry = supervise(without_documents(*task), pod, std::move(manifest));
  ++launches;
  auto bytes = motorcade::document_bytes(*task);
  document_bytes += bytes;
  auto promise = self->make_response_promise<atom::ok>();
  auto launched = [this, bytes] {
    --launches;
    document_bytes -= bytes;
  };
  rt::ask(self, write_patience, entry.supervisor, atom::launch_v)
      .then(
          [promise, launched](atom::ok) mutable {
            launched();
            promise.deliver(atom::ok_v);
          },
          [this, promise, launched](const caf::error& why) mutable {
            launched();
            promise.deliver(refuse(to_failure(why)));
          });
  return promise;
}

std::optional<failure>
task_registry_state::find_obstacle(const task_request& task,
                                   const std::string& pod) const {
  if (auto found = tasks.find(pod); found != tasks.end())
    return failure{ec::already_exists,
                   found->second.phase < task_phase::finished
                       ? "the same task runs already"
                       : "the same task ended just now and is being cleaned "
                         "up; try again in some seconds"};
  for (const auto& name_of_other : index.rivals_of(task)) {
    auto entry = tasks.find(name_of_other);
    if (entry == tasks.end())
      continue;
    const auto& other = entry->second;
    if (task.command == "read" && is_same_task(other.task, task))
      return failure{ec::already_exists,
                     "there is a task " + task.task_id + " of that sync"};
    if (other.phase >= task_phase::stored)
      continue;
    if (task.command == "read" && other.task.sync_id == task.sync_id)
      return failure{ec::already_exists, "sync " + task.sync_id
                                             + " runs already, as task "
                                             + other.task.task_id};
    if (writes_same_result(other.task, task))
      return failure{ec::already_exists,
                     "another " + task.command + " runs for that storageKey"};
  }
  if (launches >= setup.most_launches
      || document_bytes + motorcade::document_bytes(task)
             > setup.most_document_bytes)
    return failure{ec::too_busy, "too many tasks are being started"};
  return std::nullopt;
}

void task_registry_state::start_delayed(const std::string& pod) {
  auto waiting = delayed.extract(pod);
  if (!waiting)
    return;
  auto task = waiting.mapped();
  document_bytes -= motorcade::document_bytes(*task);
  // Nobody waits for the answer, and an error must not end us.
  rt::ask(self, write_patience, task_registry_actor{self}, task, atom::start_v)
      .then([](atom::ok) {},
            [this, task, pod](const caf::error& error) {
              auto why = to_failure(error);
              if (why.code != ec::too_busy) {
                spdlog::warn("task {} was not started: {}", task->task_id,
                             why.what);
                return;
              }
              document_bytes += motorcade::document_bytes(*task);
              delayed.emplace(pod, task);
              rt::tell_later(self, busy_pause, self, atom::start_v, pod);
            });
}

caf::result<atom::ok> task_registry_state::cancel(const task_key& which) {
  auto waiting =
      std::find_if(delayed.begin(), delayed.end(), [&](const auto& one) {
        return one.second->task_id == which.task_id
               && one.second->sync_id == which.sync_id;
      });
  if (waiting != delayed.end()) {
    document_bytes -= motorcade::document_bytes(*waiting->second);
    delayed.erase(waiting);
    spdlog::info("task {} was cancelled before its start", which.task_id);
    return atom::ok_v;
  }
  if (auto pod = find_task(which); !pod.empty()) {
    if (!which.package.empty() && which.package != tasks[pod].task.package)
      return refuse({ec::not_found,
                     "task " + which.task_id + " is one of another package"});
    auto promise = self->make_response_promise<atom::ok>();
    rt::ask(self, write_patience, tasks[pod].supervisor, atom::cancel_v)
        .then(
            [promise](atom::ok) mutable { promise.deliver(atom::ok_v); },
            [promise](const caf::error& why) mutable { promise.deliver(why); });
    return promise;
  }
  auto promise = self->make_response_promise<atom::ok>();
  // Its Pod is gone; its row may not know.
  auto row = std::make_shared<task_closing>();
  row->task_id = which.task_id;
  row->sync_id = which.sync_id;
  row->package = which.package;
  row->status = task_status::cancelled;
  row->error = to_brief(cancelled_failure());
  rt::ask(self, write_patience, setup.records, task_closing_ptr{std::move(row)})
      .then([promise](task_status) mutable { promise.deliver(atom::ok_v); },
            [promise](const caf::error& why) mutable { promise.deliver(why); });
  return promise;
}

void task_registry_state::adopt(const pod_status_ptr& pod) {
  if (std::find(buried.begin(), buried.end(), pod->uid) != buried.end())
    return;
  auto task = read_pod_task(*pod);
  if (!task) {
    spdlog::warn("{}", task.error().what);
    return;
  }
  spdlog::info("took on Pod {}, which is {}", pod->name, to_string(pod->state));
  auto& entry = supervise(std::move(*task), pod->name, nullptr);
  entry.pod = pod;
  rt::tell(self, entry.supervisor, atom::adopt_v, pod);
}

task_registry_state::supervised&
task_registry_state::supervise(task_request task, const std::string& pod,
                               pod_manifest_ptr manifest) {
  auto& out = tasks[pod];
  out.task = task;
  index.add(pod, task);
  supervisor_setup with;
  with.limits = limits_of(task);
  with.task = std::move(task);
  with.pod = pod;
  with.manifest = std::move(manifest);
  with.check_interval = setup.settings.container_status_check;
  with.registry = self;
  with.records = setup.records;
  with.worker = setup.workers[next_worker++ % setup.workers.size()];
  with.console = setup.console;
  out.supervisor = self->spawn(supervisor, std::move(with));
  self->monitor(out.supervisor);
  return out;
}

void task_registry_state::note_phase(const std::string& pod, task_phase phase) {
  auto found = tasks.find(pod);
  if (found == tasks.end())
    return;
  auto& entry = found->second;
  entry.phase = phase;
  if (phase != task_phase::cleaned)
    return;
  if (entry.pod != nullptr)
    buried.push_back(entry.pod->uid);
  if (buried.size() > most_buried)
    buried.pop_front();
  index.remove(pod, entry.task);
  tasks.erase(found);
}

void task_registry_state::note_end(const std::string& pod, task_status status) {
  if (auto found = tasks.find(pod); found != tasks.end())
    ++ended[{found->second.task.command, std::string{to_string(status)}}];
}

caf::error task_registry_state::refuse(const failure& why) {
  ++refused[std::string{to_string(why.code)}];
  return to_error(why);
}

void task_registry_state::replace(const caf::down_msg& down) {
  auto found =
      std::find_if(tasks.begin(), tasks.end(), [&](const auto& candidate) {
        return candidate.second.supervisor.address() == down.source;
      });
  if (found == tasks.end())
    return;
  auto lost = found->first;
  auto pod = found->second.pod;
  spdlog::error("the supervisor of {} ended before its time: {}", lost,
                to_string(down.reason));
  note_phase(lost, task_phase::cleaned);
  if (pod == nullptr)
    return;
  std::erase(buried, pod->uid);
  adopt(pod);
}

void task_registry_state::tick() {
  auto running = std::make_shared<std::vector<std::string>>();
  for (const auto& [pod, entry] : tasks)
    if (entry.task.command == "read" && entry.phase < task_phase::finished)
      running->push_back(entry.task.task_id);
  if (!running->empty()) {
    rt::tell(self, setup.records, atom::touch_v, task_ids_ptr{running});
    if (measures_usage)
      rt::ask(self, usage_patience, setup.workers.front(), atom::look_v)
          .then(
              [this](const pod_usage_ptr& usage) {
                for (const auto& [pod, used] : *usage)
                  if (auto found = tasks.find(pod); found != tasks.end())
                    rt::tell(self, found->second.supervisor, used.cores,
                             used.memory_bytes);
              },
              [this](const caf::error& why) {
                if (!std::exchange(said_unmeasured, true))
                  spdlog::info("what connectors use is not known here: {}",
                               to_failure(why).what);
                // Until the next sweep.
                measures_usage = false;
              });
  }
  rt::tell_later(self, tick_interval, self, atom::tick_v);
}

void task_registry_state::sweep() {
  measures_usage = true;
  // Whatever their phase: their ends are on the way to the database.
  auto kept = std::make_shared<std::vector<std::string>>();
  for (const auto& [pod, entry] : tasks)
    if (entry.task.command == "read")
      kept->push_back(entry.task.task_id);
  rt::tell(self, setup.records, atom::sweep_v, task_ids_ptr{std::move(kept)});
  rt::ask(self, write_patience, setup.workers.back(), atom::sweep_v)
      .then(
          [](uint64_t swept) {
            if (swept > 0)
              spdlog::warn("deleted {} Secrets whose Pod was gone", swept);
          },
          [](const caf::error& why) {
            spdlog::warn("{}", to_failure(why).what);
          });
  rt::tell_later(self, sweep_interval, self, atom::sweep_v);
}

registry_state_ptr task_registry_state::look() const {
  auto out = std::make_shared<registry_state>();
  out->listed = listed;
  out->delayed = delayed.size();
  out->ended = ended;
  out->refused = refused;
  for (const auto& [pod, entry] : tasks)
    ++out->tasks[{entry.task.command, std::string{to_string(entry.phase)}}];
  return out;
}

std::string task_registry_state::find_task(const task_key& which) const {
  for (auto& pod : index.of_sync(which.sync_id))
    if (auto found = tasks.find(pod);
        found != tasks.end() && found->second.task.task_id == which.task_id)
      return pod;
  return {};
}

supervision_limits
task_registry_state::limits_of(const task_request& task) const {
  const auto& from = setup.settings;
  auto inquiry = task.sync_id.empty() ? inquiry_timeout : sync_inquiry_timeout;
  return {from.container_init_timeout, from.unschedulable_timeout,
          task.command == "read" ? from.task_timeout
                                 : std::min(from.task_timeout, inquiry),
          from.container_grace_shutdown};
}

task_registry_actor::behavior_type
task_registry(task_registry_actor::stateful_pointer<task_registry_state> self,
              task_registry_setup setup) {
  auto& st = rt::state(self);
  st.self = self;
  st.setup = std::move(setup);
  self->set_down_handler(
      [&st](const caf::down_msg& down) { st.replace(down); });
  return {
      [&st](const task_request_ptr& task) { return st.start(task); },
      [&st](atom::cancel, const task_key_ptr& which) {
        return st.cancel(*which);
      },
      [&st](atom::seen, const pod_status_ptr& pod) {
        auto found = st.tasks.find(pod->name);
        if (found == st.tasks.end()) {
          st.adopt(pod);
          return;
        }
        found->second.pod = pod;
        rt::tell(st.self, found->second.supervisor, atom::seen_v, pod);
      },
      [&st](atom::gone, const pod_status_ptr& pod) {
        if (auto found = st.tasks.find(pod->name); found != st.tasks.end())
          rt::tell(st.self, found->second.supervisor, atom::gone_v, pod);
      },
      [&st](atom::listed) {
        if (std::exchange(st.listed, true))
          return;
        spdlog::info("all Pods are listed, {} are ours", st.tasks.size());
        st.tick();
        st.sweep();
      },
      [&st](const std::string& pod, uint8_t phase) {
        st.note_phase(pod, static_cast<task_phase>(phase));
      },
      [&st](const std::string& pod, task_status status) {
        st.note_end(pod, status);
      },
      [&st](atom::look) { return st.look(); },
      [&st](atom::start, const std::string& pod) { st.start_delayed(pod); },
      [&st](const task_request_ptr& task, atom::start) {
        auto now = std::make_shared<task_request>(*task);
        now->started_at = utc_now();
        return st.launch(now);
      },
      [&st](atom::tick) { st.tick(); },
      [&st](atom::sweep) { st.sweep(); },
  };
}

} // namespace motorcade
