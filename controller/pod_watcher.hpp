#pragma once

#include "actors/supervision/control_protocol.hpp"
#include "runtime/kubernetes/kube_pod_api.hpp"
#include "runtime/task/pod_watch.hpp"

#include <memory>
#include <thread>

namespace motorcade {

/// @returns what tells the registry of Pods, from any thread.
pod_watch_listener tell_registry(task_registry_actor registry);

/// Tells the registry what becomes of Pods, from a thread of its own.
class pod_watcher {
public:
  /// @param api Used by nobody else.
  pod_watcher(std::shared_ptr<kube_pod_api> api, task_registry_actor registry);

  /// Stops.
  ~pod_watcher();

private:
  void run();

  const std::shared_ptr<kube_pod_api> api_;
  const task_registry_actor registry_;
  std::thread thread_;
};

} // namespace motorcade
