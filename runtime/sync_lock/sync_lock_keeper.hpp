#pragma once

#include "runtime/sync_lock/sync_lock.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

namespace motorcade {

/// Looks, in a thread of its own, whether a sync's lock is still held, and
/// takes it anew where it was lost.
class sync_lock_keeper {
public:
  /// @param lock Taken, or to be taken once the database is there.
  /// @param on_lost Called at most once, from that thread, where another
  /// process has the sync: two of them must not go on. Its failure,
  /// `cancelled`, says who.
  /// @param pause Between two looks; a lock that is not held is looked at every
  /// second.
  sync_lock_keeper(sync_lock_ptr lock,
                   std::function<void(const failure&)> on_lost,
                   std::chrono::milliseconds pause = std::chrono::seconds{5});

  /// Lets go of the lock, and calls nobody any more. A call that the database
  /// does not answer within a second is left behind, with its thread.
  ~sync_lock_keeper();
  sync_lock_keeper(const sync_lock_keeper&) = delete;
  sync_lock_keeper& operator=(const sync_lock_keeper&) = delete;

private:
  struct watch;

  std::shared_ptr<watch> watch_;
  std::thread thread_;
};

} // namespace motorcade
