#pragma once

#include "actors/sync/protocol.hpp"
#include "runtime/base/stop_signals.hpp"
#include "sidecar/workload_guard.hpp"

#include <functional>
#include <memory>

namespace motorcade {

/// The actors' world of one task. Threads of it may still be on their way out
/// when it is gone, and one for ever where the database never answers: end the
/// process without tearing anything down.
class actor_machine {
public:
  /// @param threads How many actors may work at once.
  explicit actor_machine(size_t threads);
  ~actor_machine();
  actor_machine(const actor_machine&) = delete;
  actor_machine& operator=(const actor_machine&) = delete;

  caf::actor_system& system();

  /// Lets the leader run its task to the end, and ends the others after it.
  /// SIGTERM, SIGINT and SIGHUP cancel the task. The caller must not hold other
  /// actors.
  /// @param on_stop_signal called with the signal's number, from another
  /// thread, once the task is told; may be empty.
  /// @param guard Watches the control plane meanwhile.
  /// @returns how it ended.
  task_result_ptr lead(coordinator_actor& leader, task_log_actor& logs,
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
