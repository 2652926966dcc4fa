#pragma once

#include "runtime/task/task_request.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The label that all Pods and Secrets of ours have, and its value.
inline constexpr std::string_view creator_label = "jitsu.com/creator";
inline constexpr std::string_view creator_value = "bulker-sync-controller";

/// A task in the form that a `task_runner` takes.
struct task_manifest {
  std::string name;
  /// Objects of Kubernetes, as JSON texts. The Secret is created first; the Pod
  /// becomes its owner afterwards (ownerReference), so that both are deleted
  /// together.
  std::string secret;
  std::string pod;
  /// Set for local processes; the texts are empty then.
  std::shared_ptr<const task_request> task = nullptr;
  /// Secrets with what `secret` cannot hold. Each is created after it, and is
  /// owned by it, so that all are deleted with it.
  std::vector<std::string> more_secrets = {};
};

} // namespace motorcade
