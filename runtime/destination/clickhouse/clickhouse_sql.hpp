#pragma once

#include "runtime/destination/clickhouse/clickhouse_config.hpp"
#include "runtime/destination/tables/table_layout.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns the name in backquotes, for a statement.
std::string quote_clickhouse(std::string_view name);

/// @returns the text as a literal of ClickHouse's SQL.
std::string clickhouse_literal(std::string_view text);

/// @returns the statement that makes a database, on all servers of the cluster
/// if there is one.
std::string create_clickhouse_database(const clickhouse_config& config,
                                       std::string_view database);

/// The statements that bring the rows of a request to a table of ClickHouse,
/// as text. Rows lie in a table of the request's own first, all of whose
/// columns may be NULL; the commit brings the parts of a column together.
class clickhouse_sql {
public:
  /// @param config Outlives the object.
  /// @param database Of the target, the request's own table and its successor.
  /// @param key Names of the key's columns; empty: none.
  /// @param cursor Among rows of one key, the largest value of this column
  /// wins; empty, or no column of the rows: the last row.
  clickhouse_sql(const clickhouse_config& config, std::string database,
                 std::string target, std::string staging,
                 std::vector<std::string> key, std::string cursor);

  /// @param comment Says whose table it is.
  std::string create_staging(const table_layout& layout,
                             std::string_view comment) const;

  /// Adds the parts that are not among `known`; empty: there are none.
  std::string add_to_staging(const table_layout& layout,
                             const std::vector<std::string>& known) const;

  /// An INSERT whose data are lines in TabSeparated format, all parts in order.
  std::string stage(const table_layout& layout) const;

  /// Makes an empty table for the rows: the target itself, or one that takes
  /// its place.
  std::string create(const std::string& table,
                     const table_layout& layout) const;

  /// Makes an empty table like the target.
  std::string create_like_target(const std::string& table) const;

  /// Adds the columns that the target lacks to it or to its successor; empty:
  /// none lacks.
  std::string add_columns(const std::string& table,
                          const table_layout& layout) const;

  /// Brings the rows to the target or its successor; of rows with one key only
  /// the one that counts.
  std::string insert(const std::string& table,
                     const table_layout& layout) const;

  /// Lets the successor take the target's place, at once.
  std::string exchange(const std::string& successor) const;

  /// The same for a database whose engine cannot exchange tables: between two
  /// renames of one statement readers may find no table.
  std::string rename_both(const std::string& successor,
                          const std::string& old) const;

  /// Lets the successor take the name of a target that is not there.
  std::string rename_to_target(const std::string& successor) const;

  /// Drops a table, if it is there.
  std::string drop(const std::string& table) const;

  /// Empties the target.
  std::string truncate_target() const;

  /// @returns the database of both tables.
  const std::string& database() const { return database_; }

  /// @returns the table that the rows go to, without its database.
  const std::string& target() const { return target_; }

  /// @returns the request's own table, without its database.
  const std::string& staging() const { return staging_; }

private:
  /// @returns the table's name, quoted and qualified.
  std::string full(std::string_view table) const;
  /// @returns ` ON CLUSTER …`, or nothing.
  std::string on_cluster() const;

  /// @returns the engine of a new target with its order and partitions. If
  /// there is a key it merges rows of one key; it drops blocks that are sent
  /// again.
  std::string engine() const;

  /// @returns the type of a new column: Nullable if the config says so and the
  /// column is none of the key.
  std::string type_of(const table_column& column) const;

  /// @returns whether the column is one of the key.
  bool is_key(std::string_view column) const;

  const clickhouse_config& config_;
  std::string database_;
  std::string target_;
  std::string staging_;
  std::vector<std::string> key_;
  std::string cursor_;
};

} // namespace motorcade
