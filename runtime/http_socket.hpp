#pragma once

#include "runtime/file_handle.hpp"
#include "runtime/http_head.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace motorcade {

/// A flag that `poll` sees: its file descriptor is readable while it is up.
/// Thread-safe.
class poll_flag {
public:
  /// Throws std::system_error where there are no file descriptors.
  poll_flag();

  void raise();
  void lower();

  bool up() const;

  int fd() const { return event_.get(); }

private:
  file_handle event_;
};

/// A server's side of one connection: everything has its limit of time, and
/// what came too early is kept for later. One thread uses it.
class http_socket {
public:
  using clock = std::chrono::steady_clock;

  enum class outcome {
    done,
    /// The peer closed, or the connection broke.
    gone,
    late,
    /// More came than may.
    too_much,
    /// One of the flags went up.
    interrupted,
  };

  /// @param socket Made non-blocking, and not to be inherited.
  explicit http_socket(file_handle socket);

  int fd() const { return socket_.get(); }

  /// Blocks until there is something to read.
  /// @param pressure May be null.
  outcome await_bytes(clock::time_point until, const poll_flag& stop,
                      const poll_flag* pressure) const;

  /// Reads up to the blank line behind a head.
  outcome read_head(const http_head_limits& limits, clock::time_point until,
                    std::string& head);

  /// Reads the body that the head announces.
  /// @param patience How long nothing may come.
  /// @param error What is wrong with the body where that is `done` and this is
  /// set.
  outcome read_body(const http_head& head, size_t limit,
                    std::chrono::milliseconds patience, clock::time_point until,
                    std::string& body, std::string& error);

  /// @returns whether all was handed to the system by then.
  bool write(std::string_view bytes, clock::time_point until);

  /// Blocks until the time is over.
  /// @returns false as soon as the peer is gone or the flag went up.
  bool pause(std::chrono::milliseconds time, const poll_flag& stop) const;

  /// @returns whether the peer is there still.
  bool alive() const;

  file_handle release() { return std::move(socket_); }

private:
  outcome fill(clock::time_point until);

  file_handle socket_;
  std::string buffer_;
};

} // namespace motorcade
