#pragma once

#include "schema/pod_status.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace motorcade {

/// What a connector was seen to use: by the kernel, which counts all of it, or
/// by looking at it now and then.
class connector_use {
public:
  /// Somebody looked.
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
