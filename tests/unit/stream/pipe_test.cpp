#include "runtime/stream/pipe.hpp"

#include "runtime/stream/exit_code_file.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

using namespace motorcade;
using namespace std::chrono_literals;

namespace {

// unistd.h has a function of that name.
using reading_end = motorcade::pipe;
using event = reading_end::event;

/// Long enough for any machine; reached only if a test fails.
constexpr auto patience = 20s;

/// A FIFO in a folder of its own.
struct world {
  world() { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }

  reading_end open() const {
    auto opened = reading_end::open(path);
    REQUIRE(opened);
    return std::move(*opened);
  }

  /// The reader is there, so this does not wait.
  int open_writer() const {
    auto fd = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(fd >= 0);
    return fd;
  }

  test::scratch_folder folder;
  std::string path = folder.path("fifo");
};

void put(int fd, const std::string& text) {
  REQUIRE(::write(fd, text.data(), text.size())
          == static_cast<ssize_t>(text.size()));
}

std::string read_now(reading_end& from) {
  std::string text(100, '\0');
  auto n = from.read(text.data(), text.size());
  REQUIRE(n);
  text.resize(*n);
  return text;
}

/// Reads until the other end is closed.
std::string read_all(reading_end& from) {
  std::string out;
  std::string buffer(1 << 16, '\0');
  while (!from.ended()) {
    auto n = from.read(buffer.data(), buffer.size());
    REQUIRE(n);
    out.append(buffer, 0, *n);
    if (*n == 0 && !from.ended()
        && from.wait(std::chrono::milliseconds{patience}) == event::quiet)
      FAIL("nothing came");
  }
  return out;
}

} // namespace

TEST_CASE("a pipe that was never opened is quiet and not ended") {
  world w;
  auto reader = w.open();
  CHECK(reader.wait(1ms) == event::quiet);
  CHECK(read_now(reader).empty());
  CHECK(reader.wait(0ms) == event::quiet);
  CHECK_FALSE(reader.was_opened());
  CHECK_FALSE(reader.ended());
}

TEST_CASE("a writer that opens and closes without writing ends the pipe") {
  world w;
  auto reader = w.open();
  auto looked = GENERATE(false, true);
  if (looked)
    CHECK(read_now(reader).empty());
  auto fd = w.open_writer();
  if (looked) {
    CHECK(read_now(reader).empty());
    CHECK(reader.was_opened());
    CHECK_FALSE(reader.ended());
  }
  CHECK(reader.wait(0ms) == event::quiet);
  ::close(fd);
  CHECK(reader.wait(0ms) == event::ended);
  CHECK(reader.was_opened());
  CHECK(reader.ended());
  CHECK(read_now(reader).empty());
}

TEST_CASE("bytes written before the end are read") {
  world w;
  auto reader = w.open();
  auto fd = w.open_writer();
  put(fd, "one\ntwo");
  ::close(fd);
  CHECK(reader.wait(0ms) == event::readable);
  CHECK_FALSE(reader.ended());
  CHECK(read_now(reader) == "one\ntwo");
  CHECK_FALSE(reader.ended());
  CHECK(read_now(reader).empty());
  CHECK(reader.ended());
}

TEST_CASE("a wait ends as soon as a writer writes or leaves") {
  world w;
  auto reader = w.open();
  std::string said;
  std::thread writer{[&] {
    auto fd = ::open(w.path.c_str(), O_WRONLY | O_CLOEXEC);
    for (auto c : {'a', 'b', 'c'})
      if (::write(fd, &c, 1) == 1)
        said += c;
    ::close(fd);
  }};
  auto got = read_all(reader);
  writer.join();
  CHECK(got == "abc");
  CHECK(said == "abc");
}

TEST_CASE("a pipe ends with the last of several writers") {
  world w;
  auto reader = w.open();
  auto first = w.open_writer();
  put(first, "1");
  auto second = w.open_writer();
  ::close(first);
  CHECK(read_now(reader) == "1");
  CHECK(read_now(reader).empty());
  CHECK(reader.wait(0ms) == event::quiet);
  CHECK_FALSE(reader.ended());
  put(second, "2");
  auto third = w.open_writer();
  ::close(second);
  put(third, "3");
  ::close(third);
  CHECK(read_all(reader) == "23");
}

TEST_CASE("a pipe keeps the bytes of several writers until the reader looks") {
  world w;
  auto reader = w.open();
  for (auto text : {"1", "2", "3"}) {
    auto fd = w.open_writer();
    put(fd, text);
    ::close(fd);
  }
  CHECK(read_all(reader) == "123");
}

TEST_CASE("a writer that is killed ends the pipe") {
  world w;
  auto reader = w.open();
  auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // Only what is safe after a fork.
    auto fd = ::open(w.path.c_str(), O_WRONLY);
    auto written = ::write(fd, "half a li", 9);
    for (;;)
      ::pause();
    ::_exit(written == 9 ? 0 : 1);
  }
  CHECK(reader.wait(std::chrono::milliseconds{patience}) == event::readable);
  CHECK(read_now(reader) == "half a li");
  CHECK(reader.wait(0ms) == event::quiet);
  REQUIRE(::kill(child, SIGKILL) == 0);
  CHECK(reader.wait(std::chrono::milliseconds{patience}) == event::ended);
  CHECK(::waitpid(child, nullptr, 0) == child);
}

TEST_CASE("unreadable files are refused by name") {
  test::scratch_folder folder;
  auto missing = reading_end::open(folder.path("missing"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ec::invalid_argument);
  CHECK(missing.error().what
        == "cannot open " + folder.path("missing")
               + ": No such file or directory");
  auto directory = reading_end::open(folder.path(""));
  REQUIRE_FALSE(directory);
  CHECK(directory.error().code == ec::invalid_argument);
  CHECK(directory.error().what.find("is a folder") != std::string::npos);
}

TEST_CASE("a read error is reported") {
  world w;
  auto reader = w.open();
  auto fd = w.open_writer();
  put(fd, "1");
  // The kernel may not write there.
  auto n = reader.read(nullptr, 1);
  ::close(fd);
  REQUIRE_FALSE(n);
  CHECK(n.error().code == ec::system_failed);
}

TEST_CASE("a pipe that was moved is open once") {
  world w;
  auto reader = w.open();
  auto fd = w.open_writer();
  put(fd, "1");
  reading_end other{std::move(reader)};
  CHECK(read_now(other) == "1");
  other = reading_end{};
  // Nobody reads any more.
  ::signal(SIGPIPE, SIG_IGN);
  CHECK(::write(fd, "2", 1) == -1);
  CHECK(errno == EPIPE);
  ::close(fd);
}

TEST_CASE("an exit code is read as it was written") {
  test::scratch_folder folder;
  auto path = folder.path("code");
  auto missing = read_exit_code(path);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ec::not_found);
  for (auto code : {0, 1, 137, 255}) {
    REQUIRE(write_exit_code(path, code));
    auto got = read_exit_code(path);
    REQUIRE(got);
    CHECK(*got == code);
  }
  CHECK_FALSE(write_exit_code(folder.path("no/such/folder"), 0));
}

TEST_CASE("a file without an exit code is refused") {
  test::scratch_folder folder;
  auto text = GENERATE("", " \n", "x", "0x1", "1 2", "-1", "1.5", "0 or so",
                       "99999999999999999999");
  CAPTURE(text);
  auto got = read_exit_code(folder.write("code", text));
  REQUIRE_FALSE(got);
  CHECK(got.error().code == ec::invalid_argument);
}

TEST_CASE("white space around an exit code is allowed") {
  test::scratch_folder folder;
  auto got = read_exit_code(folder.write("code", " 3 \r\n\n"));
  REQUIRE(got);
  CHECK(*got == 3);
}
