#pragma once

#include "runtime/file_handle.hpp"
#include "runtime/http_socket.hpp"

#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace motorcade {

/// Ends connections whose clients may still be sending: says the last words,
/// and reads on for a second, so that the words are not lost to a reset. Has
/// one thread for all of them. Thread-safe.
class http_closer {
public:
  /// @param most How many connections may be ending at a time; what is beyond
  /// is closed at once.
  explicit http_closer(size_t most);

  /// Ends those that are left, within a second.
  ~http_closer();

  http_closer(const http_closer&) = delete;
  http_closer& operator=(const http_closer&) = delete;

  /// Never blocks.
  /// @param last_words Sent as far as the system takes them at once.
  void close(file_handle socket, std::string_view last_words);

private:
  struct ending {
    file_handle socket;
    http_socket::clock::time_point until;
  };

  void run();

  const size_t most_;
  std::mutex mutex_;
  std::vector<ending> added_;
  size_t count_ = 0;
  bool over_ = false;
  poll_flag changed_;
  std::thread thread_;
};

} // namespace motorcade
