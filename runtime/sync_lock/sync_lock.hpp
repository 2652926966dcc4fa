#pragma once

#include "runtime/base/clock.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace motorcade {

/// The description of a run of a sync, for messages of other runs.
struct lock_holder {
  std::string task_id;
  std::string host;
  int pid = 0;
  wall_time since = {};
};

/// @returns the description of this process's run of a task, since now.
lock_holder this_run(const std::string& task_id);

/// @returns one line, e.g. `task t1 (host h, process 12, since
/// 2026-11-28T06:00:00.000Z)`; characters that such names do not have are `?`.
std::string to_words(const lock_holder& holder);

/// Makes sure that only one process runs a sync: a lock in the task's database
/// that ends with its holder.
///
/// Postgres: an advisory lock of a transaction that stays open on a connection
/// of its own, so that poolers that hand out a server for each transaction hold
/// it, too. SQLite: a file beside the database, locked by flock(2). Not
/// thread-safe.
class sync_lock {
public:
  virtual ~sync_lock() = default;

  /// Takes the lock, unless it is held already, and never waits for another
  /// holder. A lock that was lost, with the database or the file, is taken
  /// anew.
  /// @returns already_exists if another process holds it, in words for a
  /// person; database_unavailable if that is not known now; database_rejected
  /// or system_failed if it cannot be taken at all.
  virtual result<void> take() = 0;

  /// Waits until another process lets go of the lock or dies, which the kernel
  /// or the server tells. `take` says whether the lock is held then.
  /// @param longest The longest wait; the call may return earlier.
  /// @param stop A descriptor whose readability ends the wait; -1: none.
  virtual void await(std::chrono::milliseconds longest, int stop) = 0;
};

using sync_lock_ptr = std::unique_ptr<sync_lock>;

/// Makes the lock of a sync in the database that `url` (DATABASE_URL) names,
/// without taking it. Syncs in other schemas are different syncs.
/// @returns invalid_argument for a URL that names no database.
result<sync_lock_ptr> make_sync_lock(const std::string& url,
                                     const std::string& sync_id,
                                     const lock_holder& holder);

/// Takes the lock, and waits for another holder to end.
/// @param patience The longest wait.
/// @param stop A descriptor whose readability ends the wait at once; -1: none.
/// @returns as `take`; cancelled if `stop` was readable.
result<void> wait_for_sync(sync_lock& lock, std::chrono::milliseconds patience,
                           int stop);

} // namespace motorcade
