#pragma once

#include "actors/sync/sidecar_actors.hpp"
#include "runtime/base/stop_signals.hpp"
#include "sidecar/workload_guard.hpp"

#include <functional>
#include <memory>

namespace motorcade {

/// The actor system of one task. Some of its threads may still be ending when
/// the destructor returns, and one never ends if the database never answers: so
/// end the process without further cleaning up.
class actor_machine {
public:
  /// @param threads The number of actors that may work at once.
  explicit actor_machine(size_t threads);
  ~actor_machine();
  actor_machine(const actor_machine&) = delete;
  actor_machine& operator=(const actor_machine&) = delete;

  /// @returns the system in which to spawn the task's actors.
  caf::actor_system& system();

  /// Runs the task of a coordinator or inquirer to its end, and ends the other
  /// actors after it.
  /// SIGTERM, SIGINT and SIGHUP cancel the task. The caller must not hold other
  /// actors.
  /// @param on_stop_signal Called with the signal's number, from another
  /// thread, once the task was told to stop; may be empty.
  /// @param guard Reports to the control plane meanwhile.
  /// @returns the task's result.
  task_result_ptr conduct(coordinator_actor& conductor, task_log_actor& logs,
                          store_actor& stores, workload_guard& guard,
                          const std::function<void(int)>& on_stop_signal);

private:
  struct world;

  // Before the first thread, so that all of them leave signals alone.
  stop_signals signals_;
  std::unique_ptr<world> world_;
  bool stuck_ = false;
};

} // namespace motorcade
