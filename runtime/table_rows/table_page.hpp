#pragma once

#include "schema/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// Some rows of a table of a destination.
struct table_page {
  std::vector<std::string> columns;
  /// A text for each column; nothing: NULL, or the row lacks the column.
  std::vector<std::vector<std::optional<std::string>>> rows;
  /// Whether there are further rows.
  bool more = false;
  /// What the rows are ordered by, the newest first: a column, `inserted`, or
  /// `none` if nothing tells which rows are the newest.
  std::string order = "none";
};

/// The bounds of a look at a table.
struct table_look {
  /// The most rows.
  size_t rows = 50;
  /// The most characters of a value; of a longer one the beginning and `…`.
  size_t characters = 1000;
  /// The most columns; further ones are left out.
  size_t columns = 200;
  /// The longest time of one statement.
  std::chrono::milliseconds time = std::chrono::seconds{3};
  /// The most values, which bounds the memory that a page takes: a table of
  /// many columns shows fewer rows.
  size_t values = 25'000;

  /// @returns the most rows of a table with so many columns; at least one.
  size_t rows_of(size_t of_columns) const;
};

/// The columns that tell when a row was read, the better one first.
inline constexpr const char* time_columns[] = {"_airbyte_extracted_at",
                                               "_jitsu_timestamp"};

/// @returns whether there is a file of that path; service_unavailable, in words
/// for the operator, if it cannot be looked at or is no regular file: to open a
/// pipe might take for ever.
result<bool> find_regular(const std::string& path);

/// @returns the value with no more than `characters`, and `…` if it was longer.
std::string cut_value(std::string value, size_t characters);

} // namespace motorcade
