#pragma once

#include "runtime/destination/postgres/postgres_link.hpp"
#include "runtime/destination/postgres/postgres_sql.hpp"

#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// A table as it was found.
struct postgres_target {
  bool exists = false;
  std::vector<target_column> columns = {};
  /// The primary key's constraint; empty: there is none.
  std::string key_name = {};
  std::vector<std::string> key = {};
  /// The columns of each unique index that a merge can go by.
  std::vector<std::vector<std::string>> unique = {};
  /// TRUNCATE is refused: a foreign key points to it, or the role may not.
  bool keep_off_truncate = false;

  /// @returns the column's type; nothing where there is no such column.
  const column_shape* find(std::string_view column) const;

  /// @returns whether a unique index has these columns, in whatever order.
  bool is_unique(std::vector<std::string> columns) const;
};

/// Looks at a table. Fails with destination_rejected where it is a view.
result<postgres_target> look_at(postgres_link& link, const table_name& name);

/// Makes the schema where it is missing.
result<void> ensure_schema(postgres_link& link, const std::string& schema);

/// Drops what earlier attempts at requests for the table left behind: tables
/// whose name says that they are a day old; and those that the comment says a
/// task of this sync made that has no connection any more.
/// @param task That is never taken for an earlier one.
result<void> sweep(postgres_link& link, const table_name& target,
                   const std::string& sync, const std::string& task);

/// @returns the name of a request's own table: the target's, cut, the time in
/// milliseconds and three digits that make it unique.
std::string make_staging_name(const std::string& table);

/// @returns what `sweep` knows a table of that task by.
std::string staging_comment(const std::string& sync, const std::string& task);

/// @returns the name of a task's connections.
std::string application_name(const std::string& task);

} // namespace motorcade
