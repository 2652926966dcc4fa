#include "runtime/http/server/http_socket.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <system_error>
#include <tuple>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

using clock = std::chrono::steady_clock;

/// @returns how many descriptors are ready; 0 if the time is over.
int poll_until(std::span<pollfd> set, clock::time_point until) {
  for (;;) {
    auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
    auto most = std::clamp<std::chrono::milliseconds>(left, 0ms, 1h);
    auto count = ::poll(set.data(), set.size(), static_cast<int>(most.count()));
    if (count > 0 || (count == 0 && most == left))
      return count;
    if (count == 0 && left <= 0ms)
      return 0;
  }
}

} // namespace

poll_flag::poll_flag() : event_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  if (!event_)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
}

void poll_flag::raise() {
  std::ignore = ::eventfd_write(event_.get(), 1);
}

void poll_flag::lower() {
  eventfd_t value = 0;
  std::ignore = ::eventfd_read(event_.get(), &value);
}

bool poll_flag::up() const {
  pollfd set{event_.get(), POLLIN, 0};
  return ::poll(&set, 1, 0) == 1;
}

bool write_socket(int socket, std::string_view bytes, clock::time_point until) {
  while (!bytes.empty()) {
    auto count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR)
      return false;
    std::array<pollfd, 1> set{{{socket, POLLOUT, 0}}};
    if (poll_until(set, until) == 0)
      return false;
  }
  return true;
}

bool pause_socket(int socket, std::chrono::milliseconds time,
                  const poll_flag& stop) {
  std::array<pollfd, 2> set{{{socket, POLLRDHUP, 0}, {stop.fd(), POLLIN, 0}}};
  return poll_until(set, clock::now() + time) == 0;
}

} // namespace motorcade
