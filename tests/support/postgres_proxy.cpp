#include "support/postgres_proxy.hpp"

#include "runtime/base/quiet_thread.hpp"
#include "support/database_world.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace motorcade::test {

namespace {

void expect(bool well, const char* what) {
  if (!well)
    throw std::system_error{errno, std::generic_category(), what};
}

void send_at_once(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

/// @returns a connection to the server; none while it is away.
file_handle connect_to_server() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(environment("PGHOST").c_str(),
                    environment("PGPORT").c_str(), &hints, &found)
      != 0)
    return {};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner{
      found, &::freeaddrinfo};
  for (const auto* at = found; at != nullptr; at = at->ai_next) {
    file_handle socket{::socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (socket && ::connect(socket.get(), at->ai_addr, at->ai_addrlen) == 0)
      return socket;
  }
  return {};
}

bool send_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto put = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put <= 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(put));
  }
  return true;
}

} // namespace

postgres_proxy::postgres_proxy()
    : door_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)},
      wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  auto* generic = reinterpret_cast<sockaddr*>(&at);
  expect(door_ && wake_, "a socket");
  expect(::bind(door_.get(), generic, size) == 0, "bind");
  expect(::listen(door_.get(), 16) == 0, "listen");
  expect(::getsockname(door_.get(), generic, &size) == 0, "getsockname");
  port_ = std::to_string(ntohs(at.sin_port));
  thread_ = start_quiet_thread([this] { serve(); });
}

postgres_proxy::~postgres_proxy() {
  over_ = true;
  wake();
  thread_.join();
}

void postgres_proxy::wake() const {
  const uint64_t one = 1;
  if (::write(wake_.get(), &one, sizeof one) != sizeof one)
    std::terminate();
}

void postgres_proxy::arm(proxy_strike strike) {
  const std::lock_guard lock{mutex_};
  struck_ = false;
  strike_ = std::move(strike);
}

void postgres_proxy::cut_all() {
  cut_ = true;
  wake();
}

void postgres_proxy::serve() {
  while (!over_) {
    std::vector<pollfd> fds = {{wake_.get(), POLLIN, 0},
                               {door_.get(), POLLIN, 0}};
    for (const auto& one : connections_) {
      fds.push_back({one.client.get(), POLLIN, 0});
      fds.push_back({one.server.get(), POLLIN, 0});
    }
    if (::poll(fds.data(), fds.size(), -1) < 0)
      continue;
    size_t i = 2;
    for (auto one = connections_.begin(); one != connections_.end(); i += 2) {
      const auto lives = (fds[i].revents == 0 || pass_on(*one, true))
                         && (fds[i + 1].revents == 0 || pass_on(*one, false));
      one = lives ? std::next(one) : connections_.erase(one);
    }
    if (fds[0].revents != 0) {
      uint64_t count = 0;
      if (::read(wake_.get(), &count, sizeof count) < 0 && errno != EAGAIN)
        return;
      if (cut_.exchange(false))
        connections_.clear();
    }
    if (fds[1].revents != 0)
      accept_one();
  }
}

void postgres_proxy::accept_one() {
  connection one;
  one.client =
      file_handle{::accept4(door_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  if (!one.client)
    return;
  one.server = connect_to_server();
  if (!one.server)
    return;
  send_at_once(one.client.get());
  send_at_once(one.server.get());
  connections_.push_back(std::move(one));
}

bool postgres_proxy::is_due(std::string_view bytes) {
  // A simple query: its kind, four bytes of its size, its text. A client waits
  // for the answer of the last one, so that a query begins what is read. One
  // with parameters begins with the message Parse. CopyDone is a kind and its
  // own size.
  constexpr std::string_view copy_done{"c\0\0\0\4", 5};
  constexpr size_t head_bytes = 5;
  if (bytes.size() < head_bytes)
    return false;
  const std::lock_guard lock{mutex_};
  const std::string_view wanted = strike_.statement;
  auto text = bytes.substr(head_bytes);
  if (text.ends_with('\0'))
    text.remove_suffix(1);
  const auto is_wanted =
      (bytes.starts_with('Q')
       && (text.starts_with(wanted) || text.ends_with(wanted)))
      || (bytes.starts_with('P') && wanted.empty())
      || (wanted == end_of_copy && bytes.ends_with(copy_done));
  return is_wanted && strike_.number > 0 && --strike_.number == 0;
}

bool postgres_proxy::pass_on(connection& one, bool from_client) {
  char bytes[65'536];
  const auto& from = from_client ? one.client : one.server;
  const auto& to = from_client ? one.server : one.client;
  const auto got = ::read(from.get(), bytes, sizeof bytes);
  if (got <= 0)
    return false;
  const std::string_view text{bytes, static_cast<size_t>(got)};
  const auto due = from_client && is_due(text);
  const std::unique_lock lock{mutex_};
  if ((due && !strike_.after_answer) || (!from_client && one.awaits_answer)) {
    strike_.also();
    struck_ = true;
    return false;
  }
  one.awaits_answer = one.awaits_answer || due;
  return send_all(to.get(), text);
}

} // namespace motorcade::test
