#pragma once

#include "runtime/destination/tables/column_type.hpp"
#include "runtime/destination/tables/row_paths.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// The columns of a stream's key, and which member of a row each is named
/// after.
class key_columns {
public:
  /// @param paths Paths of the key's members, joined by `_`; empty: no key.
  key_columns(std::vector<std::string> paths, table_dialect dialect,
              bool same_case);

  /// @returns the names of the columns, in the order of the paths.
  const std::vector<std::string>& names() const { return names_; }

  /// @returns why there can be no such key: two of its members would be one
  /// column; empty: there can.
  std::string fault() const;

  /// @returns how surely a member is the one that a column of the key is named
  /// after; more is surer, and 0 also if its column is none of the key.
  int rank(const row_path& path) const;

private:
  std::vector<std::string> paths_;
  std::vector<std::string> names_;
  table_dialect dialect_;
};

} // namespace motorcade
