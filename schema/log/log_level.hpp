#pragma once

#include <cstdint>
#include <string_view>

namespace motorcade {

/// The severity of a line of log, in rising order; the levels of Airbyte's LOG.
enum class log_level : uint8_t {
  trace,
  debug,
  info,
  warn,
  error,
  fatal,
};

/// @returns the spelling of the protocol and of `task_log.level`, e.g. `WARN`.
std::string_view to_string(log_level level);

/// Reads a level in any case; `WARNING` and `CRITICAL` are known too.
/// @returns false, leaving `level` alone, if `text` is none of the names.
bool from_string(std::string_view text, log_level& level);

} // namespace motorcade
