#pragma once

#include "runtime/task/pod_api.hpp"

#include <chrono>
#include <map>
#include <string>
#include <sys/types.h>

namespace motorcade {

/// Measures the memory and CPU of process groups. Belongs to one thread.
class process_usage {
public:
  using clock = std::chrono::steady_clock;

  /// @param groups Names by the number of their group.
  /// @returns memory, and the cores used since the last call, by name; 0 cores
  /// for a new group.
  std::map<std::string, pod_usage>
  measure(const std::map<pid_t, std::string>& groups);

private:
  /// Seconds of CPU by group.
  std::map<pid_t, double> spent_;
  clock::time_point measured_at_ = {};
};

} // namespace motorcade
