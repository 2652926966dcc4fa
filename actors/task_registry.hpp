#pragma once

#include "actors/control_protocol.hpp"
#include "actors/supervision.hpp"
#include "actors/supervisor.hpp"
#include "actors/task_index.hpp"
#include "config/controller_settings.hpp"

#include <deque>
#include <map>
#include <string>
#include <vector>

namespace motorcade {

/// What the TASK REGISTRY works with.
struct task_registry_setup {
  controller_settings settings;
  record_keeper_actor records;
  /// At least one.
  std::vector<pod_worker_actor> workers;
  console_caller_actor console;
  /// How many tasks may be on their way to a Pod at one time.
  size_t most_launches = 256;
  /// How much memory the documents may take of all tasks that wait for their
  /// time or are on their way to a Pod.
  size_t most_document_bytes = 64 << 20;
};

/// Knows which tasks there are.
///
/// No two tasks share a Pod's name, and no two reads of one sync run at one
/// time. Nothing is started before all Pods were listed: one of them may be
/// the very task.
struct task_registry_state {
  static inline constexpr const char* name = "task-registry";

  /// A task and who sees it through.
  struct supervised {
    supervisor_actor supervisor;
    /// Without its documents.
    task_request task;
    task_phase phase = task_phase::created;
    /// What was last seen of its Pod; null: nothing.
    pod_status_ptr pod;
  };

  caf::result<atom::ok> start(const task_request_ptr& task);
  /// @returns why the task cannot be taken now or at all.
  std::optional<failure> find_obstacle(const task_request& task,
                                       const std::string& pod) const;

  caf::result<atom::ok> delay(const task_request_ptr& task);
  caf::result<atom::ok> launch(const task_request_ptr& task);
  caf::result<atom::ok> cancel(const task_key& which);

  /// Takes on a Pod that no supervisor has; passes over what is none of ours.
  void adopt(const pod_status_ptr& pod);

  supervised& supervise(task_request task, const std::string& pod,
                        pod_manifest_ptr manifest);

  /// A supervisor has come that far.
  void note_phase(const std::string& pod, task_phase phase);

  /// A supervisor died, which it should not.
  void replace(const caf::down_msg& down);

  /// It is time for a task that was delayed.
  void start_delayed(const std::string& pod);

  /// A task ended.
  void note_end(const std::string& pod, task_status status);

  /// Counts what is refused, and refuses it.
  caf::error refuse(const failure& why);

  void tick();
  void sweep();
  registry_state_ptr look() const;

  /// @returns the name of the task's Pod in `tasks`; empty: there is none.
  std::string find_task(const task_key& which) const;

  supervision_limits limits_of(const task_request& task) const;

  task_registry_actor::pointer self = {};
  task_registry_setup setup;
  bool listed = false;
  /// By the Pods' names.
  std::map<std::string, supervised> tasks;
  /// Of `tasks`.
  task_index index;
  /// Tasks that wait for their time, by the names of the Pods to come.
  std::map<std::string, task_request_ptr> delayed;
  /// The uids of Pods that were seen through, of which late news may come.
  std::deque<std::string> buried;
  std::map<std::pair<std::string, std::string>, uint64_t> ended;
  std::map<std::string, uint64_t> refused;
  size_t launches = 0;
  /// Of all that are in `delayed`, or being launched.
  size_t document_bytes = 0;
  size_t next_worker = 0;
  bool measures_usage = true;
  bool said_unmeasured = false;
};

/// How long a scheduled task waits before it starts.
std::chrono::seconds start_delay(const std::string& sync_id);

task_registry_actor::behavior_type
task_registry(task_registry_actor::stateful_pointer<task_registry_state> self,
              task_registry_setup setup);

} // namespace motorcade
