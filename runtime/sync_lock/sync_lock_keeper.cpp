#include "runtime/sync_lock/sync_lock_keeper.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace motorcade {

namespace {

constexpr std::chrono::milliseconds hurried_pause{1000};

/// The longest wait for the last call once it is not needed. The end of the
/// process closes the connection, and so frees the lock, all the same.
constexpr std::chrono::seconds longest_last_call{1};

} // namespace

/// The state of the thread, which may outlive the keeper.
struct sync_lock_keeper::watch {
  sync_lock_ptr lock;
  std::function<void(const failure&)> on_lost;
  std::chrono::milliseconds pause;
  std::mutex mutex;
  std::condition_variable wake;
  bool stopped = false;
  bool over = false;

  void run() {
    auto held = true;
    std::unique_lock guard{mutex};
    while (!stopped) {
      guard.unlock();
      auto taken = lock->take();
      guard.lock();
      if (stopped)
        break;
      if (!taken && taken.error().code == ec::already_exists) {
        guard.unlock();
        on_lost({ec::cancelled, "the sync's lock was lost with the database, "
                                "and another run has it now: "
                                    + taken.error().what});
        guard.lock();
        break;
      }
      if (!taken && held)
        log::warn("the lock of the sync is lost, trying to take it again: "
                  "{}",
                  taken.error().what);
      else if (taken && !held)
        log::info("the lock of the sync is taken again");
      held = static_cast<bool>(taken);
      wake.wait_for(guard, held ? pause : std::min(pause, hurried_pause),
                    [this] { return stopped; });
    }
    lock.reset();
    over = true;
    wake.notify_all();
  }
};

sync_lock_keeper::sync_lock_keeper(sync_lock_ptr lock,
                                   std::function<void(const failure&)> on_lost,
                                   std::chrono::milliseconds pause)
    : watch_{std::make_shared<watch>()} {
  watch_->lock = std::move(lock);
  watch_->on_lost = std::move(on_lost);
  watch_->pause = pause;
  thread_ = start_quiet_thread([watch = watch_] { watch->run(); });
}

sync_lock_keeper::~sync_lock_keeper() {
  std::unique_lock guard{watch_->mutex};
  watch_->stopped = true;
  watch_->wake.notify_all();
  const auto over = watch_->wake.wait_for(guard, longest_last_call,
                                          [this] { return watch_->over; });
  guard.unlock();
  if (over)
    thread_.join();
  else
    thread_.detach();
}

} // namespace motorcade
