#pragma once

#include "schema/catalog/jitsu_schema.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The type of a value or a column, the same for all warehouses.
enum class column_type : uint8_t {
  boolean,
  integer,
  floating,
  string,
  timestamp,
  json,
};

constexpr size_t column_type_count = 6;

/// @returns the enumerator's own name.
std::string_view to_string(column_type type);

/// @returns the narrowest type that takes the values of both: boolean, integer,
/// floating and string follow each other; timestamp and json share nothing with
/// others but string.
column_type common_ancestor(column_type a, column_type b);

/// @returns the type of a column that the stream's schema announces.
column_type column_type_of(field_type type);

/// The form in which a timestamp is kept.
enum class time_form : uint8_t {
  /// An instant.
  zoned,
  /// Date and time of day in UTC.
  unzoned,
  /// The date in UTC.
  date,
};

/// A column's type as one warehouse has it.
struct column_shape {
  column_type type = column_type::string;
  /// The type in the warehouse's SQL.
  std::string sql = {};
  /// The size of integers: 8, 16, 32 or 64.
  uint8_t integer_bits = 64;
  /// For integers: none is below 0.
  bool is_unsigned = false;
  /// The size of floating columns: 32, 64, or 0 for decimals of any size.
  uint8_t float_bits = 64;
  /// For decimals: the most digits before the point, and the digits behind it;
  /// both 0: any number. One of them may be below 0: so many digits beside the
  /// point are zeros.
  int16_t whole_digits = 0;
  int16_t fraction_digits = 0;
  /// For strings: the most characters; 0: any number.
  uint32_t max_characters = 0;
  /// For strings: the most bytes; 0: any number.
  uint32_t max_bytes = 0;
  /// For strings: the last code point that the column can hold.
  char32_t last_character = 0x10FFFF;
  /// For strings: the only values that the column takes; empty: it takes all.
  std::vector<std::string> choices = {};
  /// For strings: the column takes UUIDs alone.
  bool is_uuid = false;
  /// For strings: whether the column keeps a text as it is, rather than to make
  /// a number of it, which numbers themselves become. Null: it keeps all.
  bool (*keeps_text)(std::string_view text) = nullptr;
  /// For json: the most arrays and objects within each other; 0: any depth.
  uint16_t max_depth = 0;
  time_form time = time_form::zoned;
  /// For timestamps: the digits of a fraction of a second, 0 to 6.
  uint8_t second_digits = 6;
  /// For timestamps: the first and last that the column can hold, in UTC, in
  /// whole seconds; a fraction behind the last one fits. Texts of static life,
  /// empty: no bound.
  std::string_view first_time = {};
  std::string_view last_time = {};
  /// Nothing can be written to it, e.g. a generated column.
  bool read_only = false;

  friend bool operator==(const column_shape&, const column_shape&) = default;
};

/// The limits and types of a kind of warehouse.
struct table_dialect {
  /// Longer names are cut.
  size_t max_name_bytes = 63;
  /// Names of columns that the warehouse uses itself, e.g. `ctid`.
  std::span<const std::string_view> taken_names = {};
  /// Columns past so many go to `_unmapped_data`.
  size_t max_columns = 5'000;
  /// Makes the same text of all names of the same column. Null: each name is a
  /// column of its own.
  std::string (*fold_name)(std::string_view name) = nullptr;
  /// Changes a name that the warehouse does not take as it is, into one that is
  /// no longer. Null: all names are taken.
  std::string (*fit_name)(std::string name) = nullptr;
  /// Columns have no types: each value is given as it came.
  bool keeps_values = false;
  /// The type in which a new column keeps values of a type, by `column_type`:
  /// the type itself, or `string` if the warehouse has no such type.
  std::array<column_type, column_type_count> kept_as = {
      column_type::boolean, column_type::integer,   column_type::floating,
      column_type::string,  column_type::timestamp, column_type::json};
  /// The SQL of the type of a new column, by `column_type`.
  std::array<std::string_view, column_type_count> sql_types = {};
  /// Reads the SQL of a type that a row asks for (`__sql_type_<column>`);
  /// nothing if it is none. Null: such rows are not supported.
  std::optional<column_shape> (*shape_of_sql)(std::string_view sql) = nullptr;

  /// Makes the shape of a new column, if `kept_as` and `sql_types` do not say
  /// all. Null: they do.
  /// @param key_columns The number of columns of the key that the column is one
  /// of; 0: it is in no key.
  column_shape (*make_shape)(column_type type, size_t key_columns) = nullptr;

  /// @returns the same text for all names of the same column.
  std::string fold(std::string_view name) const {
    return fold_name == nullptr ? std::string{name} : fold_name(name);
  }

  /// @returns the shape of a new column.
  /// @param key_columns As for `make_shape`.
  column_shape shape_of(column_type type, size_t key_columns = 0) const {
    if (make_shape != nullptr)
      return make_shape(type, key_columns);
    column_shape out;
    out.type = kept_as[static_cast<size_t>(type)];
    out.sql = sql_types[static_cast<size_t>(out.type)];
    return out;
  }
};

} // namespace motorcade
