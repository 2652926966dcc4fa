#pragma once

#include "runtime/database/database.hpp"
#include "runtime/database/sql_text.hpp"
#include "runtime/database/sqlite/sqlite_session.hpp"

#include <memory>

namespace motorcade {

/// Tasks, states and logs in an SQLite file. JSON is kept as text, byte for
/// byte.
class sqlite_database final : public database {
public:
  /// @param session Makes the calls; shared with others of this thread.
  explicit sqlite_database(std::shared_ptr<sqlite_session> session);

  result<void> prepare() override;

  result<task_status> put_task(const task_row& row) override;

  result<void> put_states(const std::string& sync_id,
                          std::span<const state_row> rows) override;

  result<void> put_logs(const std::string& sync_id, const std::string& task_id,
                        std::span<const log_row> rows) override;

  result<void> put_result(const result_row& row) override;
  result<bool> has_ended(const result_row& row) override;
  result<void> put_config(const config_row& row) override;

  result<std::vector<state_row>> states(const std::string& sync_id) override;

  result<std::string> spec(const std::string& package,
                           const std::string& version) override;
  std::string locate() const override;

private:
  /// Updates the row, or inserts it.
  result<void> write_row(row_write write);

  std::shared_ptr<sqlite_session> session_;
};

} // namespace motorcade
