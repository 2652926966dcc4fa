#pragma once

#include "runtime/database/sql_session.hpp"
#include "runtime/database/sql_text.hpp"
#include "runtime/records/task_records.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace motorcade {

/// Specs, checks and discovers in the tables that keep their answers: looks
/// them up, and closes those whose sidecars did not. A table that another
/// program made may lack columns. If it has no times, no keys or no outcome,
/// its rows are not listed. Fails as `task_records`.
class inquiry_records {
public:
  /// @param session Outlives it.
  explicit inquiry_records(sql_session& session) : session_{session} {}

  /// As `task_records::list_inquiries`.
  result<std::vector<task_record>> list(const task_filter& filter) const;

  /// @returns how many of them fit, by status, as `task_records::count`.
  result<std::map<task_status, uint64_t>>
  count(const task_filter& filter, std::span<const std::string> without) const;

  /// As `task_records::find_inquiry`.
  result<std::optional<task_record>> find(const std::string& id) const;

  /// As `task_records::store_failure`.
  result<bool> store_failure(const result_row& row, wall_time started_at) const;

  /// As `task_records::close_stale_results`.
  result<size_t> close_stale(std::chrono::seconds age,
                             const std::string& error) const;

private:
  /// Updates the row if `may_change` holds, or inserts it if there is none.
  /// Each statement checks and writes in one, whatever the table's own key is,
  /// so that a row that another program writes meanwhile is not overwritten.
  /// @returns whether a row was updated or inserted.
  template <class Condition>
  result<bool> write_unless_told(const row_write& write,
                                 const Condition& may_change) const;

  sql_session& session_;
};

} // namespace motorcade
