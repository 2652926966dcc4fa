#pragma once

#include "runtime/base/file_handle.hpp"

#include <chrono>
#include <string_view>

namespace motorcade {

/// A flag that `poll` sees: its file descriptor is readable while it is up.
/// Thread-safe.
class poll_flag {
public:
  /// Throws std::system_error if there are no file descriptors.
  poll_flag();

  /// Makes the descriptor readable, if it is not.
  void raise();

  /// Makes it no longer readable.
  void lower();

  /// @returns whether it is readable.
  bool up() const;

  /// @returns the descriptor to poll, which stays this object's.
  int fd() const { return event_.get(); }

private:
  file_handle event_;
};

/// Writes to a non-blocking socket, and blocks until all was handed to the
/// system.
/// @returns false if the time was over before, or the peer is gone.
bool write_socket(int socket, std::string_view bytes,
                  std::chrono::steady_clock::time_point until);

/// Blocks until the time is over.
/// @returns false as soon as the peer has ended its side or the flag went up.
bool pause_socket(int socket, std::chrono::milliseconds time,
                  const poll_flag& stop);

} // namespace motorcade
