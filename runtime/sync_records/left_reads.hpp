#pragma once

#include "runtime/database/sql_session.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace motorcade {

/// A row of `sync_left_read`: a run that was active when its sync was deleted.
struct left_read {
  std::string run_id;
  std::string sync_id;
  /// Whether it was added so long ago that it can be forgotten.
  bool old = false;
};

/// The reads that deleted syncs have left, until they have ended. Fails as
/// `sync_records`. Not thread-safe.
class left_reads {
public:
  /// @param session May serve other records, too; lives as long as this.
  explicit left_reads(std::shared_ptr<sql_session> session)
      : session_{std::move(session)} {}

  /// Adds a run, unless it is there.
  result<void> add(const std::string& run_id, const std::string& sync_id);

  /// @param kept The age from which on a row is old, by the database's clock.
  /// @returns all rows, ordered by their run's id.
  result<std::vector<left_read>> all(std::chrono::seconds kept);

  /// Deletes the row of a run.
  result<void> forget(const std::string& run_id);

private:
  std::shared_ptr<sql_session> session_;
};

} // namespace motorcade
