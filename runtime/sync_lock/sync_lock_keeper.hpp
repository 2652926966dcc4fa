#pragma once

#include "runtime/sync_lock/sync_lock.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

namespace motorcade {

/// Checks in a thread of its own whether a sync's lock is still held, and takes
/// it anew if it was lost.
class sync_lock_keeper {
public:
  /// @param lock Taken, or to be taken once the database answers.
  /// @param on_lost Called at most once, from that thread, if another process
  /// has the sync: only one of them may go on. The failure, `cancelled`, names
  /// the other.
  /// @param pause The time between two checks; a lock that is not held is
  /// checked every second.
  sync_lock_keeper(sync_lock_ptr lock,
                   std::function<void(const failure&)> on_lost,
                   std::chrono::milliseconds pause = std::chrono::seconds{5});

  /// Releases the lock; `on_lost` is not called afterwards. A call that the
  /// database does not answer within a second is abandoned, with its thread.
  ~sync_lock_keeper();
  sync_lock_keeper(const sync_lock_keeper&) = delete;
  sync_lock_keeper& operator=(const sync_lock_keeper&) = delete;

private:
  struct watch;

  std::shared_ptr<watch> watch_;
  std::thread thread_;
};

} // namespace motorcade
