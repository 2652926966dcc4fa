#pragma once

#include "runtime/destination/tables/column_type.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// The parts of a point in time in a text.
struct time_parts {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  /// Cut, not rounded.
  unsigned microsecond = 0;
  /// The number of digits of the fraction in the text.
  unsigned fraction_digits = 0;
  /// East of Greenwich; 0 if the text has none.
  int offset_minutes = 0;
};

/// @returns whether a string without a schema is taken for a timestamp: 19 to
/// 35 bytes that begin with 1 or 2 and are RFC 3339, the offset `+hhmm` or none
/// allowed.
bool looks_like_timestamp(std::string_view text);

/// Reads a text for a column of timestamps: RFC 3339, and besides a date alone,
/// a blank for the `T`, a time without seconds. Years are 1 to 9999; there are
/// no leap seconds.
std::optional<time_parts> parse_time(std::string_view text);

/// @returns the same in UTC, `2024-01-02T03:04:05.000006Z` or, as `form` says,
/// without `Z` or the date alone. Nothing if the year in UTC is not 1 to 9999.
std::optional<std::string> to_utc_text(const time_parts& time, time_form form);

/// Orders texts that may be times, in any spelling that `parse_time` reads: by
/// their moments, to the microsecond. Texts that are no times come before all
/// times, ordered by their bytes.
/// @returns less than, equal to or more than 0, as memcmp.
int compare_times(std::string_view one, std::string_view other);

} // namespace motorcade
