#pragma once

#include "schema/log/log_level.hpp"

#include <optional>
#include <string_view>

namespace motorcade {

/// How sure a key makes it that its value is the level of a line.
enum class level_key : uint8_t {
  none,
  /// `level`, `severity`, `lvl`, `levelname`, `log.level` and their like.
  word,
  /// `severityNumber` of OpenTelemetry.
  severity_number,
  /// `levelno` of Python.
  python_number,
};

/// @returns the meaning of a key, in any case, and with or without `_`, `.` and
/// `-` between its words.
level_key find_level_key(std::string_view key);

/// @returns the level of the first pair like `level=warn`, or of one like
/// `level: error, msg: …` at the start of a line or behind a comma.
std::optional<log_level> level_in_pairs(std::string_view line);

} // namespace motorcade
