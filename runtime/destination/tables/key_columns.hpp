#pragma once

#include "runtime/destination/tables/column_type.hpp"
#include "schema/catalog/key_path.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The columns of a stream's key, and which member of a row each is named
/// after.
class key_columns {
public:
  /// @param paths Those of the key's members; empty: no key.
  key_columns(std::vector<key_path> paths, table_dialect dialect,
              bool same_case);

  /// @returns the names of the columns, in the order of the paths.
  const std::vector<std::string>& names() const { return names_; }

  /// @returns why there can be no such key: two of its members would be one
  /// column; empty: there can.
  std::string fault() const;

  /// @returns the member whose values alone go to that column; null: the column
  /// is none of the key.
  const key_path* member_of(std::string_view column) const;

private:
  std::vector<key_path> paths_;
  std::vector<std::string> names_;
  table_dialect dialect_;
};

} // namespace motorcade
