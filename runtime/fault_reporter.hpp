#pragma once

#include "runtime/slab_parser.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace motorcade {

/// Says in words which lines were not delivered, until one reason has been said
/// often enough.
class fault_reporter {
public:
  /// @param lines_before How many lines came before the report's slab.
  /// @returns a line for the log, or nothing where there were enough.
  std::optional<std::string> tell(const line_report& report,
                                  uint64_t lines_before);

private:
  std::array<uint64_t, line_fault_count> reported_ = {};
};

} // namespace motorcade
