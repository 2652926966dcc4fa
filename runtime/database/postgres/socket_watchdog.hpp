#pragma once

#include "runtime/base/file_handle.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace motorcade {

/// Ends calls of libraries, such as libpq's, that would wait for a silent peer
/// for ever: shuts down their socket when the time is over, so that they see
/// the connection break. One thread for the process, started when it is first
/// needed. Thread-safe.
class socket_watchdog {
public:
  using clock = std::chrono::steady_clock;

  /// A call that is watched until this is destroyed.
  class watch {
  public:
    /// @param socket Must outlive the watch.
    watch(socket_watchdog& by, int socket, clock::time_point until);

    /// Ends the watch: the call is over, so its socket is left alone.
    ~watch();

    watch(const watch&) = delete;
    watch& operator=(const watch&) = delete;

    /// @returns whether the time was over and the socket was shut down.
    bool barked() const;

  private:
    friend class socket_watchdog;

    socket_watchdog& by_;
    std::multimap<clock::time_point, watch*>::iterator place_;
    const int socket_;
    bool barked_ = false;
  };

  /// @returns the watchdog of the process.
  static socket_watchdog& shared();

  socket_watchdog() = default;

  /// Ends the thread. Precondition: all watches are destroyed.
  ~socket_watchdog();

  socket_watchdog(const socket_watchdog&) = delete;
  socket_watchdog& operator=(const socket_watchdog&) = delete;

private:
  /// Shuts down sockets whose time is over; the thread's work.
  void run();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<clock::time_point, watch*> watched_;
  bool over_ = false;
  std::thread thread_;
};

/// @returns a second descriptor of the same socket, which the library cannot
/// close and no child inherits; empty if the system gives none.
file_handle same_socket(int socket);

} // namespace motorcade
