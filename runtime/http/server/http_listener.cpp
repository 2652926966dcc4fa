#include "runtime/http/server/http_listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <tuple>

namespace motorcade {

namespace {

constexpr int backlog = 1024;

void set_option(int fd, int level, int name, int value) {
  // The socket works without the option, too, so a failure is ignored.
  std::ignore = ::setsockopt(fd, level, name, &value, sizeof value);
}

/// @returns the length; 0 if the host is no address.
socklen_t make_address(const std::string& host, uint16_t port,
                       sockaddr_storage& out) {
  auto* four = reinterpret_cast<sockaddr_in*>(&out);
  auto* six = reinterpret_cast<sockaddr_in6*>(&out);
  if (::inet_pton(AF_INET, host.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(port);
    return sizeof *four;
  }
  if (::inet_pton(AF_INET6, host.c_str(), &six->sin6_addr) != 1)
    return 0;
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(port);
  return sizeof *six;
}

/// @returns what the last call of the system says.
failure last_failure() {
  return {ec::system_failed, std::strerror(errno)};
}

} // namespace

result<void> http_listener::open(const std::string& host, uint16_t port) {
  // The old socket would keep the new one from its port.
  close();
  sockaddr_storage address{};
  auto length = make_address(host, port_ != 0 ? port_.load() : port, address);
  if (length == 0)
    return failure{ec::system_failed, "this is no IP address"};
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  socket_ = file_handle{::socket(
      plain->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!socket_)
    return last_failure();
  // SO_REUSEPORT is not set: two servers would share a port unnoticed.
  set_option(socket_.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  // `::` is for both kinds of addresses.
  if (plain->sa_family == AF_INET6)
    set_option(socket_.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
  if (::bind(socket_.get(), plain, length) != 0
      || ::listen(socket_.get(), backlog) != 0
      || ::getsockname(socket_.get(), plain, &length) != 0) {
    auto why = last_failure();
    close();
    return why;
  }
  port_ = ntohs(plain->sa_family == AF_INET6
                    ? reinterpret_cast<sockaddr_in6*>(plain)->sin6_port
                    : reinterpret_cast<sockaddr_in*>(plain)->sin_port);
  return {};
}

file_handle http_listener::accept(int& error) {
  file_handle out{
      ::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  error = out ? 0 : errno;
  if (!out)
    return out;
  auto fd = out.get();
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  // A peer that vanished is noticed after two minutes, even while nothing is to
  // be sent.
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
  return out;
}

} // namespace motorcade
