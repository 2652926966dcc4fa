// A server that says 200 while it reads no more: only what has left us can be
// committed.

#include "support/bound_socket.hpp"
#include "support/upload_probe.hpp"

#include <catch2/catch_all.hpp>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

using namespace motorcade;
using namespace motorcade::support;

namespace {

/// A server for one connection at a time, which is read by hand.
class slow_reader {
public:
  slow_reader() {
    // Little fits in here, and the rest stays where it came from.
    int small = 4096;
    ::setsockopt(listener_.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    listener_.listen(8);
  }

  ~slow_reader() { hang_up(); }

  slow_reader(const slow_reader&) = delete;
  slow_reader& operator=(const slow_reader&) = delete;

  std::string url() const { return "http://127.0.0.1:" + listener_.port(); }

  void take() {
    hang_up();
    REQUIRE(is_readable(listener_.fd()));
    peer_ = ::accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    REQUIRE(peer_ >= 0);
  }

  /// Blocks until nothing more fits, or comes.
  void await_stall() const {
    constexpr int looks_alike = 4;
    int before = -1;
    for (int alike = 0; alike < looks_alike;) {
      int waiting = 0;
      ::ioctl(peer_, FIONREAD, &waiting);
      alike = waiting == before && waiting > 0 ? alike + 1 : 0;
      before = waiting;
      ::poll(nullptr, 0, 5);
    }
  }

  void say_200() const {
    // Each request gets a connection of its own.
    const std::string answer = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                               "Content-Length: 2\r\n\r\n{}";
    REQUIRE(::send(peer_, answer.data(), answer.size(), MSG_NOSIGNAL)
            == static_cast<ssize_t>(answer.size()));
  }

  /// @returns whether a whole request can be read now.
  bool holds_whole_request() const {
    // Or reading it all would take its time.
    int large = 8 << 20;
    ::setsockopt(peer_, SOL_SOCKET, SO_RCVBUF, &large, sizeof large);
    std::string end;
    std::array<char, 65536> bytes{};
    constexpr std::string_view last_chunk = "\r\n0\r\n\r\n";
    while (!end.ends_with(last_chunk) && is_readable(peer_)) {
      auto n = ::recv(peer_, bytes.data(), bytes.size(), 0);
      if (n <= 0)
        return false;
      end.append(bytes.data(), static_cast<size_t>(n));
      if (end.size() > 2 * last_chunk.size())
        end.erase(0, end.size() - last_chunk.size());
    }
    return end.ends_with(last_chunk);
  }

private:
  static bool is_readable(int fd) {
    pollfd waited{fd, POLLIN, 0};
    return ::poll(&waited, 1, 30'000) == 1;
  }

  void hang_up() {
    if (peer_ >= 0)
      ::close(peer_);
    peer_ = -1;
  }

  test::bound_socket listener_;
  int peer_ = -1;
};

} // namespace

TEST_CASE("a success counts only once the whole request was sent") {
  slow_reader server;
  auto to = destination_at(server.url());
  // The system takes an unknown part of a request; what libcurl keeps back of
  // one that is a little larger, 128 KiB at most, must not be forgotten.
  constexpr size_t step = 48 << 10;
  constexpr int most_lost = 6;
  int lost = 0;
  for (size_t size = step; lost < most_lost && size < (16 << 20);
       size += step) {
    upload_probe upload{*to, request_for("t")};
    upload.write({"\"" + std::string(size, 'x') + "\""});
    upload->finish();
    server.take();
    server.await_stall();
    server.say_200();
    auto outcome = upload.wait();
    CAPTURE(size);
    if (outcome.committed())
      REQUIRE(server.holds_whole_request());
    else
      ++lost;
  }
  CHECK(lost == most_lost);
}
