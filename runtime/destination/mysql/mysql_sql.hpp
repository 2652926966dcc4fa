#pragma once

#include "runtime/destination/tables/table_layout.hpp"
#include "runtime/destination/warehouse/sql_text.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

struct mysql_target;

/// The statements that bring rows to a table of MySQL or MariaDB, as text. They
/// need the session of `mysql_link`: ANSI quotes, no backslash escapes.
class mysql_sql {
public:
  /// @param key Names of the key's columns; empty: none.
  /// @param cursor Among rows of one key, the largest value of this column
  /// wins; empty, or no column of the rows: the last row.
  /// @param collation Of texts by which rows are told apart: byte for byte.
  mysql_sql(table_name target, table_name staging, std::vector<std::string> key,
            std::string_view cursor, std::string collation);

  /// Makes the request's own table, whose first column numbers the rows.
  std::string create_staging(const table_layout& layout,
                             std::string_view comment) const;

  /// Adds columns and parts that are not among the first `known` parts.
  std::string add_to_staging(const table_layout& layout,
                             const std::vector<std::string>& known) const;

  /// Loads rows of `copy_text` into the request's own table.
  std::string load(const table_layout& layout) const;

  /// Makes the target, with its key.
  std::string create_target(const table_layout& layout,
                            std::string_view key_name) const;

  /// @returns the statement that adds the columns that the target lacks; empty:
  /// it has all.
  std::string add_to_target(const table_layout& layout,
                            const mysql_target& target) const;

  /// Makes a unique index of the key.
  std::string add_key(std::string_view name) const;

  /// Drops an index of the target.
  std::string drop_key(std::string_view name) const;

  /// @returns the statement that removes all rows of a key but the one that
  /// counts.
  std::string drop_duplicates(const table_layout& layout) const;

  /// Brings all rows to the target.
  std::string insert(const table_layout& layout) const;

  /// The same, where rows of one key replace each other. Needs a unique index
  /// of the key, and no other.
  std::string upsert(const table_layout& layout) const;

  /// The same in two statements, without duplicates, for a target with other
  /// keys.
  std::vector<std::string> update_then_insert(const table_layout& layout) const;

  /// @returns the table that the rows go to.
  const table_name& target() const { return target_; }

  /// @returns the request's own table.
  const table_name& staging() const { return staging_; }

private:
  /// @returns whether the column is one of the key.
  bool is_key(std::string_view column) const;

  /// @returns name and type of a column of the target.
  std::string definition(const table_column& column) const;

  /// @returns name and type of a part in the request's own table.
  std::string staged(const table_column& column, const column_part& part) const;

  /// @returns the order in which rows of one key count.
  /// @param last_first Whether the one that counts stands first.
  std::string order(const table_layout& layout, bool last_first) const;

  table_name target_;
  table_name staging_;
  std::vector<std::string> key_;
  std::string cursor_;
  std::string collation_;
};

} // namespace motorcade
