#pragma once

#include "runtime/database/database.hpp"
#include "runtime/database/postgres/postgres_session.hpp"
#include "runtime/database/sql_text.hpp"

#include <memory>

namespace motorcade {

/// Tasks, states and logs in Postgres.
class postgres_database final : public database {
public:
  /// @param session Makes the calls; shared with others of this thread.
  explicit postgres_database(std::shared_ptr<postgres_session> session);

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

  /// Finds the state that made a write of several fail.
  failure blame(postgres_connection& connection,
                const std::vector<const state_row*>& rows, failure reason);

  std::shared_ptr<postgres_session> session_;
  /// False once the table of lines has taken an INSERT and no COPY.
  bool copies_logs_ = true;
};

} // namespace motorcade
