#pragma once

#include "runtime/database/database_url.hpp"
#include "runtime/sync_lock/sync_lock.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace motorcade {

/// The lock of a sync in Postgres. The last statement of its connection names
/// the holder, which others of the same role find in pg_stat_activity.
class postgres_sync_lock final : public sync_lock {
public:
  /// Does not connect yet.
  /// @param holder Names the task to others who want the lock.
  postgres_sync_lock(postgres_url url, std::string sync_id, std::string holder);
  ~postgres_sync_lock() override;

  /// If the lock is held, asks the server, so that a broken connection is
  /// noticed.
  result<void> take() override;

  void await(std::chrono::milliseconds longest, int stop) override;

private:
  class connection;

  postgres_url url_;
  std::string sync_id_;
  std::string holder_;
  std::unique_ptr<connection> connection_;
};

} // namespace motorcade
