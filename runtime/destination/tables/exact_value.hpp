#pragma once

#include "runtime/destination/tables/cell.hpp"

#include <string_view>

namespace motorcade {

/// @returns whether a double holds the number of JSON as it is.
bool is_exact_double(std::string_view number);

/// @returns whether a column holds the value as it is, so that values which
/// differ stay so. Otherwise the column rounds it (a double beyond 15 to 17
/// digits, a decimal beyond its scale), cuts it (parts of a microsecond, the
/// time of a date) or replaces characters of it (NUL, lone surrogates).
/// @param value One that converts to the column.
bool holds_exactly(const cell& value, const column_shape& to);

} // namespace motorcade
