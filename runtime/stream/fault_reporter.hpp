#pragma once

#include "runtime/stream/slab_parser.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace motorcade {

/// Says in words which lines were not as they should be, until one reason has
/// been said often enough.
class fault_reporter {
public:
  /// @param lines_before How many lines came before the report's slab.
  /// @returns a line for the log, or nothing where there were enough.
  std::optional<std::string> tell(const line_report& report,
                                  uint64_t lines_before);

  /// Says where the line is and what is wrong with it, without an excerpt.
  static std::string describe(const line_report& report, uint64_t lines_before);

private:
  /// The last one is of messages that were found behind other text.
  std::array<uint64_t, line_fault_count + 1> reported_ = {};
};

} // namespace motorcade
