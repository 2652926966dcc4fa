#pragma once

#include "runtime/destination/destination.hpp"
#include "runtime/destination/postgres/postgres_link.hpp"
#include "runtime/destination/postgres/postgres_sql.hpp"
#include "runtime/destination/tables/table_builder.hpp"

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace motorcade {

/// The most bytes that a name may have: NAMEDATALEN - 1.
inline constexpr size_t longest_postgres_name = 63;

/// A table as it exists.
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

  /// @returns the column's type; null if there is no such column.
  const column_shape* find(std::string_view column) const;

  /// @returns whether a unique index has these columns, in any order.
  bool is_unique(std::vector<std::string> columns) const;
};

/// @returns the table that the rows of a request go to.
table_name target_of(const upload_request& request,
                     const std::string& default_schema);

/// Reads the columns and keys of a table. Fails with destination_rejected if it
/// is a view.
result<postgres_target> look_at(postgres_link& link, const table_name& name);

/// Makes the schema if it is missing.
result<void> ensure_schema(postgres_link& link, const std::string& schema);

/// Waits for the commits of other sidecars to these tables, also of killed ones
/// whose statement the server still runs, and keeps others out until the
/// transaction ends; outside of one it only waits.
result<void> lock_commits(postgres_link& link,
                          const std::set<std::string>& quoted_tables);

/// Drops the tables that earlier attempts at requests for the table left
/// behind: those that are a day old by their name, and those whose comment
/// names a task of this sync that no longer has a connection.
/// @param task The caller's task, whose tables stay.
result<void> sweep(postgres_link& link, const table_name& target,
                   const std::string& sync, const std::string& task);

/// Fails with destination_unavailable if rows are missing in the request's own
/// table.
result<void> check_staged(postgres_link& link, const table_name& staging,
                          const table_builder& sent);

/// @returns the name of a task's connections.
std::string application_name(const std::string& task);

} // namespace motorcade
