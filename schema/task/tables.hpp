#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The two ways to spell SQL.
enum class sql_dialect : uint8_t { postgres, sqlite };

/// The kind of a column. SQLite keeps every kind as TEXT.
enum class column_kind : uint8_t {
  text,
  uuid,
  /// jsonb in Postgres, the text as it came in SQLite.
  json,
  /// timestamptz in Postgres, ISO 8601 UTC with microseconds in SQLite; the
  /// default is the time of the insert.
  time,
};

/// A column of a table.
struct column {
  std::string_view name;
  column_kind kind = column_kind::text;
  bool nullable = false;
  /// Whether a table that another program made must have it to be of use. The
  /// others came with later versions of the tables and are left out of the
  /// writes if they are missing.
  bool essential = true;
};

/// An index of a table, `<table>_<columns, joined by _>_idx`.
struct table_index {
  std::vector<std::string_view> columns;
  /// The condition for a row to be in it, SQL of both dialects; empty: every
  /// row is.
  std::string_view where = {};
  /// What its name says of the condition; empty if there is none.
  std::string_view suffix = {};
};

/// A table, its primary key `<name>_pkey` and its indexes.
struct table {
  std::string_view name;
  std::vector<column> columns;
  std::vector<std::string_view> key;
  std::vector<table_index> indexes;
  /// Made at its first use alone: tasks run without it, so that they need not
  /// have the right to create it.
  bool on_demand = false;
};

/// The condition of the lines of log that tell of trouble, which have an index
/// of their own: few lines do.
inline constexpr std::string_view trouble_lines =
    "\"level\" IN ('WARN', 'ERROR', 'FATAL')";

/// @returns all tables, in the order of their creation.
const std::vector<table>& tables();

/// Throws std::out_of_range if there is no such table.
/// @returns the table of that name.
const table& table_named(std::string_view name);

/// @returns the statements that create a table and its indexes. Names are not
/// qualified: the search path decides.
std::vector<std::string> create_statements(const table& wanted,
                                           sql_dialect dialect);

/// @returns the first essential column that is not among `present`, or an
/// empty view.
std::string_view missing_column(const table& wanted,
                                std::span<const std::string> present);

/// @returns the name in double quotes, inner quotes doubled; good for both
/// dialects.
std::string quote_identifier(std::string_view name);

} // namespace motorcade
