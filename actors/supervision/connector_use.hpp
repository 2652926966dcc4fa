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
  /// @param cores The cores used since the sample before; the first sample has
  /// none.
  void sample(double cores, uint64_t bytes);

  /// @param counted The kernel's totals, if there are any.
  /// @returns a line for the log; nothing if too little is known, e.g. fewer
  /// than two samples.
  std::optional<std::string>
  describe(const std::optional<container_use>& counted) const;

private:
  uint64_t samples_ = 0;
  double most_cores_ = 0;
  uint64_t most_bytes_ = 0;
};

} // namespace motorcade
