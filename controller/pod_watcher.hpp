#pragma once

#include "actors/supervision/controller_actors.hpp"
#include "runtime/kubernetes/kube_pod_api.hpp"
#include "runtime/task/pod_watch.hpp"

#include <memory>
#include <thread>

namespace motorcade {

/// @returns a listener that passes events of Pods to the registry, from any
/// thread.
pod_watch_listener tell_registry(const task_registry_actor& registry);

/// Passes events of Pods to the registry, from a thread of its own.
class pod_watcher {
public:
  /// @param api Used by this object alone.
  pod_watcher(std::shared_ptr<kube_pod_api> api, task_registry_actor registry);

  /// Ends the watch and its thread.
  ~pod_watcher();

private:
  /// Watches until the API is closed; the thread's work.
  void run();

  const std::shared_ptr<kube_pod_api> api_;
  const task_registry_actor registry_;
  std::thread thread_;
};

} // namespace motorcade
