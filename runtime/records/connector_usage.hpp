#pragma once

#include "runtime/base/clock.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace motorcade {

/// A connector as tasks and specs know it.
struct connector_usage {
  std::string package;
  std::string version;
  /// Whether its spec is stored, and the title in that; empty: it has none.
  bool spec_known = false;
  std::string title;
  /// The reads that began lately, and those of them that failed.
  uint64_t runs = 0;
  uint64_t failures = 0;
  /// The start of the latest read; nothing: none began lately.
  std::optional<wall_time> last_used_at;
};

} // namespace motorcade
