#pragma once

#include "actors/control_protocol.hpp"

namespace motorcade {

/// Does calls of the Kubernetes API, in a thread of its own.
struct pod_worker_state {
  static inline constexpr const char* name = "pod-worker";

  std::shared_ptr<pod_api> api;
};

/// Secrets without a Pod may be that old before they are deleted.
constexpr std::chrono::seconds orphan_age = std::chrono::minutes{10};

pod_worker_actor::behavior_type
pod_worker(pod_worker_actor::stateful_pointer<pod_worker_state> self,
           std::shared_ptr<pod_api> api);

} // namespace motorcade
