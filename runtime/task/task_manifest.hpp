#pragma once

#include "runtime/task/task_request.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace motorcade {

/// The label that all Pods and Secrets of ours have, and its value.
inline constexpr std::string_view creator_label = "jitsu.com/creator";
inline constexpr std::string_view creator_value = "bulker-sync-controller";

/// A task as what runs it wants it.
struct task_manifest {
  std::string name;
  /// Objects of Kubernetes, as JSON texts. The Secret is to be created first,
  /// and to be given to the Pod afterwards (ownerReference), so that it goes
  /// with it.
  std::string secret;
  std::string pod;
  /// Set, and the texts empty, where local processes are to run it.
  std::shared_ptr<const task_request> task = nullptr;
};

} // namespace motorcade
