#pragma once

#include "runtime/task/pod_api.hpp"

#include <chrono>
#include <map>
#include <string>
#include <sys/types.h>

namespace motorcade {

/// Measures what groups of processes use. Belongs to one thread.
class process_usage {
public:
  using clock = std::chrono::steady_clock;

  /// @param groups Names by the number of their group.
  /// @returns memory, and the cores since the last call, by name; of a group
  /// that is new no cores.
  std::map<std::string, pod_usage>
  measure(const std::map<pid_t, std::string>& groups);

private:
  /// Seconds of CPU by group.
  std::map<pid_t, double> spent_;
  clock::time_point measured_at_ = {};
};

} // namespace motorcade
