#pragma once

#include "runtime/destination/tables/cell.hpp"
#include "runtime/destination/tables/column_type.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace motorcade {

/// A column as it lies in the table of the request itself. A column whose
/// values turn out wider than the first ones gets another part rather than
/// another type: rows that are there stay as they are, and the commit brings
/// the parts together.
struct column_part {
  /// Unique in the table of the request.
  std::string name;
  column_shape shape;
};

/// One column of the rows of a request.
struct table_column {
  std::string name;
  /// Known before the rows, by the schema or from the target: values are
  /// converted to it. Else the type follows the values.
  bool fixed = false;
  /// The target has it.
  bool in_target = false;
  /// It is a part of the key.
  bool in_key = false;
  /// It is that and not fixed, and has integers that no double holds.
  bool beyond_double = false;
  /// From the first type to the widest; the last one takes new rows.
  std::vector<column_part> parts;

  /// @returns the shape that new rows have.
  const column_shape& shape() const { return parts.back().shape; }
};

/// A column of the target.
struct target_column {
  std::string name;
  column_shape shape;
};

/// The columns of a request, in the order of their first appearance. Columns
/// are only added, and parts to them.
class table_layout {
public:
  /// Has no columns yet.
  explicit table_layout(table_dialect dialect) : dialect_{dialect} {}

  /// Sets the columns of the target, which take no other type.
  void set_target(std::vector<target_column> columns);

  /// Sets the names of the key's columns, before any column is added.
  void set_key(const std::vector<std::string>& names);

  /// @returns the column of that name, or nothing.
  std::optional<size_t> find(std::string_view name) const;

  /// @returns whether the target has a column of that name, which the layout
  /// may lack.
  bool target_has(std::string_view name) const;

  /// Adds a column, with the target's type if that has it.
  /// @param fixed The type is the schema's, not a value's.
  /// @returns nothing if there are too many, or the target's column cannot be
  /// written to.
  std::optional<size_t> add(const std::string& name, column_type type,
                            bool fixed);

  /// Gives a column another shape, for good, before any row was written to it.
  void fix(size_t column, column_shape shape);

  /// Adds the column of a value, whose type it gets if the target lacks it.
  /// @returns as `add`.
  std::optional<size_t> add_for(const std::string& name, const cell& value);

  /// Makes a column that is not fixed take values of the type as well.
  void widen(size_t column, column_type type);

  /// Makes a column that is not fixed take the value as well. One of the key
  /// becomes text if another type could make two values one.
  void widen_for(size_t column, const cell& value);

  /// @returns all columns.
  const std::vector<table_column>& columns() const { return columns_; }

  /// @returns a column, counted from 0.
  const table_column& operator[](size_t i) const { return columns_[i]; }

  /// @returns a number that grows with each change.
  uint64_t version() const { return version_; }

  /// @returns whether a column has more than one part.
  bool has_parts() const { return has_parts_; }

  /// @returns the limits and types of the warehouse.
  const table_dialect& dialect() const { return dialect_; }

private:
  /// @returns the shape of a new column of that name.
  column_shape shape_of(const std::string& name, column_type type) const;

  /// `widen_for` of a column of the key.
  void widen_key(size_t column, const cell& value);

  table_dialect dialect_;
  std::vector<table_column> columns_;
  // Both by the folded name.
  std::unordered_map<std::string, size_t> by_name_;
  std::unordered_map<std::string, column_shape> target_;
  std::unordered_set<std::string> key_;
  /// The number of the target's columns that no row has touched.
  size_t untouched_ = 0;
  uint64_t version_ = 0;
  bool has_parts_ = false;
};

} // namespace motorcade
