#pragma once

#include "runtime/destination/tables/table_layout.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns the limits of SQLite for tables, and the types of new columns.
/// Times are texts as the connector wrote them; JSON is text.
table_dialect sqlite_dialect();

/// @returns the shape of a column that was declared with that type, by the
/// rules of column affinity. https://www.sqlite.org/datatype3.html
/// A column of STRING, UUID, DATE, JSON and the like is taken for a text, but
/// SQLite makes a number of each text there that looks like one: those do not
/// fit it.
column_shape shape_of_sqlite_type(std::string_view declared);

/// The collation of `compare_times`, which the connection that runs the
/// statements of `sqlite_sql` must have: SQLite keeps times as text.
constexpr const char* time_collation = "motorcade_time";

/// The statements that bring the rows of a request to a table of an SQLite
/// file, as text. The rows lie in a temporary table first, whose columns have
/// no type: a value keeps its storage class there, and a boolean is a blob of
/// one byte, so that the commit can tell it from a number.
class sqlite_sql {
public:
  /// @param staging The temporary table; unique among those of the connection.
  /// @param key Names of the key's columns; empty: none.
  /// @param cursor Among rows of one key, the largest value of this column
  /// wins, of times the latest; empty, or no column of the rows: the last row.
  sqlite_sql(const std::string& target, const std::string& staging,
             std::vector<std::string> key, std::string cursor);

  /// Makes the temporary table, with all columns of the layout.
  std::string create_staging(const table_layout& layout) const;

  /// Adds a column to the temporary table.
  std::string add_to_staging(const table_column& column) const;

  /// Inserts one row, a parameter for each column of the layout.
  std::string stage(const table_layout& layout) const;

  /// Drops the temporary table, if it is there.
  std::string drop_staging() const;

  /// Makes the target, without a key.
  std::string create_target(const table_layout& layout) const;

  /// @returns a statement for each column that the target lacks.
  std::vector<std::string> add_to_target(const table_layout& layout) const;

  /// @returns the statement that makes the unique index of the key.
  std::string add_key(std::string_view index) const;

  /// Brings the rows to the target, in their order.
  std::string insert(const table_layout& layout) const;

  /// The same, where rows of one key replace each other. Needs a unique index
  /// of the key.
  std::string upsert(const table_layout& layout) const;

private:
  /// @returns whether the column is one of the key.
  bool is_key(std::string_view column) const;

  std::string target_;
  std::string staging_;
  std::vector<std::string> key_;
  std::string cursor_;
};

} // namespace motorcade
