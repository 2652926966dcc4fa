#pragma once

#include "actors/supervision/controller_actors.hpp"
#include "actors/supervision/launch_budget.hpp"
#include "actors/supervision/scheduled_starts.hpp"
#include "actors/supervision/supervision.hpp"
#include "actors/supervision/supervisor.hpp"
#include "actors/supervision/task_table.hpp"
#include "config/controller_settings.hpp"
#include "runtime/leadership/leadership.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace motorcade {

/// A spec, check or discover is ended by its sidecar in time
/// (SIDECAR_FILE_TIMEOUT_MINUTES). The registry ends it this much later if its
/// sidecar did not.
constexpr std::chrono::minutes inquiry_slack{6};

/// The connector of a Pod counts as dead so long after its grace time, even if
/// its node tells nothing.
constexpr std::chrono::seconds kill_slack{30};

/// The settings of the TASK REGISTRY.
struct task_registry_setup {
  controller_settings settings;
  record_keeper_actor records;
  /// At least one.
  std::vector<pod_worker_actor> workers;
  console_caller_actor console;
  leadership_ptr lead;
  /// This is the only process that takes requests and keeps scheduled starts.
  bool only_replica = false;
  /// The most tasks that are being launched at a time.
  size_t most_launches = 256;
  /// The most bytes of documents of all tasks that wait for their time or are
  /// being launched.
  size_t most_document_bytes = 64 << 20;
};

/// Knows all tasks.
///
/// No two tasks share a Pod's name, and no two reads of one sync run at one
/// time. No task is started before all Pods were listed: one of them may be
/// that task.
///
/// While another process leads, tasks have a supervisor only for requests to
/// this process: a start, until its Pod is accepted, and a cancel, until the
/// Pod's deletion was asked for.
class task_registry_state {
public:
  static inline constexpr const char* name = "task-registry";

  /// To be called once, before all else.
  task_registry_actor::behavior_type
  make_behavior(task_registry_actor::pointer self, task_registry_setup setup);

  /// Replaces a supervisor that died, which is a fault of this program.
  void replace(const caf::down_msg& down);

private:
  using ok_promise = scheduled_starts::ok_promise;

  // Requests, in task_registry.cpp.

  /// Starts a task, or keeps its scheduled start. Answered once its Pod is
  /// accepted or its start is kept.
  caf::result<atom::ok> start(const task_request_ptr& task);

  /// Keeps a scheduled start until its time.
  caf::result<atom::ok> delay(const task_request_ptr& task);

  /// @returns the time by which a task has to be over for what is left of it to
  /// count as ended, unseen; nothing: each end is seen.
  std::optional<caf::actor_clock::time_point> given_up_by() const;

  /// As `task_table::find_saving`.
  caf::result<std::string> find_saving(const std::string& sync_id) const;

  /// @returns the reason for which the task cannot be started now or at all;
  /// nothing: it can.
  std::optional<failure> find_obstacle(const task_request& task,
                                       const std::string& pod) const;

  /// Gives a task a supervisor, and has its Pod launched.
  /// @param resumes As in `supervisor_setup`.
  /// @param done Called once the Pod is accepted or the start has failed;
  /// unless it resumes, also once it waits for a Kubernetes that is away.
  void launch(const task_request_ptr& task, bool resumes,
              const start_listener& done);

  /// Cancels a task, wherever it is: scheduled, running, or known to the
  /// database alone.
  caf::result<atom::ok> cancel(const task_key_ptr& which);

  /// Ends a task without a known Pod.
  void cancel_row(const task_key_ptr& which, ok_promise promise);

  /// Gives a task a supervisor.
  /// @param manifest Of the Pod to launch; null: the Pod exists.
  /// @param resumes, finish As in `supervisor_setup`.
  /// @param secrets The secrets of the connector's config.
  /// @returns the task's entry, valid until the task is forgotten.
  supervised_task& supervise(task_request task, const std::string& pod,
                             task_manifest_ptr manifest, bool resumes = false,
                             manifest_finisher finish = {},
                             task_secrets secrets = {});

  /// @returns the function that completes the manifest of a task that goes on
  /// from saved states; empty for other tasks.
  manifest_finisher make_finisher(const task_request_ptr& task) const;

  /// Counts a refusal, and makes an error of it.
  caf::error refuse(const failure& why);

  /// @returns counts for the metrics.
  registry_state_ptr count_tasks() const;

  /// @returns the time limits of a task.
  supervision_limits limits_of(const task_request& task) const;

  /// @returns the worker for a new task; they take turns.
  const pod_worker_actor& next_worker();

  // Pods and supervisors, in task_registry_pods.cpp.

  /// Passes the status of a Pod to its task's supervisor; an unknown Pod is
  /// adopted.
  void see(const pod_status_ptr& pod);

  /// Notes that a Pod is gone.
  void lose(const pod_status_ptr& pod);

  /// Notes an unknown Pod; ignores Pods that are none of ours, with one line of
  /// log for each.
  void adopt(const pod_status_ptr& pod);

  /// Gives a known task a supervisor.
  void adopt_pod(const std::string& pod, supervised_task& entry);

  /// Notes the term in which this process leads; 0: it no longer does.
  void change_lead(lead_term now);

  /// Notes that a supervisor has let go of its task.
  /// @param may_have_pod False: the task never had a Pod.
  void leave(const std::string& pod, bool may_have_pod);

  /// Notes the phase of a supervised task.
  void note_phase(const std::string& pod, task_phase phase);

  /// Forgets a task whose Pod and Secret are gone, and keeps its tombstone.
  void forget_cleaned(const std::string& pod);

  /// Answers the asker of a start whose Pod waits for Kubernetes.
  void note_accepted(const std::string& pod);

  /// Counts the end of a task.
  void note_end(const std::string& pod, task_status status);

  /// @returns the task whose supervisor sent the current message; null: it has
  /// another one by now, or none.
  supervised_task* from_supervisor(const std::string& pod);

  /// Notes that all Pods were listed: tasks may start.
  void note_listed();

  /// Does what is due twice a minute: forgets tasks, tells that tasks run,
  /// looks for scheduled starts of other processes.
  void tick();

  /// Calls `clear_away` four times an hour, if this process leads.
  void sweep();

  /// Has the rows of running reads updated, and asks for the use of their
  /// connectors.
  void tell_running();

  /// Closes the rows of tasks that no process updates any more, and deletes
  /// Secrets without a Pod.
  void clear_away();

  task_registry_actor::pointer self_ = {};
  task_registry_setup setup_;
  bool listed_ = false;
  /// The term in which this process leads; 0: it does not.
  lead_term term_ = 0;
  task_table tasks_;
  std::optional<launch_budget> budget_;
  /// The askers of starts, by the names of their Pods; an empty one was
  /// answered.
  std::map<std::string, std::shared_ptr<start_listener>> askers_;
  std::optional<scheduled_starts> scheduled_;
  /// The uids of Pods of forgotten tasks, whose late events are ignored.
  std::deque<std::string> tombstones_;
  /// The uids of existing Pods that have our label and are none of ours.
  std::set<std::string> foreign_;
  /// The number of ends by command and status, and of refusals by code.
  std::map<std::pair<std::string, std::string>, uint64_t> ended_;
  std::map<std::string, uint64_t> refused_;
  size_t worker_turn_ = 0;
  /// Whether the use of connectors can be measured, as far as is known.
  bool measures_usage_ = true;
  bool said_unmeasured_ = false;
};

/// Takes requests at once, but starts no task before all Pods were listed. Runs
/// until `syncctl` ends.
task_registry_actor::behavior_type
task_registry(task_registry_actor::stateful_pointer<task_registry_state> self,
              task_registry_setup setup);

} // namespace motorcade
