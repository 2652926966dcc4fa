#pragma once

#include "runtime/database/sql_builder.hpp"
#include "runtime/database/sql_run.hpp"
#include "runtime/sync_records/sync_records.hpp"
#include "schema/task/sync_conditions.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// How rows of `sync_definition` and `sync_run` are spelled: only for this
// room.
namespace motorcade {

inline constexpr std::string_view definitions = "sync_definition";
inline constexpr std::string_view run_table = "sync_run";

/// @returns the text for a column; nothing, which is NULL, if it is empty.
std::optional<std::string> or_null(const std::string& text);

/// @returns the time for a column; nothing, which is NULL, if there is none.
std::optional<std::string> or_null(const std::optional<wall_time>& time);

/// @returns the number for a column; nothing, which is NULL, if there is none.
std::optional<std::string> or_null(const std::optional<uint64_t>& number);

/// @returns the stage of that spelling; nothing: there is none.
std::optional<run_stage> stage_of(std::string_view name);

/// @returns the spelling in the table; empty for `nothing`.
std::string_view to_string(follow_up next);

/// @returns the columns that `to_sync` takes.
/// @param longest_secrets Sealed secrets of more bytes are not read, nor are
/// former ones; 0: all are read.
std::string columns_of_sync(const sql_builder& builder,
                            size_t longest_secrets = 0);

/// @returns the columns that `to_run` takes.
/// @param longest_error Of a longer error only so many characters are read; 0:
/// all of it is read.
std::string columns_of_run(const sql_builder& builder,
                           size_t longest_error = 0);

/// @returns nothing if syncctl did not write the row.
std::optional<stored_sync> to_sync(sql_row& row);

/// @returns nothing if syncctl did not write the row.
std::optional<sync_run> to_run(sql_row& row);

/// @returns the rows, converted by `to`; a failure if `to` refuses one of them.
template <class T, class Convert>
result<std::vector<T>> convert(result<std::vector<sql_row>> rows,
                               const sql_session& session,
                               std::string_view table, const Convert& to) {
  if (!rows)
    return rows.error();
  std::vector<T> out;
  out.reserve(rows->size());
  for (auto& row : *rows) {
    auto one = to(row);
    if (!one)
      return unreadable_row(session, table);
    out.push_back(std::move(*one));
  }
  return out;
}

/// @returns whether a statement found or changed a row.
result<bool> has_row(const result<std::vector<sql_row>>& rows);

/// @returns the first value; nothing if there is none.
template <class T>
result<std::optional<T>> first_of(result<std::vector<T>> all) {
  if (!all)
    return all.error();
  if (all->empty())
    return std::optional<T>{};
  return std::optional<T>{std::move(all->front())};
}

} // namespace motorcade
