#pragma once

#include <chrono>

namespace motorcade {

/// The time limits of a connection to a warehouse.
struct link_limits {
  /// To take a byte, though there are some.
  std::chrono::milliseconds stall{60'000};
  /// To answer a statement.
  std::chrono::milliseconds answer{1'200'000};
  /// To accept a connection; 0: the limit in the config.
  std::chrono::milliseconds connect{0};
};

} // namespace motorcade
