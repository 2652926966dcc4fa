#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace motorcade {

/// Reads true, false, 1, 0, yes or no in any case.
/// @returns nothing for any other text.
std::optional<bool> parse_boolean(std::string_view text);

/// Reads a number of bytes: an integer, alone or with the suffix KiB, MiB or
/// GiB in any case.
/// @returns nothing for any other text, or if the number does not fit.
std::optional<uint64_t> parse_byte_size(std::string_view text);

/// Reads a decimal number of `unit`s that is not negative, e.g. `48` or `0.5`.
/// @returns nothing for what is not such a number or is over a hundred years.
std::optional<std::chrono::milliseconds>
parse_duration(std::string_view text, std::chrono::milliseconds unit);

/// Reads a duration of ISO 8601 of days, hours, minutes and seconds, e.g.
/// `PT30S` or `P1DT0.5H`, in any case.
/// @returns nothing for any other text, or for over a hundred years.
std::optional<std::chrono::milliseconds>
parse_iso8601_duration(std::string_view text);

/// Reads a date and time of RFC 3339, e.g. `2024-05-01T12:00:00.5+02:00`, of
/// the years 1678 to 2261. A fraction of a microsecond is cut off; a leap
/// second is the first moment of the next minute.
/// @returns nothing for any other text.
std::optional<std::chrono::sys_time<std::chrono::microseconds>>
parse_rfc3339(std::string_view text);

} // namespace motorcade
