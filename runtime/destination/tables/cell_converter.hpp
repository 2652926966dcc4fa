#pragma once

#include "runtime/destination/tables/cell.hpp"

#include <optional>
#include <string>

namespace motorcade {

/// Makes values fit the columns they go to, by the rules of Jitsu's Bulker:
/// boolean to integer to floating to string, timestamp to string, a string to
/// the column's type if it parses, floating to integer if it is whole, 0 and 1
/// to boolean, json and string to each other.
class cell_converter {
public:
  /// @returns the value as the column takes it, `plain`, `text` or `escaped`
  /// and of the column's type; nothing if it does not convert. Valid until the
  /// next call and as long as the row.
  std::optional<cell> convert(const cell& value, const column_shape& to);

private:
  /// Each of these makes a value one of the type in its name; nothing: it does
  /// not convert.
  std::optional<cell> to_boolean(const cell& value);
  std::optional<cell> to_integer(const cell& value, const column_shape& to);
  std::optional<cell> to_floating(const cell& value, const column_shape& to);
  std::optional<cell> to_timestamp(const cell& value, const column_shape& to);
  std::optional<cell> to_string(const cell& value, const column_shape& to);
  std::optional<cell> to_json(const cell& value, const column_shape& to);

  /// @returns whether a string of the column's type is one that it takes.
  bool fits_text(const cell& value, const column_shape& to);

  /// @returns the value of a string, decoded if it has escapes.
  std::string_view decoded(const cell& value);

  std::string scratch_;
  std::string decoded_;
};

} // namespace motorcade
