// The ends of local processes, whatever a connector does to its keeper.
#include "runtime/base/log.hpp"
#include "runtime/process/child_end.hpp"
#include "runtime/process/orphans.hpp"
#include "runtime/process/process_runtime.hpp"
#include "schema/base/counted.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

using clock = std::chrono::steady_clock;

/// The time for keepers to kill processes that did not end within their grace
/// time.
constexpr auto slack = 5s;
/// The time for keepers to end once they are told to, or killed.
constexpr auto last_patience = 2s;
/// The time for the ends of processes that killed keepers left.
constexpr auto last_orphan_patience = 1s;

std::chrono::milliseconds left_until(clock::time_point end) {
  return std::chrono::ceil<std::chrono::milliseconds>(
      std::max(clock::duration::zero(), end - clock::now()));
}

} // namespace

process_runtime::~process_runtime() {
  {
    std::lock_guard lock{mutex_};
    closing_ = stopped_ = true;
  }
  wake();
  if (thread_.joinable())
    thread_.join();
  forks_.end();
  end_keepers();
}

void process_runtime::end_keepers() {
  std::map<pid_t, std::string> left;
  for (auto& [name, task] : tasks_)
    if (task.keeper.pid > 0) {
      // This kills all remaining processes.
      task.keeper.control = file_handle{};
      ::kill(task.keeper.pid, SIGCONT);
      left.emplace(task.keeper.pid, name);
    }
  if (left.empty())
    return;
  auto reap = [&left] {
    auto until = clock::now() + last_patience;
    std::erase_if(left, [until](const auto& one) {
      return reap_within(one.first, left_until(until));
    });
  };
  reap();
  if (left.empty())
    return;
  for (const auto& [keeper, name] : left)
    ::kill(keeper, SIGKILL);
  reap();
  for (const auto& [keeper, name] : left)
    log::error("left the processes of task {} behind: the system does not "
               "end process {}",
               name, keeper);
  motorcade::end_orphans({}, last_orphan_patience);
}

void process_runtime::stop() {
  std::unique_lock lock{mutex_};
  closing_ = true;
  size_t running = 0;
  for (auto& [name, task] : tasks_)
    if (task.keeper.pid > 0) {
      ++running;
      ask_to_end(task);
    }
  if (running > 0)
    log::info("waiting for {} to end", counted(running, "task"));
  wake();
  // Longer than `kill_at` of any task, so that killed keepers are seen, too.
  over_.wait_for(lock, settings_.container_grace_shutdown + 2 * slack,
                 [this] { return all_over(); });
}

void process_runtime::ask_to_end(entry& task) const {
  // MSG_DONTWAIT: a keeper that does not read must not hold up the others.
  ::send(task.keeper.control.get(), "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  ::kill(task.keeper.pid, SIGCONT);
  auto latest = clock::now() + settings_.container_grace_shutdown + slack;
  task.kill_at = std::min(task.kill_at, latest);
}

void process_runtime::guard(const std::string& name, entry& task) {
  auto keeper = task.keeper.pid;
  if (continue_if_stopped(keeper) && !std::exchange(task.told_of_stop, true))
    log::warn("the keeper of task {} was stopped (SIGSTOP), perhaps by its "
              "connector, and is continued",
              name);
  if (clock::now() < task.kill_at)
    return;
  log::warn("task {} did not end in time, its processes are killed", name);
  ::kill(keeper, SIGKILL);
  task.kill_at = clock::time_point::max();
}

} // namespace motorcade
