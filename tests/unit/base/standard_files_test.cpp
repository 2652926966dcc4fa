#include "runtime/base/standard_files.hpp"

#include <catch2/catch_all.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

using namespace motorcade;

namespace {

/// @returns whether a process that began with these descriptors closed gives
/// none of their numbers to a file that it opens, and writes nothing by them.
bool are_kept_free(std::initializer_list<int> closed) {
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    for (auto fd : closed)
      ::close(fd);
    open_standard_files();
    auto fine = ::open("/dev/zero", O_RDWR) > STDERR_FILENO;
    for (auto fd : closed)
      fine = fine && ::write(fd, "", 1) < 0 && errno == EBADF;
    ::_exit(fine ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return status == 0;
}

} // namespace

TEST_CASE("no file gets the number of a closed stdin, stdout or stderr") {
  CHECK(are_kept_free({}));
  for (auto fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    CHECK(are_kept_free({fd}));
  CHECK(are_kept_free({STDIN_FILENO, STDERR_FILENO}));
  CHECK(are_kept_free({STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}));
}

TEST_CASE("open descriptors stay what they are") {
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto zero = ::open("/dev/zero", O_RDWR);
    for (auto fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      ::dup2(zero, fd);
    open_standard_files();
    auto fine = true;
    for (auto fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      fine = fine && ::write(fd, "", 1) == 1;
    ::_exit(fine ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
