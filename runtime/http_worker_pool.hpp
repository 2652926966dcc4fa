#pragma once

#include "runtime/file_handle.hpp"
#include "runtime/http_socket.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace motorcade {

/// The threads that serve connections, one each, started as they are needed,
/// and the connections that wait for one.
class http_worker_pool {
public:
  /// @param pressure Up while connections wait: whoever idles should make room.
  /// @param serve Called by many threads at once.
  http_worker_pool(size_t most_threads, size_t most_waiting,
                   poll_flag& pressure, std::function<void(file_handle)> serve);

  /// @returns whether the connection found a place; it is the caller's still
  /// where it did not.
  bool offer(file_handle& connection);

  /// Serves what waits, and joins all threads.
  void finish();

private:
  void work();

  const size_t most_threads_;
  const size_t most_waiting_;
  poll_flag& pressure_;
  const std::function<void(file_handle)> serve_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<file_handle> waiting_;
  size_t idle_ = 0;
  bool over_ = false;
  std::vector<std::thread> threads_;
};

} // namespace motorcade
