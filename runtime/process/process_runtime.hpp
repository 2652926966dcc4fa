#pragma once

#include "config/controller_settings.hpp"
#include "runtime/base/file_handle.hpp"
#include "runtime/process/delayed_folder.hpp"
#include "runtime/process/process_usage.hpp"
#include "runtime/process/sidecar_forks.hpp"
#include "runtime/process/task_folder.hpp"
#include "runtime/process/task_keeper.hpp"
#include "runtime/task/pod_watch.hpp"
#include "runtime/task/task_runner.hpp"

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace motorcade {

/// Runs tasks as local processes: the connector, a program of
/// SYNCCTL_CONNECTORS_DIR, and the sidecar, with named pipes between them, in a
/// folder that is removed with the task. Each pair has a keeper (task_keeper),
/// so that no process outlives this one. Thread-safe.
class process_runtime final : public task_runner {
public:
  /// @param settings Of `controller_runtime::process`, with a sidecar program.
  /// The caller holds the `data_folder` meanwhile. Throws std::runtime_error if
  /// descriptors are lacking, or the folder cannot be used.
  explicit process_runtime(controller_settings settings);

  /// Ends the processes that `stop` did not.
  ~process_runtime() override;

  process_runtime(const process_runtime&) = delete;
  process_runtime& operator=(const process_runtime&) = delete;

  /// Reports the tasks that an earlier controller left as ended. From then
  /// on a thread reports each change of a task; after `gone`, or once
  /// `remove` returned true, that task is not reported again. To be called
  /// once.
  /// @param listener Must not call this object.
  void watch(pod_watch_listener listener);

  /// Asks all tasks to end, and waits for their grace time at most. No task is
  /// launched afterwards.
  void stop();

  /// If the connector is missing, returns a task that failed to start.
  result<pod_status> launch(const task_manifest& task) override;
  result<bool> remove(const std::string& name, const std::string& uid) override;

  /// Lines of the sidecar alone; the task's log has those of the connector.
  result<std::string> last_lines(const std::string& name,
                                 std::string_view container,
                                 int lines) override;
  result<std::map<std::string, pod_usage>> usage() override;
  result<uint64_t> sweep() override;

  /// Keeps the task in files that only their owner may read.
  result<void> put_aside(const delayed_task& task) override;
  result<std::vector<delayed_task>> list_aside() override;
  result<task_request> read_aside(const std::string& name) override;
  result<bool> drop_aside(const std::string& name) override;

private:
  /// A task, from its launch until all of it is removed.
  struct entry {
    pod_status pod;
    task_folder folder;
    /// Without a process if there is none yet, or none any more.
    task_keeper keeper;
    /// The end of the sidecar's own output.
    std::string said;
    bool has_connector = true;
    pid_t connector = 0;
    /// The time at which the connector began.
    std::chrono::steady_clock::time_point began = {};
    bool removing = false;
    /// The time at which the keeper is killed unless it has ended before;
    /// never, unless it was asked to end.
    std::chrono::steady_clock::time_point kill_at =
        std::chrono::steady_clock::time_point::max();
    /// Whether a line of log has said that the keeper was stopped (SIGSTOP).
    bool told_of_stop = false;
  };

  /// An event for the listener, which is called once nothing is locked.
  struct news {
    bool gone = false;
    pod_status pod;
  };

  /// Gives up a task that was to be launched.
  void forget(const std::string& name);

  /// Reports changes to the listener until `stopped_`; the thread's work.
  void run();

  /// Reads the next piece of the sidecar's output, or the next report of the
  /// keeper; ends the task when the keeper is gone.
  /// @returns true if it has read something: call it again.
  bool read_from(entry& task, std::vector<news>& told);

  /// Asks a task that runs to end, within its grace time.
  void ask_to_end(entry& task) const;

  /// Continues a keeper that was stopped by a signal, and kills one that was
  /// asked to end and did not.
  static void guard(const std::string& name, entry& task);

  /// Updates the task's status by a report of its keeper.
  void note_report(entry& task, const keeper_report& report);

  /// Reaps a keeper that closed its end, and the processes that it left.
  void end_task(entry& task, std::vector<news>& told);

  /// Has the thread look at all tasks now.
  void wake() const;

  /// @returns whether no task has a keeper.
  bool all_over() const;

  /// Ends the processes of tasks whose keeper was killed.
  void end_orphans();

  /// Ends all keepers, and so their tasks; waits for each with a limit.
  void end_keepers();

  const controller_settings settings_;
  const delayed_folder delayed_;
  task_folders folders_;
  pod_watch_listener listener_;
  /// Wakes the thread.
  file_handle bell_;
  /// Held from when news is gathered until the listener has it. Locked before
  /// `mutex_`, which must not be held while the listener is called.
  std::mutex telling_;
  mutable std::mutex mutex_;
  std::condition_variable over_;
  /// By name.
  std::map<std::string, entry> tasks_;
  sidecar_forks forks_;
  process_usage usage_;
  bool closing_ = false;
  bool stopped_ = false;
  /// Whether a keeper left a process that does not end.
  bool orphans_ = false;
  std::thread thread_;
};

} // namespace motorcade
