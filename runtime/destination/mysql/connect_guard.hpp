#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/destination/warehouse/interruption.hpp"

#include <chrono>
#include <mutex>
#include <thread>

namespace motorcade {

/// Shuts a socket down when a time is over or a wait is interrupted. It does so
/// in a thread of its own, since libmariadb blocks during the TLS handshake
/// even if it was asked not to block.
class connect_guard {
public:
  /// Throws std::system_error if the system has no thread or no descriptor.
  /// @param stop Must outlive the guard.
  connect_guard(const interruption& stop,
                std::chrono::steady_clock::time_point until);

  /// Leaves the socket alone from now on, unless it was ended before.
  ~connect_guard();

  connect_guard(const connect_guard&) = delete;
  connect_guard& operator=(const connect_guard&) = delete;

  /// Sets the socket to end. It may be closed at any time: the guard has a
  /// descriptor of its own.
  void watch(int socket);

private:
  /// Runs in the guard's thread: ends the socket once the time is over or
  /// `stop` is raised.
  void run(const interruption& stop,
           std::chrono::steady_clock::time_point until);

  interruption over_;
  std::mutex mutex_;
  file_handle socket_;
  bool ended_ = false;
  std::thread thread_;
};

} // namespace motorcade
