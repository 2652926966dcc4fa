#include "runtime/http_socket.hpp"

#include "runtime/http_chunks.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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

using outcome = http_socket::outcome;
using clock = http_socket::clock;

/// @returns how many are ready; 0 where the time is over.
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

void set_option(int fd, int level, int name, int value) {
  // Does its work without it, too.
  std::ignore = ::setsockopt(fd, level, name, &value, sizeof value);
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

http_socket::http_socket(file_handle socket) : socket_{std::move(socket)} {
  auto fd = socket_.get();
  std::ignore = ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  std::ignore = ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  // A peer that vanished without a word is noticed after two minutes, also
  // while nothing is to be sent.
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 60);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 15);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

outcome http_socket::await_bytes(clock::time_point until, const poll_flag& stop,
                                 const poll_flag* pressure) const {
  if (!buffer_.empty())
    return outcome::done;
  // poll passes a negative descriptor over.
  auto third = pressure == nullptr ? -1 : pressure->fd();
  std::array<pollfd, 3> set{
      {{fd(), POLLIN, 0}, {stop.fd(), POLLIN, 0}, {third, POLLIN, 0}}};
  if (poll_until(set, until) == 0)
    return outcome::late;
  return set[0].revents != 0 ? outcome::done : outcome::interrupted;
}

outcome http_socket::fill(clock::time_point until) {
  std::array<char, 16 << 10> bytes;
  for (;;) {
    auto count = ::recv(fd(), bytes.data(), bytes.size(), 0);
    if (count > 0) {
      buffer_.append(bytes.data(), static_cast<size_t>(count));
      return outcome::done;
    }
    if (count == 0 || (errno != EAGAIN && errno != EINTR))
      return outcome::gone;
    std::array<pollfd, 1> set{{{fd(), POLLIN, 0}}};
    if (poll_until(set, until) == 0)
      return outcome::late;
  }
}

outcome http_socket::read_head(const http_head_limits& limits,
                               clock::time_point until, std::string& head) {
  for (size_t looked = 0;;) {
    // RFC 9112, section 2.2: a blank line before the request is passed over.
    if (looked == 0 && buffer_.starts_with("\r\n"))
      buffer_.erase(0, 2);
    if (auto size = find_head_end(buffer_, looked)) {
      head = buffer_.substr(0, *size);
      buffer_.erase(0, *size);
      return outcome::done;
    }
    looked = buffer_.size();
    if (looked > limits.head
        || (looked > limits.request_line
            && buffer_.find('\n') == std::string::npos)) {
      head = std::move(buffer_);
      buffer_.clear();
      return outcome::too_much;
    }
    if (auto end = fill(until); end != outcome::done)
      return end;
  }
}

outcome http_socket::read_body(const http_head& head, size_t limit,
                               std::chrono::milliseconds patience,
                               clock::time_point until, std::string& body,
                               std::string& error) {
  auto next = [&] {
    return std::min(clock::now() + patience, until);
  };
  auto take = [&](size_t count) {
    while (count > 0) {
      if (buffer_.empty())
        if (auto got = fill(next()); got != outcome::done)
          return got;
      auto part = std::min(count, buffer_.size());
      body.append(buffer_, 0, part);
      buffer_.erase(0, part);
      count -= part;
    }
    return outcome::done;
  };
  if (!head.chunked)
    return head.content_length > limit ? outcome::too_much
                                       : take(head.content_length);
  http_chunks chunks{limit};
  for (;;) {
    std::string_view bytes = buffer_;
    auto state = chunks.take(bytes, body);
    buffer_.erase(0, buffer_.size() - bytes.size());
    if (state == http_chunks::state::done)
      return outcome::done;
    if (state == http_chunks::state::too_large)
      return outcome::too_much;
    if (state == http_chunks::state::malformed) {
      error = "the chunks of the body are malformed";
      return outcome::done;
    }
    if (auto got = fill(next()); got != outcome::done)
      return got;
  }
}

bool http_socket::write(std::string_view bytes, clock::time_point until) {
  while (!bytes.empty()) {
    auto count = ::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<size_t>(count));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR)
      return false;
    std::array<pollfd, 1> set{{{fd(), POLLOUT, 0}}};
    if (poll_until(set, until) == 0)
      return false;
  }
  return true;
}

bool http_socket::pause(std::chrono::milliseconds time,
                        const poll_flag& stop) const {
  std::array<pollfd, 2> set{{{fd(), POLLRDHUP, 0}, {stop.fd(), POLLIN, 0}}};
  return poll_until(set, clock::now() + time) == 0;
}

bool http_socket::alive() const {
  pollfd set{fd(), POLLRDHUP, 0};
  return ::poll(&set, 1, 0) == 0;
}

} // namespace motorcade
