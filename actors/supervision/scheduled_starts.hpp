#pragma once

#include "actors/supervision/controller_actors.hpp"
#include "actors/supervision/launch_budget.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>

namespace motorcade {

/// Called once with the reason if a start failed, or with nothing.
using start_listener = std::function<void(const std::optional<failure>&)>;

/// The scheduled starts that this process knows: those that it was asked for,
/// and those of other processes that did not begin theirs. Each is kept by a
/// POD WORKER outside of this process as well, by the name that its Pod will
/// have. Several processes may try to delete that copy; the one that succeeds
/// begins or cancels the start.
///
/// A part of the TASK REGISTRY, to be called in its handlers alone.
class scheduled_starts {
public:
  using ok_promise = caf::typed_response_promise<atom::ok>;

  /// Functions of the registry that are called for a scheduled start.
  struct callbacks {
    /// Launches a task whose row may have been begun before.
    std::function<void(const task_request_ptr&, start_listener)> launch;
    /// Ends a task by its row in the database, and answers the promise.
    std::function<void(const task_key_ptr&, ok_promise)> cancel_row;
    /// Counts a refusal, and makes an error of it.
    std::function<caf::error(const failure&)> refuse;
  };

  /// The other actors, and how many processes keep starts.
  struct setup {
    /// Keeps the starts: one worker for all of them, so that calls keep their
    /// order.
    pod_worker_actor worker;
    record_keeper_actor records;
    /// This is the only replica: overdue starts are made at once, without 20 s
    /// for their owner.
    bool only_replica = false;
  };

  /// @param registry Gets `start` with the name of a Pod when its time has
  /// come, and passes that to `begin`. Outlives this, as `budget` does.
  scheduled_starts(task_registry_actor::pointer registry, setup with,
                   launch_budget& budget, callbacks registry_functions);

  scheduled_starts(const scheduled_starts&) = delete;
  scheduled_starts& operator=(const scheduled_starts&) = delete;

  /// @returns the number of starts that are known here.
  size_t size() const { return waiting_.size(); }

  /// @returns whether a start waits for a Pod of this name, or is being made.
  bool knows(const std::string& pod) const { return waiting_.contains(pod); }

  /// Keeps a start until its time. The budget must have room for its documents.
  /// @param pod The name that its Pod will have; `knows(pod)` must be false.
  /// @param promise Answered once the start is kept, or cannot be.
  void keep(const task_request& task, const std::string& pod,
            ok_promise promise);

  /// Begins the start whose time has come, if it still waits.
  /// @param may_start False: the running tasks are still being listed; it is
  /// tried again some seconds later.
  void begin(const std::string& pod, bool may_start);

  /// Cancels a start that waits here.
  /// @param promise Answered once that is stored.
  /// @returns false if no start of that task waits here; the promise is then
  /// untouched.
  bool cancel(const task_key_ptr& which, ok_promise promise);

  /// Cancels a start that another process keeps.
  /// @param otherwise The answer if there is none.
  void cancel_elsewhere(const task_key_ptr& which, const failure& otherwise,
                        ok_promise promise);

  /// Looks for starts that other processes keep, and begins those that are not
  /// begun in time.
  void look_for_others();

private:
  struct waiting {
    /// Without its documents.
    task_request task;
    /// The bytes of the documents, in the budget.
    size_t bytes = 0;
    /// It is being launched.
    bool starting = false;
    bool cancelled = false;
  };

  /// Launches a start whose documents were read.
  void launch(const std::string& pod, const task_request_ptr& task);

  /// Has the registry told some seconds later that the start's time has come.
  void try_again(const std::string& pod);

  /// Forgets a start here, not where it is kept.
  /// @returns its task; nothing: it was not known.
  std::optional<task_request> forget(const std::string& pod);

  /// Forgets a start here and where it is kept.
  void drop(const std::string& pod);

  /// Stores that a task was cancelled before it began. A process that is about
  /// to begin it finds its row; one that has just begun it has written a row
  /// that is closed by this.
  void store_cancel(const task_request& task, ok_promise promise);

  task_registry_actor::pointer registry_;
  setup setup_;
  launch_budget& budget_;
  callbacks callbacks_;
  /// By the names that their Pods will have.
  std::map<std::string, waiting> waiting_;
};

/// @returns the delay of a scheduled start: 0 to 59 s, the same for each sync.
std::chrono::seconds start_delay(const std::string& sync_id);

} // namespace motorcade
