#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace motorcade {

/// Lets threads wait for a time, until the gate is closed for good.
/// Thread-safe.
class stop_gate {
public:
  /// Waits for `length`.
  /// @returns false as soon as the gate is closed.
  bool wait(std::chrono::milliseconds length) {
    std::unique_lock lock{mutex_};
    return !closing_.wait_for(lock, length, [this] { return closed_; });
  }

  /// Ends all waits, now and from now on.
  void close() {
    {
      std::lock_guard lock{mutex_};
      closed_ = true;
    }
    closing_.notify_all();
  }

private:
  std::mutex mutex_;
  std::condition_variable closing_;
  bool closed_ = false;
};

} // namespace motorcade
