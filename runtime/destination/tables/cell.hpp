#pragma once

#include "runtime/destination/tables/column_type.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// The form of a cell's text.
enum class cell_form : uint8_t {
  /// The value itself; neither backslashes nor control characters in it.
  plain,
  /// The digits of a number that neither 64 bits nor a double hold, and whose
  /// type is string therefore.
  digits,
  /// The value itself; any bytes but NUL.
  text,
  /// The inside of a JSON string with escapes in it.
  escaped,
  /// JSON as it was sent: an object or an array.
  json,
};

/// One value of a row: a view, not a copy.
struct cell {
  column_type type = column_type::string;
  cell_form form = cell_form::plain;
  /// Numbers as they were written, strings without quotes, `true`, `false`.
  std::string_view text;
};

/// Classifies a JSON number: an integer of 64 bits, a number that a double
/// holds, or, beyond both, a string of its digits.
cell number_cell(std::string_view number);

/// Appends JSON without the blanks between its tokens, and as a warehouse
/// takes it: without `\u0000`, lone surrogates as `\ufffd`, and numbers whose
/// exponent or digits no decimal holds as strings.
void append_compact_json(std::string& out, std::string_view json);

/// Appends the value of the inside of a JSON string, without NUL.
void append_decoded(std::string& out, std::string_view inside);

/// @returns whether `append_decoded` leaves out or replaces nothing: the text
/// escapes no NUL and no lone surrogate.
bool decodes_exactly(std::string_view inside);

/// Appends the cell as a JSON value, e.g. to `_unmapped_data`.
void append_as_json(std::string& out, const cell& value);

} // namespace motorcade
