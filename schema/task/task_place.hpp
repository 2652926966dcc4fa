#pragma once

#include <cstdint>

namespace motorcade {

/// Where a task runs, so that messages about its end speak of what is there.
enum class task_place : uint8_t {
  /// Not known: messages name neither Pods nor processes.
  unknown,
  /// In a Pod.
  pod,
  /// As processes of the machine that `syncctl` runs on.
  local,
};

} // namespace motorcade
