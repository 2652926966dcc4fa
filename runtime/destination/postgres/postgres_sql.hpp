#pragma once

#include "runtime/destination/tables/table_layout.hpp"
#include "runtime/destination/warehouse/sql_text.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The statements that bring rows to a table of Postgres, as text.
class postgres_sql {
public:
  /// @param key Names of the key's columns; empty: none.
  /// @param cursor Among rows of one key, the largest value of this column
  /// wins; empty, or no column of the rows: the last row.
  postgres_sql(table_name target, table_name staging,
               std::vector<std::string> key, std::string cursor);

  /// Makes the request's own table. Autovacuum is off for it: it would let
  /// later rows fill gaps before earlier ones, and the order of the rows tells
  /// which one of a key is the last.
  /// @param comment Names the task that makes it. A client that dies at any
  /// moment leaves a table with its comment, or none: both are one transaction.
  std::string create_staging(const table_layout& layout, bool logged,
                             std::string_view comment) const;

  /// Adds columns and parts that are not among the first `known` parts.
  std::string add_to_staging(const table_layout& layout,
                             const std::vector<std::string>& known) const;

  /// Copies rows from the connection into the request's own table.
  std::string copy(const table_layout& layout) const;

  /// Makes the target, without a key.
  std::string create_target(const table_layout& layout) const;

  /// @returns the statement that adds the columns that the target lacks; empty:
  /// it has all.
  std::string add_to_target(const table_layout& layout) const;

  /// Makes the primary key of a table.
  std::string add_key(const table_name& to, std::string_view constraint) const;

  /// @returns the statements that make the staging table fit to become the
  /// target.
  std::vector<std::string> adopt(const table_layout& layout,
                                 std::string_view constraint) const;

  /// @returns the statement that removes all rows of a key but the one that
  /// counts.
  std::string drop_duplicates(const table_layout& layout) const;

  /// Brings all rows to the target.
  std::string insert(const table_layout& layout) const;

  /// The same, where rows of one key replace each other. Needs a unique index
  /// of it.
  std::string upsert(const table_layout& layout) const;

  /// The same in two statements, for a target whose own key is another.
  std::vector<std::string> update_then_insert(const table_layout& layout) const;

  /// @returns the table that the rows go to.
  const table_name& target() const { return target_; }

  /// @returns the request's own table.
  const table_name& staging() const { return staging_; }

private:
  /// @returns whether the column is one of the key.
  bool is_key(std::string_view column) const;

  /// @returns the names of all columns, separated by commas.
  std::string columns(const table_layout& layout) const;

  /// @returns the values of all columns in the request's own table, in the same
  /// order.
  std::string values(const table_layout& layout) const;

  table_name target_;
  table_name staging_;
  std::vector<std::string> key_;
  std::string cursor_;
};

/// @returns a column's value in the request's own table: that of the widest
/// part which has one.
std::string value_of(const table_column& column);

/// @returns the default of a key's column, which is never null.
std::string_view default_of(column_type type);

} // namespace motorcade
