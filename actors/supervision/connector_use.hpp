#pragma once

#include "schema/task/pod_status.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace motorcade {

/// The CPU and memory that a connector used: either the kernel's totals at its
/// end, or samples taken while it ran.
class connector_use {
public:
  /// Adds one sample.
  /// @param cores Since the look before; the first one tells of none.
  void sample(double cores, uint64_t bytes);

  /// @param counted What the kernel counted, where it did.
  /// @returns a line for the log; nothing where too little is known: fewer than
  /// two looks tell of no cores.
  std::optional<std::string>
  describe(const std::optional<container_use>& counted) const;

private:
  uint64_t samples_ = 0;
  double most_cores_ = 0;
  uint64_t most_bytes_ = 0;
};

} // namespace motorcade
