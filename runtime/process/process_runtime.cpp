#include "runtime/process/process_runtime.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"
#include "runtime/process/connector_folder.hpp"
#include "runtime/process/orphans.hpp"
#include "runtime/process/process_end.hpp"
#include "runtime/process/process_plan.hpp"
#include "runtime/task/pod_task.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// The most bytes that are kept of what a sidecar writes.
constexpr size_t most_said = 16'384;
/// The most reports of one task that are read in a row, so that a task that
/// reports without end does not hold up the others.
constexpr int most_reads = 64;
/// The time for the ends of processes that a killed keeper left.
constexpr auto orphan_patience = 200ms;
/// The milliseconds between two looks at keepers and orphans, while there are
/// any.
constexpr int look_pause_ms = 1000;

/// @returns whether a program is the sidecar that came with this one: no other
/// is known to be a fork server.
bool is_own(const std::string& program) {
  std::error_code failed;
  const auto ours = std::filesystem::read_symlink("/proc/self/exe", failed);
  return !failed
         && std::filesystem::equivalent(ours.parent_path() / "sidecar", program,
                                        failed);
}

} // namespace

process_runtime::process_runtime(controller_settings settings)
    : settings_{std::move(settings)},
      delayed_{settings_.data_dir + "/delayed"},
      folders_{settings_.data_dir},
      bell_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)},
      forks_{is_own(settings_.sidecar_program) ? settings_.sidecar_program
                                               : std::string{}} {
  if (!bell_)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
  adopt_orphans();
}

void process_runtime::watch(pod_watch_listener listener) {
  listener_ = std::move(listener);
  delayed_.clean();
  std::vector<pod_status> left = folders_.find_left();
  for (auto& pod : left) {
    pod.labels.emplace(creator_label, creator_value);
    pod.state = pod_state::ended;
    if (!pod.sidecar) {
      pod.failure = platform_failure("syncctl ended while the task ran");
      pod.failure->type = failure_type::transient_error;
    }
    std::lock_guard lock{mutex_};
    auto& task = tasks_[pod.name];
    task.folder = folders_.at(pod.name);
    if (auto stripped = task.folder.strip(pod); !stripped)
      log::warn("{}", stripped.error().what);
    task.pod = pod;
  }
  for (auto& pod : left)
    listener_.seen(std::make_shared<const pod_status>(std::move(pod)));
  listener_.listed();
  thread_ = start_quiet_thread([this] { run(); });
}

result<pod_status> process_runtime::launch(const task_manifest& task) {
  if (task.task == nullptr)
    return failure{ec::invalid_argument, "the task is one for Kubernetes"};
  pod_status pod;
  pod.name = task.name;
  pod.uid = make_uuid();
  pod.labels.emplace(creator_label, creator_value);
  pod.annotations = to_annotations(*task.task);
  pod.created_at = to_iso8601_millis(utc_now());
  auto folder = folders_.at(task.name);
  {
    // The listener hears of the end of an earlier task with this name before
    // there is a new one.
    std::scoped_lock lock{telling_, mutex_};
    if (closing_)
      return failure{ec::cancelled, "syncctl is about to end"};
    auto [place, fresh] = tasks_.try_emplace(task.name);
    if (!fresh)
      return failure{ec::already_exists, "there is a task " + task.name};
    place->second.pod = pod;
    place->second.folder = folder;
    place->second.has_connector = has_connector(*task.task);
  }
  auto program =
      has_connector(*task.task)
          ? find_connector(settings_.connectors_dir, task.task->package)
          : std::string{};
  if (!program) {
    pod.state = pod_state::hopeless;
    pod.failure = cannot_start(source_container, program.error().what);
    std::lock_guard lock{mutex_};
    tasks_[task.name].pod = pod;
    return pod;
  }
  auto planned = plan_processes(*task.task, settings_, folder, *program);
  if (!planned) {
    forget(task.name);
    return planned.error();
  }
  if (auto made = folder.make(*task.task, pod); !made) {
    folder.remove();
    forget(task.name);
    return made.error();
  }
  {
    std::unique_lock lock{mutex_};
    // Started under the lock: the thread would take a keeper that `tasks_` does
    // not name yet for an orphan.
    auto keeper = forks_.start(*planned);
    if (!keeper) {
      lock.unlock();
      folder.remove();
      forget(task.name);
      return keeper.error();
    }
    auto& begun = tasks_[task.name];
    begun.keeper = std::move(*keeper);
    begun.folder = std::move(folder);
    // `stop` asked all tasks to end before this one was among them.
    if (closing_)
      ask_to_end(begun);
  }
  wake();
  return pod;
}

void process_runtime::forget(const std::string& name) {
  std::lock_guard lock{mutex_};
  tasks_.erase(name);
}

result<bool> process_runtime::remove(const std::string& name,
                                     const std::string& uid) {
  // Events that were gathered earlier reach the listener first.
  std::scoped_lock lock{telling_, mutex_};
  auto found = tasks_.find(name);
  if (found == tasks_.end() || (!uid.empty() && found->second.pod.uid != uid))
    return true;
  auto& task = found->second;
  if (task.keeper.pid > 0) {
    task.removing = true;
    task.pod.being_deleted = true;
    ask_to_end(task);
    wake();
    return false;
  }
  // This takes some renames; the bin's thread deletes the content.
  task.folder.remove();
  tasks_.erase(found);
  return true;
}

result<std::string> process_runtime::last_lines(const std::string& name,
                                                std::string_view container,
                                                int lines) {
  std::lock_guard lock{mutex_};
  auto found = tasks_.find(name);
  if (found == tasks_.end())
    return failure{ec::not_found, "there is no task " + name};
  if (container != sidecar_container)
    return std::string{};
  const auto& said = found->second.said;
  auto at = said.size();
  while (at > 0 && (said[at - 1] != '\n' || at == said.size() || lines-- > 1))
    --at;
  return said.substr(at);
}

result<std::map<std::string, pod_usage>> process_runtime::usage() {
  std::lock_guard lock{mutex_};
  std::map<pid_t, std::string> groups;
  for (const auto& [name, task] : tasks_)
    if (task.connector > 0)
      groups[task.connector] = name;
  return usage_.measure(groups);
}

result<uint64_t> process_runtime::sweep() {
  // Nothing is swept: every folder belongs to a known task.
  return uint64_t{0};
}

result<void> process_runtime::put_aside(const delayed_task& task) {
  return delayed_.put(task);
}

result<std::vector<delayed_task>> process_runtime::list_aside() {
  return delayed_.list();
}

result<task_request> process_runtime::read_aside(const std::string& name) {
  return delayed_.read(name);
}

result<bool> process_runtime::drop_aside(const std::string& name) {
  return delayed_.drop(name);
}

void process_runtime::wake() const {
  uint64_t one = 1;
  [[maybe_unused]] auto n = ::write(bell_.get(), &one, sizeof one);
}

bool process_runtime::all_over() const {
  for (const auto& [name, task] : tasks_)
    if (task.keeper.pid > 0)
      return false;
  return true;
}

void process_runtime::run() {
  std::vector<pollfd> waited;
  for (;;) {
    std::vector<news> told;
    std::unique_lock telling{telling_};
    {
      std::lock_guard lock{mutex_};
      if (stopped_)
        return;
      waited.assign(1, {bell_.get(), POLLIN, 0});
      for (auto& [name, task] : tasks_)
        if (task.keeper.pid > 0) {
          guard(name, task);
          for (int i = 0; i < most_reads && read_from(task, told); ++i) {}
        }
      if (orphans_)
        end_orphans();
      for (const auto& one : told)
        if (one.gone)
          tasks_.erase(one.pod.name);
      for (const auto& [name, task] : tasks_) {
        if (task.keeper.control)
          waited.push_back({task.keeper.control.get(), POLLIN, 0});
        if (task.keeper.log)
          waited.push_back({task.keeper.log.get(), POLLIN, 0});
      }
      if (all_over())
        over_.notify_all();
    }
    for (auto& one : told)
      (one.gone ? listener_.gone : listener_.seen)(
          std::make_shared<const pod_status>(std::move(one.pod)));
    telling.unlock();
    auto looks_again = orphans_ || waited.size() > 1;
    ::poll(waited.data(), waited.size(), looks_again ? look_pause_ms : -1);
    uint64_t rung = 0;
    [[maybe_unused]] auto n = ::read(bell_.get(), &rung, sizeof rung);
  }
}

void process_runtime::end_orphans() {
  std::set<pid_t> keepers = {forks_.server()};
  for (const auto& [name, task] : tasks_)
    if (task.keeper.pid > 0)
      keepers.insert(task.keeper.pid);
  orphans_ = !motorcade::end_orphans(keepers, orphan_patience);
}

bool process_runtime::read_from(entry& task, std::vector<news>& told) {
  auto& keeper = task.keeper;
  // The log comes first, so that it is whole when the end is reported.
  if (keeper.log) {
    char bytes[4096];
    pollfd readable{keeper.log.get(), POLLIN, 0};
    if (::poll(&readable, 1, 0) > 0) {
      auto n = ::read(keeper.log.get(), bytes, sizeof bytes);
      if (n > 0) {
        task.said.append(bytes, static_cast<size_t>(n));
        if (task.said.size() > 2 * most_said)
          task.said.erase(0, task.said.size() - most_said);
        return true;
      }
      keeper.log = file_handle{};
    }
  }
  keeper_report report;
  auto n = ::recv(keeper.control.get(), &report, sizeof report, MSG_DONTWAIT);
  if (n == static_cast<ssize_t>(sizeof report)) {
    note_report(task, report);
    told.push_back({false, task.pod});
    return true;
  }
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return false;
  end_task(task, told);
  return false;
}

void process_runtime::note_report(entry& task, const keeper_report& report) {
  auto& pod = task.pod;
  switch (report.what) {
  case keeper_report::kind::started:
    if (!report.of_sidecar) {
      task.connector = report.number;
      task.began = std::chrono::steady_clock::now();
    }
    // The keeper starts the sidecar first: with the connector, both run.
    if (report.of_sidecar != task.has_connector
        && pod.state == pod_state::pending)
      pod.state = pod_state::running;
    return;
  case keeper_report::kind::used: {
    auto wall = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - task.began);
    // Processes that the connector left do not count for its wall time.
    if (pod.source && pod.source_use)
      wall = pod.source_use->wall;
    pod.source_use = container_use{std::chrono::microseconds{report.cpu_micros},
                                   wall, report.peak_bytes};
    return;
  }
  case keeper_report::kind::not_executable:
    pod.failure =
        cannot_start(report.of_sidecar ? sidecar_container : source_container,
                     why_not_executable(report.number));
    pod.state = pod_state::hopeless;
    return;
  case keeper_report::kind::ended:
    break;
  }
  auto end = to_end(report, settings_.process.cpu_seconds > 0);
  if (report.of_sidecar) {
    pod.sidecar = std::move(end);
  } else {
    pod.source = std::move(end);
    task.connector = 0;
  }
  if (pod.state != pod_state::hopeless)
    pod.state = pod.sidecar ? pod_state::ended : pod_state::ending;
}

void process_runtime::end_task(entry& task, std::vector<news>& told) {
  auto& pod = task.pod;
  int status = 0;
  // The keeper is about to end by itself. SIGKILL makes sure of it even if
  // another process has stopped it (SIGSTOP).
  ::kill(task.keeper.pid, SIGKILL);
  while (::waitpid(task.keeper.pid, &status, 0) < 0 && errno == EINTR) {}
  task.keeper = task_keeper{};
  task.connector = 0;
  // Orphans may write to the task's folder, so they end before it is removed.
  if (WIFSIGNALED(status))
    end_orphans();
  if (pod.state != pod_state::hopeless && !pod.sidecar) {
    pod.state = pod_state::ended;
    pod.failure = platform_failure("the task's processes were killed");
  }
  if (task.removing) {
    task.folder.remove();
    told.push_back({true, pod});
    return;
  }
  // The task has ended and no longer needs its config and state.
  if (auto stripped = task.folder.strip(pod); !stripped)
    log::warn("{}", stripped.error().what);
  told.push_back({false, pod});
}

} // namespace motorcade
