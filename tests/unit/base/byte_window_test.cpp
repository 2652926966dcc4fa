#include "runtime/base/byte_window.hpp"
#include "runtime/stream/block.hpp"

#include <catch2/catch_all.hpp>

#include <poll.h>

using namespace motorcade;

namespace {

bool readable(int fd) {
  pollfd p{fd, POLLIN, 0};
  return ::poll(&p, 1, 0) == 1;
}

} // namespace

TEST_CASE("a window closes at its limit and opens below it") {
  auto window = std::make_shared<byte_window>(100);
  CHECK(window->open());
  window_share first{window, 60};
  CHECK(window->open());
  {
    window_share second{window, 60};
    CHECK_FALSE(window->open());
    CHECK(window->used() == 120);
    CHECK_FALSE(readable(window->wake_fd()));
  }
  CHECK(window->open());
  CHECK(readable(window->wake_fd()));
  window->drain();
  CHECK_FALSE(readable(window->wake_fd()));
  CHECK(window->peak() == 120);
}

TEST_CASE("a window may tell that it is open later than it is") {
  const auto window = std::make_shared<byte_window>(100, 50);
  window->take(60);
  window->take(60);
  CHECK_FALSE(window->open());
  window->give(60);
  CHECK(window->open());
  CHECK_FALSE(readable(window->wake_fd()));
  window->give(20);
  CHECK(readable(window->wake_fd()));
  window->drain();
  // Not again, before there were more.
  window->give(40);
  CHECK_FALSE(readable(window->wake_fd()));
}

TEST_CASE("a moved share gives its bytes back once") {
  auto window = std::make_shared<byte_window>(100);
  {
    window_share first{window, 10};
    auto second = std::move(first);
    CHECK(window->used() == 10);
    window_share third;
    third = std::move(second);
    CHECK(window->used() == 10);
  }
  CHECK(window->used() == 0);
}

TEST_CASE("a block holds its bytes in the window as long as it exists") {
  auto window = std::make_shared<byte_window>(100);
  auto rows = make_block("{}\n{}\n", 2, window);
  CHECK(rows->view() == "{}\n{}\n");
  CHECK(rows->rows() == 2);
  CHECK(window->used() == 6);
  rows.reset();
  CHECK(window->used() == 0);
}
