#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

using wall_time = std::chrono::sys_time<std::chrono::microseconds>;

/// @returns the time of the system's clock, to the microsecond.
wall_time utc_now();

/// @returns e.g. `2026-01-31T23:59:59.123Z`.
std::string to_iso8601_millis(wall_time time);

/// @returns e.g. `2026-01-31T23:59:59.123456Z`.
std::string to_iso8601_micros(wall_time time);

/// The inverse of `to_iso8601_micros`, for the years 0000 to 9999.
/// @returns nothing for any other spelling, or if there is no such time.
std::optional<wall_time> from_iso8601_micros(std::string_view text);

/// @returns the current time, or a later one that is unique in this process:
/// each is later than the one before, even if the clock is set back.
wall_time next_time();

/// @returns a UUID of version 7 (`make_uuid_v7`) that sorts behind all earlier
/// ones of this process, so that rows stored one after another stand together
/// in an index.
std::string make_uuid();

/// @returns the id of a line of log: ids sort as the lines were read.
/// @param time The line's time, made by `next_time`.
/// @param index Tells lines of one time apart.
std::string make_line_id(wall_time time, size_t index);

} // namespace motorcade
