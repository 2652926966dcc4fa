#pragma once

#include "runtime/database/sql_session.hpp"
#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <mutex>
#include <string>

namespace motorcade {

/// A connection to the rows of syncs for several threads, one at a time.
class sync_store {
public:
  /// @param url SYNCCTL_DATABASE_URL. Throws std::invalid_argument if it cannot
  /// be used.
  /// @param patience The time limits of a call.
  explicit sync_store(const std::string& url,
                      const database_patience& patience);

  /// Calls `f(sync_records&, sync_inputs&)`.
  /// @returns what `f` returns; database_unavailable if other threads keep the
  /// connection for too long.
  template <class F>
  auto use(F f) -> decltype(f(std::declval<sync_records&>(),
                              std::declval<sync_inputs&>())) {
    return use_rows(
        [&](sync_tables& rows) { return f(rows.records, rows.inputs); });
  }

  /// Calls `f(sync_tables&)`.
  /// @returns as `use`.
  template <class F>
  auto use_rows(F f) -> decltype(f(std::declval<sync_tables&>())) {
    const std::unique_lock lock{mutex_, longest_wait};
    if (!lock.owns_lock())
      return failure{ec::database_unavailable,
                     "the database is too slow at present"};
    return f(rows_);
  }

private:
  static constexpr std::chrono::seconds longest_wait{2};

  std::timed_mutex mutex_;
  sql_place place_;
  sync_tables rows_;
};

} // namespace motorcade
