#pragma once

#include "schema/base/result.hpp"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace motorcade {

/// Tells whether the database answers, without making callers wait for it: a
/// thread of its own checks, on request. Thread-safe.
class database_probe {
public:
  /// @param look The check; called by one thread at a time; may block for some
  /// seconds.
  /// @param freshness The time for which an answer is reused.
  explicit database_probe(
      std::function<result<void>()> look,
      std::chrono::milliseconds freshness = std::chrono::seconds{1});

  /// Waits for a check under way.
  ~database_probe();

  database_probe(const database_probe&) = delete;
  database_probe& operator=(const database_probe&) = delete;

  /// Blocks for `patience` at most.
  /// @returns the outcome of the check; timed_out if it takes longer.
  result<void> ask(std::chrono::milliseconds patience);

private:
  /// Checks whenever it is asked to; the thread's work.
  void run();

  const std::function<result<void>()> look_;
  const std::chrono::milliseconds freshness_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool wanted_ = false;
  bool over_ = false;
  bool known_ = false;
  bool looks_ = false;
  /// The start of the current check, or of the next one.
  std::chrono::steady_clock::time_point began_ = {};
  std::chrono::steady_clock::time_point looked_at_ = {};
  result<void> answer_ = {};
  std::thread thread_;
};

} // namespace motorcade
