#include "support/pipe_world.hpp"

#include <catch2/catch_all.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <random>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

std::string record(uint64_t n, size_t padding = 0) {
  return R"({"type":"RECORD","record":{"stream":"a","emitted_at":1,"data":)"
         R"({"n":)"
         + std::to_string(n) + R"(,"p":")" + std::string(padding, 'x')
         + "\"}}}\n";
}

std::string row(uint64_t n, size_t padding = 0) {
  return R"({"n":)" + std::to_string(n) + R"(,"p":")"
         + std::string(padding, 'x') + "\"}\n";
}

bool put(int fd, std::string_view text) {
  while (!text.empty()) {
    auto n = ::write(fd, text.data(), text.size());
    if (n <= 0)
      return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

} // namespace

TEST_CASE("the connector may open its pipes in any order") {
  auto out_first = GENERATE(true, false);
  pipe_world w;
  w.start(out_first ? pipe_kind::out : pipe_kind::err);
  w.start(out_first ? pipe_kind::err : pipe_kind::out);
  auto err_opened_first = GENERATE(true, false);
  auto first =
      pipe_world::open_writer(err_opened_first ? w.err_path : w.out_path);
  auto second =
      pipe_world::open_writer(err_opened_first ? w.out_path : w.err_path);
  auto out = err_opened_first ? second : first;
  auto err = err_opened_first ? first : second;
  REQUIRE(put(err, "hello\n"));
  REQUIRE(put(out, record(1)));
  ::close(out);
  ::close(err);
  auto end = w.box->wait_for_end(pipe_kind::out);
  CHECK(end.was_opened);
  CHECK(end.error.code == ec::none);
  CHECK(w.box->wait_for_end(pipe_kind::err).was_opened);
  CHECK(w.box->rows() == row(1));
  CHECK(w.box->lines() == std::vector<std::string>{"hello"});
}

TEST_CASE("a reader can be stopped while no writer has opened the pipe") {
  pipe_world w;
  w.start(pipe_kind::out);
  rt::tell_from_outside(w.readers[0], atom::stop_v);
  auto end = w.box->wait_for_end(pipe_kind::out);
  CHECK_FALSE(end.was_opened);
  CHECK(end.error.code == ec::cancelled);
  CHECK(end.slabs == 0);
}

TEST_CASE("a reader waits for a missing pipe, but not for ever") {
  pipe_world w;
  REQUIRE(::unlink(w.out_path.c_str()) == 0);
  SECTION("it appears") {
    w.start(pipe_kind::out);
    REQUIRE(::mkfifo(w.out_path.c_str(), 0600) == 0);
    auto fd = pipe_world::open_writer(w.out_path);
    REQUIRE(put(fd, record(1)));
    ::close(fd);
    CHECK(w.box->wait_for_end(pipe_kind::out).error.code == ec::none);
    CHECK(w.box->rows() == row(1));
  }
  SECTION("it does not") {
    w.appear_timeout = 100ms;
    w.start(pipe_kind::out);
    auto end = w.box->wait_for_end(pipe_kind::out);
    CHECK(end.error.code == ec::invalid_argument);
    CHECK(end.error.what.find("cannot open") == 0);
  }
}

TEST_CASE("a regular file in place of the pipe is refused with its path") {
  pipe_world w;
  w.out_path = w.folder.write("plain", record(1));
  w.appear_timeout = 100ms;
  w.start(pipe_kind::out);
  auto end = w.box->wait_for_end(pipe_kind::out);
  CHECK(end.error.code == ec::invalid_argument);
  CHECK(end.error.what
        == w.out_path + " is a regular file, must be a named pipe");
  CHECK_FALSE(end.was_opened);
  CHECK(end.slabs == 0);
}

TEST_CASE("an error of reading ends the source with its reason") {
  pipe_world w;
  // Its first page is not mapped.
  w.out_path = "/proc/self/mem";
  w.end_path = w.folder.path("end");
  w.start(pipe_kind::out);
  auto end = w.box->wait_for_end(pipe_kind::out);
  CHECK(end.error.code == ec::system_failed);
  CHECK(end.error.what.find("reading /proc/self/mem: ") == 0);
}

TEST_CASE("the last line may lack its newline") {
  auto stopped = GENERATE(false, true);
  CAPTURE(stopped);
  pipe_world w;
  w.start(pipe_kind::out);
  w.start(pipe_kind::err);
  auto out = pipe_world::open_writer(w.out_path);
  auto err = pipe_world::open_writer(w.err_path);
  auto last = record(2);
  last.pop_back();
  REQUIRE(put(out, record(1)));
  w.box->wait_for_rows(1);
  REQUIRE(put(out, last));
  REQUIRE(put(err, "first\nlast"));
  if (stopped) {
    for (auto& reader : w.readers)
      rt::tell_from_outside(reader, atom::stop_v);
    for (auto kind : {pipe_kind::out, pipe_kind::err}) {
      auto end = w.box->wait_for_end(kind);
      CHECK(end.error.code == ec::cancelled);
      CHECK(end.unread_bytes == 0);
    }
  }
  ::close(out);
  ::close(err);
  w.box->wait_for_end(pipe_kind::out);
  w.box->wait_for_end(pipe_kind::err);
  CHECK(w.box->rows() == row(1) + row(2));
  CHECK(w.box->lines() == std::vector<std::string>{"first", "last"});
}

TEST_CASE("a reader that is told to stop reads what the pipe holds, and counts "
          "the rest") {
  auto of_file = GENERATE(false, true);
  auto much = GENERATE(false, true);
  CAPTURE(of_file, much);
  pipe_world w;
  // Nothing is read before the reader is told to stop.
  window_share full{w.window, 1 << 20};
  std::string text;
  for (uint64_t i = 0; text.size() < (of_file && much ? 6u << 20 : 50'000u);
       ++i)
    text += record(i, 900);
  int fd = -1;
  if (of_file) {
    w.end_path = w.folder.path("end");
    w.out_path = w.folder.write("plain", text);
  }
  w.start(pipe_kind::out);
  if (!of_file) {
    fd = pipe_world::open_writer(w.out_path);
    REQUIRE(put(fd, text));
  }
  rt::tell_from_outside(w.readers[0], atom::stop_v);
  auto end = w.box->wait_for_end(pipe_kind::out);
  CHECK(end.error.code == ec::cancelled);
  CHECK((end.unread_bytes > 0) == (of_file && much));
  CHECK(end.unread_bytes < text.size() - (2u << 10));
  auto rows = w.box->rows();
  auto count =
      static_cast<uint64_t>(std::count(rows.begin(), rows.end(), '\n'));
  CHECK(count
        >= (text.size() - end.unread_bytes) / record(9999, 900).size() - 2);
  if (fd >= 0)
    ::close(fd);
}

TEST_CASE("a reader that is told to stop sees that the pipe has ended") {
  pipe_world w;
  window_share full{w.window, 1 << 20};
  w.start(pipe_kind::out);
  auto fd = pipe_world::open_writer(w.out_path);
  REQUIRE(put(fd, record(1)));
  ::close(fd);
  rt::tell_from_outside(w.readers[0], atom::stop_v);
  CHECK(w.box->wait_for_end(pipe_kind::out).error.code == ec::none);
  CHECK(w.box->rows() == row(1));
}

TEST_CASE("a full window stops the reader until it opens again") {
  pipe_world w;
  window_share full{w.window, 1 << 20};
  w.start(pipe_kind::out);
  auto fd = pipe_world::open_writer(w.out_path);
  // More than the pipe takes, so that the writer is held.
  constexpr uint64_t many = 4000;
  std::atomic<uint64_t> written = 0;
  std::thread writer{[&] {
    for (uint64_t i = 0; i < many && put(fd, record(i, 1000)); ++i)
      ++written;
    ::close(fd);
  }};
  // A full pipe stays full: nothing reads it.
  pollfd room{fd, POLLOUT, 0};
  auto until = std::chrono::steady_clock::now() + pipe_patience;
  while (::poll(&room, 1, 0) > 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  CHECK(written < many);
  CHECK(w.box->rows().empty());
  full = {};
  writer.join();
  CHECK(w.box->wait_for_end(pipe_kind::out).error.code == ec::none);
  std::string expected;
  for (uint64_t i = 0; i < many; ++i)
    expected += row(i, 1000);
  CHECK((w.box->rows() == expected));
}

TEST_CASE("a reader stays a few slabs ahead of its parsers") {
  struct held_slabs {
    std::mutex mutex;
    std::condition_variable came;
    std::vector<slab_ptr> all;
  };

  pipe_world w;
  w.window = std::make_shared<byte_window>(64u << 20);
  const auto held = std::make_shared<held_slabs>();
  w.make_parser = [&w, held] {
    return w.system->spawn([held]() -> parser_actor::behavior_type {
      return {[held](slab_ptr& input) {
        std::lock_guard lock{held->mutex};
        held->all.push_back(std::move(input));
        held->came.notify_all();
      }};
    });
  };
  w.start(pipe_kind::out);
  w.start(pipe_kind::err);
  const auto out = pipe_world::open_writer(w.out_path);
  const auto err = pipe_world::open_writer(w.err_path);
  // More than the pipe and the slabs ahead hold.
  constexpr uint64_t many = 4000;
  std::string text;
  for (uint64_t i = 0; i < many; ++i)
    text += record(i, 1000);
  std::thread writer{[&] {
    put(out, text);
    ::close(out);
  }};
  const auto most = w.waiting->limit() + w.pool->slab_bytes();
  size_t parsed = 0;
  for (size_t next = 0; parsed < text.size(); ++next) {
    slab_ptr slab;
    {
      std::unique_lock lock{held->mutex};
      REQUIRE(held->came.wait_for(lock, pipe_patience,
                                  [&] { return held->all.size() > next; }));
      slab = std::move(held->all[next]);
    }
    const auto bytes = slab->text().size();
    CHECK(w.waiting->used() <= most);
    // Meanwhile lines of stderr pass.
    REQUIRE(put(err, std::to_string(next) + "\n"));
    w.box->wait_for_lines(next + 1);
    parsed += bytes;
    slab.reset();
    w.waiting->give(bytes);
  }
  writer.join();
  ::close(err);
  CHECK(parsed == text.size());
  CHECK(w.waiting->peak() <= most);
}

TEST_CASE("50 MB pass intact and in order through several parsers") {
  pipe_world w;
  w.start(pipe_kind::out);
  auto fd = pipe_world::open_writer(w.out_path);
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  constexpr size_t total = 50'000'000;
  std::string expected;
  expected.reserve(total + (1 << 20));
  std::string lines;
  for (uint64_t i = 0; expected.size() < total; ++i) {
    // Mostly short, now and then longer than a slab.
    auto padding = random() % (random() % 500 == 0 ? 200'000 : 600);
    lines += record(i, padding);
    expected += row(i, padding);
    // Writes end anywhere, not only at a line's end.
    if (lines.size() > 1 + random() % 300'000) {
      auto part = 1 + random() % lines.size();
      REQUIRE(put(fd, std::string_view{lines}.substr(0, part)));
      lines.erase(0, part);
    }
  }
  REQUIRE(put(fd, lines));
  ::close(fd);
  CHECK(w.box->wait_for_end(pipe_kind::out).error.code == ec::none);
  // Compared as a whole, since the difference would be unreadable.
  CHECK((w.box->rows() == expected));
  // The bytes in flight stayed within the window and its overshoot: the longest
  // slab, and its rows once more.
  CHECK(w.window->peak() < (1 << 20) + 2'000'000);
}
