#pragma once

#include "runtime/http/server/http_connection.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace motorcade {

/// The threads that make answers, started as they are needed, and the requests
/// that wait for a thread.
class http_worker_pool {
public:
  using job = std::unique_ptr<http_connection>;

  /// @param serve Called by many threads at once.
  http_worker_pool(size_t most_threads, size_t most_waiting,
                   std::function<void(job)> serve);

  /// Never blocks.
  /// @returns whether there was room for the request; without it, it stays the
  /// caller's.
  bool offer(job& request);

  /// Serves the waiting requests, and joins all threads.
  void finish();

private:
  /// Serves one job after another until the pool ends; each thread's work.
  void work();

  const size_t most_threads_;
  const size_t most_waiting_;
  const std::function<void(job)> serve_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<job> waiting_;
  size_t idle_ = 0;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

} // namespace motorcade
