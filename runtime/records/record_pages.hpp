#pragma once

#include "runtime/database/sql_session.hpp"
#include "runtime/records/task_records.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns whether a filter wants tasks of that command.
bool has_command(const task_filter& filter, std::string_view command);

/// Reads tasks, lines of log and states page by page: a page ends at its number
/// of rows, and at `page_bytes`. Fails as `task_records`.
class record_pages {
public:
  /// @param session Outlives it.
  explicit record_pages(sql_session& session) : session_{session} {}

  /// These promise what the functions of that name of `task_records` do.
  result<std::vector<task_record>> list(const task_filter& filter) const;
  result<std::optional<task_record>> find(const std::string& task_id) const;
  result<std::vector<log_row>> logs(const std::string& task_id,
                                    const log_position& after,
                                    size_t limit) const;
  result<std::vector<state_record>> states(const state_filter& filter) const;
  result<saved_whole> saved_states(const std::string& sync_id,
                                   uint64_t most) const;

  /// @returns how many reads fit, by status; `before` and limit mean nothing.
  result<std::map<task_status, uint64_t>>
  count(const task_filter& filter) const;

private:
  /// Reads one page: first how large each row is, then as many rows as
  /// `page_bytes` holds, one at least.
  /// @param size Makes the SQL of a row's size, `columns` that of what is read,
  /// `from` the rest of both statements, for a number of rows.
  template <class Size, class From, class Columns>
  result<std::vector<sql_row>> page(std::string_view table, size_t limit,
                                    const Size& size, const From& from,
                                    const Columns& columns) const;

  /// @returns the rows as records; database_rejected if a row holds a value
  /// that no task has, e.g. an unknown status.
  result<std::vector<task_record>>
  to_records(result<std::vector<sql_row>> rows) const;

  sql_session& session_;
};

} // namespace motorcade
