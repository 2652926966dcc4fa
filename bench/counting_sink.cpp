#include "bench/counting_sink.hpp"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string_view>
#include <system_error>

namespace motorcade::bench {

namespace {

constexpr size_t receive_bytes = 256 << 10;
constexpr std::string_view answer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    "Content-Length: 16\r\n\r\n{\"message\":\"ok\"}";

void must(bool fine, const char* what) {
  if (!fine)
    throw std::system_error{errno, std::generic_category(), what};
}

} // namespace

struct counting_sink::connection {
  enum class part { unknown, raw, head, chunk_size, chunk, chunk_end, trailer };

  int fd = -1;
  part at = part::unknown;
  std::string line;
  uint64_t left = 0;
};

counting_sink::counting_sink() {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  must(listener_ >= 0, "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  must(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof(address))
           == 0,
       "bind");
  must(::listen(listener_, 256) == 0, "listen");
  socklen_t length = sizeof(address);
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
  port_ = ntohs(address.sin_port);
  stop_fd_ = ::eventfd(0, EFD_CLOEXEC);
  must(stop_fd_ >= 0, "eventfd");
  thread_ = std::thread{[this] {
    serve();
  }};
}

counting_sink::~counting_sink() {
  uint64_t one = 1;
  [[maybe_unused]] auto n = ::write(stop_fd_, &one, sizeof(one));
  thread_.join();
  ::close(listener_);
  ::close(stop_fd_);
}

void counting_sink::reset(bool note_arrivals) {
  bytes_ = rows_ = requests_ = raw_ends_ = 0;
  std::lock_guard lock{mutex_};
  arrivals_.clear();
  note_ = note_arrivals;
}

std::vector<milestone> counting_sink::arrivals() const {
  std::lock_guard lock{mutex_};
  return arrivals_;
}

void counting_sink::wait_for_raw_end() {
  for (auto ends = raw_ends_.load(); ends == 0; ends = raw_ends_.load())
    raw_ends_.wait(ends);
}

void counting_sink::serve() {
  auto poll = ::epoll_create1(EPOLL_CLOEXEC);
  must(poll >= 0, "epoll_create1");
  auto watch = [&](int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
  };
  watch(listener_);
  watch(stop_fd_);
  auto buffer = std::make_unique<char[]>(receive_bytes);
  std::map<int, connection> connections;
  for (;;) {
    epoll_event events[64];
    auto n = ::epoll_wait(poll, events, 64, -1);
    for (int i = 0; i < n; ++i) {
      auto fd = events[i].data.fd;
      if (fd == stop_fd_) {
        for (auto& [open, c] : connections)
          ::close(open);
        ::close(poll);
        return;
      }
      if (fd == listener_) {
        auto client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0)
          continue;
        int on = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        connections[client].fd = client;
        watch(client);
        continue;
      }
      auto& from = connections[fd];
      auto got = ::recv(fd, buffer.get(), receive_bytes, 0);
      if (got > 0) {
        take(from, buffer.get(), static_cast<size_t>(got));
        continue;
      }
      if (from.at == connection::part::raw) {
        ++raw_ends_;
        raw_ends_.notify_all();
      }
      ::close(fd);
      connections.erase(fd);
    }
  }
}

void counting_sink::take(connection& from, const char* data, size_t size) {
  using part = connection::part;
  const auto* end = data + size;
  // Takes a line, which may come in pieces, into `from.line`.
  auto whole_line = [&] {
    const auto* newline = static_cast<const char*>(
        std::memchr(data, '\n', static_cast<size_t>(end - data)));
    auto until = newline == nullptr ? end : newline + 1;
    from.line.append(data, until);
    data = until;
    return newline != nullptr;
  };
  while (data < end) {
    switch (from.at) {
    case part::unknown:
      from.at = *data == 'P' ? part::head : part::raw;
      break;
    case part::raw:
      count(data, static_cast<size_t>(end - data));
      return;
    case part::head:
      if (!whole_line())
        return;
      if (from.line == "\r\n")
        from.at = part::chunk_size;
      from.line.clear();
      break;
    case part::chunk_size:
      if (!whole_line())
        return;
      from.left = std::strtoull(from.line.c_str(), nullptr, 16);
      from.line.clear();
      from.at = from.left > 0 ? part::chunk : part::trailer;
      break;
    case part::chunk: {
      auto n = std::min<uint64_t>(from.left, static_cast<uint64_t>(end - data));
      count(data, n);
      data += n;
      from.left -= n;
      if (from.left == 0)
        from.at = part::chunk_end;
      break;
    }
    case part::chunk_end:
      if (!whole_line())
        return;
      from.line.clear();
      from.at = part::chunk_size;
      break;
    case part::trailer:
      if (!whole_line())
        return;
      if (from.line == "\r\n") {
        last_answer_ = bench_clock::now().time_since_epoch().count();
        ++requests_;
        [[maybe_unused]] auto n =
            ::send(from.fd, answer.data(), answer.size(), MSG_NOSIGNAL);
        from.at = part::unknown;
      }
      from.line.clear();
      break;
    }
  }
}

namespace {

/// Counts in bytes, 255 rounds at most, so that the compiler's vectors hold
/// sixteen counters each: the plain std::count took more time than recv().
uint64_t count_newlines(const char* data, size_t size) {
  constexpr size_t lanes = 64;
  uint64_t all = 0;
  while (size >= lanes) {
    uint8_t counts[lanes] = {};
    auto rounds = std::min<size_t>(255, size / lanes);
    for (size_t round = 0; round < rounds; ++round, data += lanes)
      for (size_t lane = 0; lane < lanes; ++lane)
        counts[lane] += data[lane] == '\n';
    for (auto n : counts)
      all += n;
    size -= rounds * lanes;
  }
  return all + static_cast<uint64_t>(std::count(data, data + size, '\n'));
}

} // namespace

void counting_sink::count(const char* data, size_t size) {
  auto rows = count_newlines(data, size);
  bytes_.fetch_add(size, std::memory_order_release);
  auto all = rows_.fetch_add(rows, std::memory_order_release) + rows;
  if (rows > 0 && note_) {
    std::lock_guard lock{mutex_};
    arrivals_.push_back({all, bench_clock::now()});
  }
}

} // namespace motorcade::bench
