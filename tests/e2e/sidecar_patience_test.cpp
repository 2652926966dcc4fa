// Pipes and exit codes that never come are given up after half a minute. All of
// it waits at once, so that the whole takes no longer than the longest.

#include "support/holds.hpp"
#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>

using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

const std::string one_row = record_line("users", R"({"n":1})");

struct wrapped_world : sidecar_world {
  wrapped_world() : sidecar_world{sqlite_world()} {
    env["EXIT_CODE_FILE"] = folder.path("exit-code");
  }
};

/// @returns how long the sidecar ran.
std::chrono::milliseconds span(sidecar_world& world,
                               watched_program::clock::time_point since) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      world.sidecar().ended_at() - since);
}

} // namespace

TEST_CASE("a pipe that never comes is given up") {
  using clock = watched_program::clock;

  // The connector ended without an exit code.
  wrapped_world untold;
  untold.start();
  untold.connect().out(one_row + status_line("users", "COMPLETE"));

  // The pipes are never made.
  sidecar_world pipeless;
  pipeless.remove_pipes();
  pipeless.start();

  // The connector ended, but a child of it holds its pipes.
  wrapped_world orphaned;
  orphaned.start();
  auto orphan = orphaned.connect();
  orphan.out(one_row + status_line("users", "COMPLETE"));
  orphaned.write_exit_code(0);

  // The connector never opened stderr.
  sidecar_world speechless;
  speechless.start();
  speechless.connect(opening::only_out).out(one_row);

  // The exit code file holds no exit code.
  wrapped_world garbled;
  garbled.folder.write("exit-code", "well\n");
  garbled.start();
  garbled.connect().out(one_row);

  // The database neither refuses nor answers, and we are told to stop.
  sidecar_world frozen{postgres_world()};
  frozen.start();
  auto connector = frozen.connect();
  REQUIRE(frozen.await("SELECT status FROM source_task", "RUNNING"));
  std::vector<pid_t> servers;
  for (const auto& row : frozen.database().query(
           "SELECT pid FROM pg_stat_activity WHERE application_name = "
           "'motorcade-sidecar'"))
    servers.push_back(std::stoi(row[0].value()));
  // That of the tables, and that of the sync's lock.
  REQUIRE(servers.size() == 2);
  for (auto pid : servers)
    REQUIRE(::kill(pid, SIGSTOP) == 0);
  connector.out(one_row);
  REQUIRE(frozen.bulker.wait_for_bytes(8));
  frozen.sidecar().signal(SIGTERM);
  auto told = clock::now();

  auto speechless_end = speechless.finish();
  CHECK(speechless_end.exit_code == 0);
  CHECK(speechless.task().status == "SUCCESS");

  auto orphaned_end = orphaned.finish();
  INFO(orphaned_end.err);
  CHECK(orphaned_end.exit_code == 0);
  CHECK(orphaned.task().status == "SUCCESS");
  CHECK_FALSE(orphan.out(one_row));

  auto untold_end = untold.finish();
  INFO(untold_end.err);
  CHECK(untold_end.exit_code == 0);
  // Doubt is no success, though all rows came.
  CHECK(untold.task().status == "PARTIAL");
  CHECK(untold.task().of("users") == "SUCCESS");
  CHECK(untold.level_of("exit code did not appear") == "ERROR");

  auto garbled_end = garbled.finish();
  CHECK(garbled_end.exit_code == 1);
  CHECK(garbled.task().status == "FAILED");
  CHECK(holds(garbled.task().error, "its exit code was never reported"));

  auto pipeless_end = pipeless.finish();
  INFO(pipeless_end.err);
  CHECK(pipeless_end.exit_code == 2);
  CHECK(pipeless.task().status == "FAILED");
  CHECK(holds(pipeless.task().error, "cannot open"));

  auto frozen_end = frozen.finish();
  for (auto pid : servers)
    ::kill(pid, SIGCONT);
  INFO(frozen_end.err);
  CHECK(frozen_end.exit_code == 1);
  // 30 s of STOP_GRACE_SECONDS, looked at each second, 3 s for a last call of
  // the tables and 1 s for that of the lock; a Pod has 60 s.
  CHECK(span(frozen, told) < 40s);
  CHECK_FALSE(frozen.bulker.has_table("users"));
}
