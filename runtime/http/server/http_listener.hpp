#pragma once

#include "runtime/base/file_handle.hpp"
#include "schema/base/result.hpp"

#include <atomic>
#include <cstdint>
#include <string>

namespace motorcade {

/// A TCP port that takes connections. One thread uses it; any may ask for
/// `port`.
class http_listener {
public:
  /// Listens.
  /// @param host An IP address.
  /// @param port 0: any that is free; kept when it is opened again.
  /// @returns system_failed with the system's reason if that port is not
  /// available.
  result<void> open(const std::string& host, uint16_t port);

  /// Takes no connections any more, until it is opened again.
  void close() { socket_ = file_handle{}; }

  /// Accepts a connection; never blocks. The connection is non-blocking, and no
  /// child inherits it.
  /// @param error Set to `errno` if there is none.
  file_handle accept(int& error);

  /// @returns the descriptor; -1 if it is closed.
  int fd() const { return socket_ ? socket_.get() : -1; }

  /// @returns the port; 0: never opened.
  uint16_t port() const noexcept { return port_; }

private:
  file_handle socket_;
  /// Opening anew writes it while others ask.
  std::atomic<uint16_t> port_ = 0;
};

} // namespace motorcade
