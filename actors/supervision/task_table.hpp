#pragma once

#include "actors/supervision/controller_actors.hpp"
#include "actors/supervision/supervision.hpp"
#include "actors/supervision/task_index.hpp"

#include <map>
#include <optional>
#include <string>

namespace motorcade {

/// A known task and its supervisor.
struct supervised_task {
  /// None: the task is left to the leader.
  supervisor_actor supervisor = {};
  /// Without its documents.
  task_request task = {};
  task_phase phase = task_phase::created;
  /// The last seen status of its Pod; null: none.
  pod_status_ptr pod = nullptr;
  /// That Pod is gone.
  bool gone = false;
  /// The time at which it was noted, or got its last supervisor.
  caf::actor_clock::time_point since = {};
  /// The time at which its end was stored, as far as this process knows.
  caf::actor_clock::time_point over_since = {};

  /// Notes a phase.
  void enter(task_phase now, caf::actor_clock::time_point when);

  /// @returns whether its connector may still run: it was seen to run and not
  /// to end. A connector that ignores SIGTERM runs on for its grace time,
  /// though its task is over.
  bool may_have_connector() const;

  /// @returns whether its sidecar may still run or begin to, and save states. A
  /// sidecar saves the states of rows that were about to be committed also
  /// after its task was cancelled or given up.
  bool may_have_sidecar() const;
};

/// All known tasks, by the names of their Pods, and whether another one may
/// start beside them.
class task_table {
public:
  using map = std::map<std::string, supervised_task>;
  using iterator = map::iterator;
  using const_iterator = map::const_iterator;

  /// @returns the first task; they are in the order of the names of their Pods.
  iterator begin() { return tasks_.begin(); }

  const_iterator begin() const { return tasks_.begin(); }

  /// @returns the place behind the last task.
  iterator end() { return tasks_.end(); }

  const_iterator end() const { return tasks_.end(); }

  /// @returns the number of known tasks.
  size_t size() const { return tasks_.size(); }

  /// @returns the task with a Pod of this name; `end()`: there is none.
  iterator find(const std::string& pod) { return tasks_.find(pod); }

  const_iterator find(const std::string& pod) const { return tasks_.find(pod); }

  /// Finds a task by its ids, without a search through thousands.
  /// @returns the name of its Pod; empty: there is no such task.
  std::string find_pod(const task_key& which) const;

  /// Finds a spec, check or discover by its sync and its `inquiry_id`.
  /// @returns as `find_pod`.
  std::string find_inquiry(const task_key& which) const;

  /// Notes what the task of a Pod is.
  /// @returns its entry; a new one if there was none.
  supervised_task& note(const std::string& pod, task_request task);

  /// @returns the entry behind the one that is forgotten.
  iterator forget(iterator which);

  /// @returns the reason for which a task must not start beside the known ones;
  /// nothing: it may. It must not
  /// - if the same task is known,
  /// - for a read: if another read of its sync is not over, or the connector of
  ///   one may live on,
  /// - for a discover of a sync, but one that carries a read to start after it
  ///   (`then_run`): if the connector of an earlier read of the sync may still
  ///   run,
  /// - for an inquiry: if another one of its command and storage key is not
  /// over.
  /// @param given_up The connector of a task that was over by this time counts
  /// as ended, although its end was not seen: the end may never be reported,
  /// e.g. if the node of its Pod is away. Nothing: every connector is waited
  /// for.
  std::optional<failure> find_conflict(
      const task_request& task, const std::string& pod,
      std::optional<caf::actor_clock::time_point> given_up = {}) const;

  /// @returns the task of this supervisor; `end()`: it has none.
  iterator find_supervised_by(const caf::actor_addr& supervisor);

  /// Forgets tasks without a supervisor that were noted before this time and
  /// whose Pods were never seen.
  void forget_unseen(caf::actor_clock::time_point noted_before);

  /// @returns the specs, checks and discovers whose end is not stored yet.
  task_requests_ptr running_inquiries() const;

  /// @returns the task id of a read of the sync whose end is not stored, or
  /// whose sidecar may still save states; empty: there is none.
  /// @param given_up As of `find_conflict`, for sidecars.
  std::string
  find_saving(const std::string& sync_id,
              std::optional<caf::actor_clock::time_point> given_up = {}) const;

  /// @returns the task ids of all reads, of those that are over, too: their
  /// ends are on the way to the database.
  task_ids_ptr reads() const;

  /// @returns the task ids of the reads that are not finished.
  task_ids_ptr running_reads() const;

private:
  /// @returns a failure if `other` is a read of the sync whose end is stored
  /// and whose connector may still run, so that a new task must wait for it;
  /// nothing: the task need not wait for `other`.
  std::optional<failure>
  find_dying(const supervised_task& other, const std::string& sync_id,
             std::optional<caf::actor_clock::time_point> given_up) const;

  map tasks_;
  /// The names of Pods of `tasks_`, by sync and by result.
  task_index index_;
};

} // namespace motorcade
