#pragma once

#include "runtime/database/sqlite/sqlite_handle.hpp"
#include "runtime/destination/tables/table_layout.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// A table of an SQLite file as it was found.
struct sqlite_target {
  bool exists = false;
  std::vector<target_column> columns = {};
  /// The unique index that we made for the key; empty: there is none.
  std::string key_index = {};
  std::vector<std::string> key = {};
  /// The columns of each unique index, and of the primary key.
  std::vector<std::vector<std::string>> unique = {};

  /// @returns the column's type; nothing if there is no such column.
  const column_shape* find(std::string_view column) const;

  /// @returns whether a unique index has these columns, in any order.
  bool is_unique(std::vector<std::string> columns) const;
};

/// Looks at a table. Throws sqlite_error; `database_rejected` if the name is
/// a view's.
sqlite_target look_at(sqlite_handle& handle, const std::string& table);

} // namespace motorcade
