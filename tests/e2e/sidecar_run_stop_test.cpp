// `sidecar run`: ends of connectors, and what they leave.
#include "support/run_desk.hpp"

#include <catch2/catch_all.hpp>

#include <cerrno>
#include <filesystem>

#include <csignal>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

/// Blocks until the process has ended; it may not be reaped yet.
/// @returns false if ten seconds were not enough.
bool await_gone(pid_t pid) {
  const motorcade::file_handle process{
      static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
  if (!process)
    return errno == ESRCH;
  pollfd ended{process.get(), POLLIN, 0};
  return ::poll(&ended, 1, 10'000) == 1;
}

} // namespace

TEST_CASE("an interrupt passes on to the connector and ends the run") {
  desk at;
  auto number = GENERATE(SIGINT, SIGTERM);
  watched_program run{at.command(at.waiting_script()), at.env};
  REQUIRE(run.await("here I am"));
  auto told = watched_program::clock::now();
  run.signal(number);
  auto ended = run.finish();
  INFO(ended.out << ended.err);
  CHECK(run.ended_at() - told < 8s);
  CHECK(ended.exit_code == 1);
  CHECK(holds(ended.out, "CANCELLED"));
  CHECK(std::filesystem::exists(at.folder.path("told")));
  CHECK(await_gone(at.told_pid()));
  CHECK(std::filesystem::is_empty(at.folder.path("tmp")));
}

TEST_CASE("a connector that ignores SIGTERM is killed") {
  desk at;
  watched_program run{at.command(at.waiting_script("trap '' INT TERM")),
                      at.env};
  REQUIRE(run.await("here I am"));
  auto told = watched_program::clock::now();
  run.signal(SIGINT);
  auto ended = run.finish();
  INFO(ended.err);
  CHECK(run.ended_at() - told < 25s);
  CHECK(await_gone(at.told_pid()));
}

TEST_CASE("processes that a connector leaves behind end with the run") {
  desk at;
  auto ended = at.run(at.script(at.waiting_child() + "echo $! > "
                                + at.folder.path("pid") + "\n"));
  INFO(ended.err);
  CHECK(await_gone(at.told_pid()));
}

TEST_CASE("a connector dies with a sidecar that was killed") {
  desk at;
  watched_program run{at.command(at.waiting_script()), at.env};
  REQUIRE(run.await("here I am"));
  run.signal(SIGKILL);
  run.finish();
  CHECK(await_gone(at.told_pid()));
}

TEST_CASE("a run that is interrupted while it starts leaves nothing") {
  for (int pause = 0; pause <= 60; pause += 4) {
    INFO("after " << pause << " ms");
    desk at;
    watched_program run{at.command(at.waiting_script()), at.env};
    ::poll(nullptr, 0, pause);
    run.signal(SIGINT);
    auto ended = run.finish();
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code != 0);
    CHECK(std::filesystem::is_empty(at.folder.path("tmp")));
    if (auto pid = at.told_pid(); pid > 0)
      CHECK(await_gone(pid));
  }
}
