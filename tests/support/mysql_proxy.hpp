#pragma once

#include "support/bound_socket.hpp"
#include "support/database_world.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace motorcade::support {

/// @returns a connection to the server of `with_mariadb`; empty: there is none.
inline file_handle connect_to_mysql() {
  file_handle out{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port =
      htons(static_cast<uint16_t>(std::stoul(test::environment("MYSQL_PORT"))));
  const auto* generic = reinterpret_cast<sockaddr*>(&at);
  return ::connect(out.get(), generic, sizeof at) == 0 ? std::move(out)
                                                       : file_handle{};
}

/// Where a connection through `mysql_proxy` breaks.
struct mysql_cut {
  /// The number of the command, from 1, counted over all connections.
  unsigned command = 0;
  /// The server has answered it, and the answer is lost; else the command is.
  bool after_answer = false;
  /// Called before the connection is closed, from a thread of the proxy.
  std::function<void()> also = [] {
  };
};

/// Stands between a client and the server of `with_mariadb`, without TLS,
/// counts commands, and breaks one connection once: at one of them.
class mysql_proxy {
public:
  explicit mysql_proxy(mysql_cut cut) : cut_{std::move(cut)} {
    door_.listen(16);
    acceptor_ = std::thread{[this] {
      accept();
    }};
  }

  ~mysql_proxy() {
    over_ = true;
    ::shutdown(door_.fd(), SHUT_RDWR);
    acceptor_.join();
    for (auto& one : served_)
      one.join();
  }

  mysql_proxy(const mysql_proxy&) = delete;
  mysql_proxy& operator=(const mysql_proxy&) = delete;

  const std::string& port() const { return door_.port(); }

  /// @returns whether the connection was broken.
  bool has_cut() const { return has_cut_; }

private:
  void accept() {
    while (!over_) {
      file_handle client{::accept4(door_.fd(), nullptr, nullptr, SOCK_CLOEXEC)};
      if (client)
        served_.emplace_back(
            [this, client = std::move(client)] { serve(client.get()); });
    }
  }

  void serve(int client) {
    const auto server = connect_to_mysql();
    if (!server)
      return;
    // Small packets follow each other.
    const int on = 1;
    for (const int one : {client, server.get()})
      ::setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    packet_walk walk;
    bool awaited = false;
    pollfd fds[2] = {{client, POLLIN, 0}, {server.get(), POLLIN, 0}};
    char bytes[65'536];
    while (!over_) {
      if (::poll(fds, 2, 100) <= 0)
        continue;
      if (fds[0].revents != 0) {
        const auto got = ::read(client, bytes, sizeof bytes);
        if (got <= 0)
          return;
        const auto size = static_cast<size_t>(got);
        const auto due = is_due({bytes, size}, walk);
        if (due && !cut_.after_answer) {
          cut_.also();
          return;
        }
        awaited = awaited || due;
        if (!pass(server.get(), bytes, size))
          return;
      }
      if (fds[1].revents != 0) {
        const auto got = ::read(server.get(), bytes, sizeof bytes);
        if (got > 0 && awaited)
          cut_.also();
        if (got <= 0 || awaited
            || !pass(client, bytes, static_cast<size_t>(got)))
          return;
      }
    }
  }

  /// How far a connection's packets were looked through.
  struct packet_walk {
    std::string head;
    /// Bytes of the last packet that are still to come.
    size_t rest = 0;
  };

  /// @returns whether the command at which to break is among the bytes.
  bool is_due(std::string_view bytes, packet_walk& walk) {
    bool due = false;
    for (const char byte : bytes) {
      if (walk.rest > 0) {
        --walk.rest;
        continue;
      }
      // Three bytes of its size, its number within the command, and the kind
      // of the command.
      constexpr size_t head_bytes = 5;
      walk.head += byte;
      const auto at = [&](size_t i) {
        return static_cast<size_t>(static_cast<unsigned char>(walk.head[i]));
      };
      const auto empty =
          walk.head.size() == head_bytes - 1 && (at(0) | at(1) | at(2)) == 0;
      if (walk.head.size() < head_bytes && !empty)
        continue;
      constexpr size_t query = 3;
      if (!empty && at(3) == 0 && at(4) == query
          && ++commands_ == cut_.command) {
        has_cut_ = true;
        due = true;
      }
      walk.rest = empty ? 0 : (at(0) | at(1) << 8 | at(2) << 16) - 1;
      walk.head.clear();
    }
    return due;
  }

  static bool pass(int to, const char* bytes, size_t size) {
    while (size > 0) {
      const auto put = ::send(to, bytes, size, MSG_NOSIGNAL);
      if (put <= 0)
        return false;
      bytes += put;
      size -= static_cast<size_t>(put);
    }
    return true;
  }

  const mysql_cut cut_;
  test::bound_socket door_;
  std::atomic<bool> over_ = false;
  std::atomic<bool> has_cut_ = false;
  std::atomic<unsigned> commands_ = 0;
  std::thread acceptor_;
  std::vector<std::thread> served_;
};

} // namespace motorcade::support
