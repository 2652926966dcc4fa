#pragma once

#include "actors/supervision/controller_actors.hpp"
#include "runtime/leadership/leadership.hpp"
#include "runtime/task/task_runner.hpp"

namespace motorcade {

/// Makes the calls of a `task_runner`, in a thread of its own.
struct pod_worker_state {
  static inline constexpr const char* name = "pod-worker";

  std::shared_ptr<task_runner> runner;
  leadership_ptr lead;
};

/// @param runner Is called from this actor's own thread.
/// @param lead Pods are started and deleted only while this process leads.
pod_worker_actor::behavior_type
pod_worker(pod_worker_actor::stateful_pointer<pod_worker_state> self,
           std::shared_ptr<task_runner> runner, leadership_ptr lead);

} // namespace motorcade
