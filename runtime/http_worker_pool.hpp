#pragma once

#include "runtime/http_socket.hpp"

#include <httplib.h>

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace motorcade {

/// The threads that serve connections, one each, started as they are needed,
/// and the connections that wait for one.
class http_worker_pool : public httplib::TaskQueue {
public:
  /// @param pressure Up while connections wait: whoever idles should make room.
  http_worker_pool(size_t most_threads, size_t most_waiting,
                   poll_flag& pressure);

  /// Beyond the limits the task is run at once by the caller, to whom
  /// `is_refusing` says true meanwhile.
  void enqueue(std::function<void()> task) override;

  /// Runs what waits, and joins all threads.
  void shutdown() override;

  /// @returns whether the task that the calling thread runs found no place.
  static bool is_refusing();

private:
  void work();

  const size_t most_threads_;
  const size_t most_waiting_;
  poll_flag& pressure_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  size_t idle_ = 0;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

} // namespace motorcade
