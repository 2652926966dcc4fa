#pragma once

#include "runtime/database/postgres/postgres_connection.hpp"
#include "runtime/database/postgres/socket_watchdog.hpp"
#include "runtime/database/sql_session.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace motorcade {

/// A connection to Postgres.
class postgres_session final : public sql_session {
public:
  /// Does not connect yet.
  explicit postgres_session(postgres_url url) : url_{std::move(url)} {}

  /// Runs the action; connects before if there is no connection, or if the
  /// server has closed it while it was not used. A failure that
  /// may pass closes the connection, so that the next call begins with a new
  /// one. So does a server that is silent for a second longer than a statement
  /// may take.
  /// @param subject The object that is written or read, for the failure; may be
  /// empty.
  /// @param action Takes a `postgres_connection&` and returns a result.
  template <class Action>
  auto attempt(std::string_view subject, Action action)
      -> decltype(action(std::declval<postgres_connection&>())) {
    failure reason;
    std::unique_ptr<postgres_connection> fresh;
    std::optional<socket_watchdog::watch> watched;
    auto watch = [&](const postgres_connection& used) {
      watched.emplace(socket_watchdog::shared(), used.socket(),
                      socket_watchdog::clock::now() + url_.call_limit
                          + std::chrono::seconds{1});
    };
    if (connection_ && connection_->closed_by_server())
      connection_.reset();
    try {
      if (!connection_) {
        fresh = std::make_unique<postgres_connection>(url_);
        watch(*fresh);
        fresh->prepare(url_.schemas);
        watched.reset();
        connection_ = std::move(fresh);
      }
      watch(*connection_);
      return action(*connection_);
    } catch (...) {
      const auto* used = fresh ? fresh.get() : connection_.get();
      reason = watched && watched->barked()
                   ? no_answer(url_)
                   : explain(url_, used && used->open(), subject);
    }
    watched.reset();
    if (reason.code == ec::database_unavailable)
      connection_.reset();
    return reason;
  }

  /// @returns the connection that the last attempt left; null: none.
  postgres_connection* connection() const noexcept { return connection_.get(); }

  result<std::vector<sql_row>> run(std::string_view table,
                                   const statement_maker& make) override;

  result<std::vector<sql_row>> run_alone(std::string_view subject,
                                         std::string_view table,
                                         const statement_maker& make) override;

  result<std::vector<std::vector<sql_row>>>
  run_together(std::span<const std::string> subjects, std::string_view table,
               const statements_maker& make) override;

  sql_dialect dialect() const noexcept override {
    return sql_dialect::postgres;
  }

  std::string locate() const override { return url_.location; }

private:
  postgres_url url_;
  std::unique_ptr<postgres_connection> connection_;
};

} // namespace motorcade
