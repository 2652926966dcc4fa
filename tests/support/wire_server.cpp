#include "support/wire_server.hpp"

#include "runtime/base/quiet_thread.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <system_error>

namespace motorcade::support {

wire_server::wire_server(std::function<void(http_wire&)> serve)
    : serve_{std::move(serve)}, stop_{::eventfd(0, EFD_CLOEXEC)} {
  if (!stop_)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
  listener_.listen(64);
  url_ = "http://127.0.0.1:" + listener_.port();
  acceptor_ = start_quiet_thread([this] { accept_all(); });
}

wire_server::~wire_server() {
  const uint64_t one = 1;
  if (::write(stop_.get(), &one, sizeof one) != sizeof one)
    std::terminate();
  acceptor_.join();
  for (auto& thread : connections_)
    thread.join();
}

void wire_server::accept_all() {
  for (;;) {
    pollfd fds[] = {{listener_.fd(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0 && errno != EINTR)
      return;
    if (fds[1].revents != 0)
      return;
    file_handle socket{
        ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!socket)
      continue;
    int one = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    auto wire =
        std::make_shared<http_wire>(std::move(socket), nullptr, stop_.get());
    connections_.push_back(start_quiet_thread([this, wire] { serve_(*wire); }));
  }
}

} // namespace motorcade::support
