#pragma once

#include "runtime/database/database.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns whether the text is UTF-8 without NUL bytes, which is all that a
/// Postgres text can hold.
bool storable_text(std::string_view text);

/// @returns the text with U+FFFD in place of NUL bytes and of every byte that
/// is not UTF-8.
std::string repair_text(std::string_view text);

/// @returns the text itself where it is JSON, else a JSON string of it.
std::string json_or_string(std::string_view text);

/// @returns the JSON text with the escapes that jsonb refuses, `\u0000` and
/// lone surrogates, replaced by `\ufffd`. For columns that people read; a
/// connector's state is never changed so.
std::string repair_json(std::string_view json);

/// @returns the text as a Postgres column of that type takes it: repaired, and
/// JSON where the type is.
std::string fit_text(std::string_view type, std::string_view text);

/// @returns the Postgres expression of the time that it is, for a column of
/// that type; one without a time zone holds UTC.
std::string now_as(std::string_view type);

/// Appends an item to the text of a Postgres array, `{"a","b"`, which the
/// caller closes.
/// Precondition: the item is storable.
void append_array_item(std::string& array, std::string_view item);

/// @returns the text on one line, without control characters at the ends and
/// with runs of blanks and line ends made one space.
std::string one_line(std::string_view text);

/// @returns the name in single quotes on one line, cut where it is very long.
std::string quote_name(std::string_view name);

/// What one column of a row is to hold.
struct column_value {
  std::string_view column;
  /// Empty: NULL.
  std::optional<std::string> text;
};

/// @returns the columns of `source_task` for the row, all but `updated_at`.
std::vector<column_value> task_values(const task_row& row);

/// How a row is written that may be there already.
struct row_write {
  std::string_view table;
  /// Which row it is.
  std::vector<column_value> key;
  /// What the row is to hold besides, `timestamp` excluded.
  std::vector<column_value> values;
  /// Only a row where this holds is brought up to date; SQL that both dialects
  /// know. Empty: every row.
  std::string condition = {};
  /// The column that it is about: of a table without it every row is.
  std::string_view condition_column = {};
};

/// @returns how the row of `source_spec`, `source_check` or `source_catalog` is
/// written.
row_write result_values(const result_row& row);

/// @returns how a row of `source_config_update` is written.
row_write config_values(const config_row& row);

} // namespace motorcade
