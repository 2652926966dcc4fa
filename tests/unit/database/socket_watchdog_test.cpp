#include "runtime/database/postgres/socket_watchdog.hpp"

#include <catch2/catch_all.hpp>

#include <array>

#include <sys/socket.h>

using namespace motorcade;
using namespace std::chrono_literals;
using clock_type = socket_watchdog::clock;

namespace {

struct pair_of_sockets {
  pair_of_sockets() {
    std::array<int, 2> both{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data())
            == 0);
    ours = motorcade::file_handle{both[0]};
    theirs = motorcade::file_handle{both[1]};
  }

  motorcade::file_handle ours;
  motorcade::file_handle theirs;
};

} // namespace

TEST_CASE("a call that waits for a silent peer is ended in time") {
  pair_of_sockets sockets;
  auto held = same_socket(sockets.ours.get());
  socket_watchdog::watch watch{socket_watchdog::shared(), held.get(),
                               clock_type::now() + 50ms};
  char byte = 0;
  // As libpq waits; the end of the connection is what it sees.
  CHECK(::recv(sockets.ours.get(), &byte, 1, 0) == 0);
  CHECK(watch.barked());
}

TEST_CASE("a call that ends in time is left alone, and so is the next") {
  pair_of_sockets sockets;
  for (int i = 0; i < 100; ++i) {
    socket_watchdog::watch late{socket_watchdog::shared(), sockets.ours.get(),
                                clock_type::now() + 1h};
    socket_watchdog::watch later{socket_watchdog::shared(), sockets.ours.get(),
                                 clock_type::now() + 2h};
    CHECK_FALSE(late.barked());
  }
  char byte = 'x';
  REQUIRE(::send(sockets.theirs.get(), &byte, 1, 0) == 1);
  CHECK(::recv(sockets.ours.get(), &byte, 1, 0) == 1);
}

TEST_CASE("of several calls only the one whose time is over is ended") {
  pair_of_sockets quick;
  pair_of_sockets slow;
  socket_watchdog::watch patient{socket_watchdog::shared(), slow.ours.get(),
                                 clock_type::now() + 1h};
  socket_watchdog::watch hasty{socket_watchdog::shared(), quick.ours.get(),
                               clock_type::now() + 20ms};
  char byte = 0;
  CHECK(::recv(quick.ours.get(), &byte, 1, 0) == 0);
  CHECK(hasty.barked());
  CHECK_FALSE(patient.barked());
}
