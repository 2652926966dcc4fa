#pragma once

#include "runtime/base/file_handle.hpp"

#include <catch2/catch_all.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

namespace motorcade::test {

/// A socket with a port of its own. Who connects to it is refused until it
/// listens; then connections are accepted by the system, and nothing is said.
class bound_socket {
public:
  /// @param kind SOCK_STREAM or SOCK_DGRAM.
  /// @param address of this machine, in the host's byte order.
  explicit bound_socket(int kind = SOCK_STREAM,
                        in_addr_t address = INADDR_LOOPBACK)
      : socket_{::socket(AF_INET, kind | SOCK_CLOEXEC, 0)} {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(address);
    socklen_t size = sizeof at;
    auto* generic = reinterpret_cast<sockaddr*>(&at);
    REQUIRE(::bind(fd(), generic, size) == 0);
    REQUIRE(::getsockname(fd(), generic, &size) == 0);
    port_ = std::to_string(ntohs(at.sin_port));
  }

  /// @param waiting how many connections may wait to be accepted.
  void listen(int waiting = 1) const { REQUIRE(::listen(fd(), waiting) == 0); }

  int fd() const { return socket_.get(); }

  const std::string& port() const { return port_; }

private:
  file_handle socket_;
  std::string port_;
};

/// @returns the number of a port that is free now at all addresses.
inline std::string free_port() {
  return bound_socket{SOCK_STREAM, INADDR_ANY}.port();
}

} // namespace motorcade::test
