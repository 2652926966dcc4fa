#pragma once

#include <chrono>
#include <string>

namespace motorcade {

using wall_time = std::chrono::sys_time<std::chrono::microseconds>;

wall_time utc_now();

/// @returns e.g. `2026-01-31T23:59:59.123Z`.
std::string to_iso8601_millis(wall_time time);

/// @returns e.g. `2026-01-31T23:59:59.123456Z`.
std::string to_iso8601_micros(wall_time time);

/// @returns a random UUID whose first bits are the time (RFC 9562, version 7),
/// so that rows stored one after another stand together in an index.
std::string make_uuid();

} // namespace motorcade
