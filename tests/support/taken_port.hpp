#pragma once

#include <catch2/catch_all.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace motorcade::test {

/// A socket that listens on a port of its own.
class taken_port {
public:
  taken_port() : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    socklen_t size = sizeof at;
    REQUIRE(::bind(socket_, reinterpret_cast<sockaddr*>(&at), size) == 0);
    REQUIRE(::listen(socket_, 1) == 0);
    REQUIRE(::getsockname(socket_, reinterpret_cast<sockaddr*>(&at), &size)
            == 0);
    number_ = ntohs(at.sin_port);
  }

  ~taken_port() { ::close(socket_); }

  taken_port(const taken_port&) = delete;
  taken_port& operator=(const taken_port&) = delete;

  std::string number() const { return std::to_string(number_); }

private:
  int socket_;
  uint16_t number_ = 0;
};

/// @returns the number of a port that is free now.
inline std::string free_port() {
  return taken_port{}.number();
}

} // namespace motorcade::test
