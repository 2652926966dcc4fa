#pragma once

#include "schema/base/result.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace motorcade {

/// Knows whether the database answers, without letting anybody wait for it: a
/// thread of its own looks, when somebody asks. Thread-safe.
class database_probe {
public:
  /// @param look Called by one thread at a time; may block for some seconds.
  /// @param freshness How long an answer is good for all who ask.
  explicit database_probe(
      std::function<result<void>()> look,
      std::chrono::milliseconds freshness = std::chrono::seconds{1});

  /// Waits for a look under way.
  ~database_probe();

  database_probe(const database_probe&) = delete;
  database_probe& operator=(const database_probe&) = delete;

  /// Blocks until a look takes so long.
  /// @returns what the look said; timed_out where it takes longer.
  result<void> ask(std::chrono::milliseconds patience);

private:
  void run();

  const std::function<result<void>()> look_;
  const std::chrono::milliseconds freshness_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;
  bool over_ = false;
  bool known_ = false;
  bool looks_ = false;
  /// When the look under way, or the next one, began.
  std::chrono::steady_clock::time_point began_ = {};
  std::chrono::steady_clock::time_point looked_at_ = {};
  result<void> answer_ = {};
  std::thread thread_;
};

} // namespace motorcade
