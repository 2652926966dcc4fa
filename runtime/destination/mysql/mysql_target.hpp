#pragma once

#include "runtime/destination/destination.hpp"
#include "runtime/destination/mysql/mysql_link.hpp"
#include "runtime/destination/mysql/mysql_sql.hpp"
#include "runtime/destination/tables/table_builder.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A table as it exists.
struct mysql_target {
  /// A unique index, or the primary key.
  struct unique_index {
    std::string name;
    std::vector<std::string> columns;
  };

  bool exists = false;
  /// New columns of text hold less than all of Unicode, unless they say so.
  bool narrow_texts = false;
  std::vector<target_column> columns = {};
  /// Those that a merge can go by.
  std::vector<unique_index> unique = {};
  /// The index that we made for the key; empty: there is none.
  std::string key_name = {};
  /// The column with AUTO_INCREMENT; empty: there is none.
  std::string counting = {};
  /// Columns of text for which some different texts are equal, e.g. `a` and
  /// `A`, or `a` with and without a blank at its end.
  std::vector<std::string> loose = {};

  /// @returns the column's type; null if there is no such column.
  const column_shape* find(std::string_view column) const;

  /// @returns whether a unique index has these columns, in any order.
  bool is_unique(const std::vector<std::string>& columns) const;

  /// @returns whether rows with these columns can conflict with others in no
  /// unique index but that of the key.
  bool meets_by_key_alone(const std::vector<std::string>& key,
                          const table_layout& layout) const;
};

/// @returns the table that the rows of a request go to.
table_name mysql_table_of(const upload_request& request,
                          const std::string& database);

/// Reads the columns and keys of a table. Fails with destination_rejected if it
/// is a view, or has no transactions.
result<mysql_target> look_at(mysql_link& link, const table_name& name);

/// Makes the database if it is missing.
result<void> ensure_database(mysql_link& link, const std::string& name);

/// Drops the tables that earlier attempts at requests for the table left
/// behind: those that are a day old by their name, and those that another task
/// of this sync made, by their comment: a sync runs once at a time.
/// @param task The caller's task, whose tables stay.
result<void> sweep(mysql_link& link, const table_name& target,
                   const std::string& sync, const std::string& task);

/// Fails with destination_unavailable if rows are missing in the request's own
/// table.
result<void> check_staged(mysql_link& link, const table_name& staging,
                          const table_builder& sent);

} // namespace motorcade
