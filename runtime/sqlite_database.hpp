#pragma once

#include "runtime/database.hpp"
#include "runtime/sql_text.hpp"
#include "runtime/sqlite_handle.hpp"

#include <map>
#include <set>

namespace motorcade {

/// Tasks, states and logs in an SQLite file. JSON is kept as the text it came
/// as.
class sqlite_database final : public database {
public:
  /// @param path Absolute.
  explicit sqlite_database(std::string path);

  result<void> prepare() override;

  result<task_status> put_task(const task_row& row) override;

  result<void> put_states(const std::string& sync_id,
                          std::span<const state_row> rows) override;

  result<void> put_logs(const std::string& sync_id, const std::string& task_id,
                        std::span<const log_row> rows) override;

  result<void> put_result(const result_row& row) override;
  result<void> put_config(const config_row& row) override;

  result<std::vector<state_row>> states(const std::string& sync_id) override;

  std::string locate() const override;

private:
  /// Updates the row, or inserts it.
  result<void> write_row(row_write write);

  using column_set = std::set<std::string, std::less<>>;

  template <class Action>
  auto attempt(std::string_view subject, Action action)
      -> decltype(action(std::declval<sqlite_handle&>()));

  void open();

  /// @returns the columns of a table; throws where an essential one is
  /// missing.
  const column_set& columns_of(std::string_view table);

  std::string path_;
  std::unique_ptr<sqlite_handle> handle_;
  /// The columns of the tables that are written.
  std::map<std::string, column_set, std::less<>> columns_;
};

} // namespace motorcade
