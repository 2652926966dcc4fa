#pragma once

#include "runtime/database/database.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns whether the text is UTF-8 without NUL bytes, which is all that a
/// Postgres text can hold.
bool is_storable_text(std::string_view text);

/// @returns the text with U+FFFD in place of NUL bytes and of every byte that
/// is not UTF-8.
std::string repair_text(std::string_view text);

/// @returns the text itself if it is JSON, else a JSON string of it.
std::string json_or_string(std::string_view text);

/// @returns the JSON text with the escapes that jsonb refuses, `\u0000` and
/// lone surrogates, replaced by `\ufffd`. For columns that people read; a
/// connector's state is never changed so.
std::string repair_json(std::string_view json);

/// @returns the text as a Postgres column of that type takes it: repaired, and
/// as JSON for a type of JSON.
std::string fit_text(std::string_view type, std::string_view text);

/// @returns the Postgres expression of the current time, for a column of that
/// type; a type without a time zone gets UTC.
std::string now_as(std::string_view type);

/// Appends an item to the text of a Postgres array, `{"a","b"`, which the
/// caller closes.
/// Precondition: the item is storable.
void append_array_item(std::string& array, std::string_view item);

/// @returns the text on one line, without control characters at the ends and
/// with runs of blanks and line ends made one space.
std::string one_line(std::string_view text);

/// @returns the name in single quotes on one line, cut if it is very long.
std::string name_for_message(std::string_view name);

/// The value for one column of a row.
struct column_value {
  std::string_view column;
  /// Empty: NULL.
  std::optional<std::string> text;
};

/// @returns the columns of `source_task` for the row, all but `updated_at`.
std::vector<column_value> task_values(const task_row& row);

/// The write of a row that may already exist.
struct row_write {
  std::string_view table;
  /// The columns that identify the row.
  std::vector<column_value> key;
  /// The other columns of the row, without `timestamp`.
  std::vector<column_value> values;
  /// An existing row is updated only if this condition holds; SQL of both
  /// dialects. Empty: always.
  std::string condition = {};
  /// The column in the condition; without that column in the table the
  /// condition is left out.
  std::string_view condition_column = {};
};

/// @returns the write of a row of `source_spec`, `source_check` or
/// `source_catalog`.
row_write result_values(const result_row& row);

/// @returns the write of a row of `source_config_update`.
row_write config_values(const config_row& row);

} // namespace motorcade
