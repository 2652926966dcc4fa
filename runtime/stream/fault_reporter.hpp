#pragma once

#include "runtime/stream/slab_parser.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>

namespace motorcade {

/// Describes faulty lines in words, up to a number of lines for each reason.
class fault_reporter {
public:
  /// @param lines_before The number of lines before the report's slab.
  /// @returns a line for the log; nothing if enough faults of the same reason
  /// were described before.
  std::optional<std::string> tell(const line_report& report,
                                  uint64_t lines_before);

  /// @returns the place of the line and its fault, without an excerpt.
  static std::string describe(const line_report& report, uint64_t lines_before);

private:
  /// Described faults by reason; the last are messages behind other text.
  std::array<uint64_t, line_fault_count + 1> reported_ = {};
};

} // namespace motorcade
