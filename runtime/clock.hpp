#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

using wall_time = std::chrono::sys_time<std::chrono::microseconds>;

wall_time utc_now();

/// @returns e.g. `2026-01-31T23:59:59.123Z`.
std::string to_iso8601_millis(wall_time time);

/// @returns e.g. `2026-01-31T23:59:59.123456Z`.
std::string to_iso8601_micros(wall_time time);

/// The inverse of `to_iso8601_micros`, for the years 0000 to 9999.
/// @returns nothing for any other spelling, or where there is no such time.
std::optional<wall_time> from_iso8601_micros(std::string_view text);

/// @returns a random UUID whose first bits are the time (RFC 9562, version 7),
/// so that rows stored one after another stand together in an index.
std::string make_uuid();

} // namespace motorcade
