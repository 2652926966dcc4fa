// A sidecar is told to stop, at any moment.

#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <future>

#include <csignal>
#include <poll.h>

using namespace motorcade::test;
using motorcade::support::fault;
using namespace std::chrono_literals;

namespace {

const std::string one_row = record_line("users", R"({"n":1})");

/// Far over what it takes, and far under what would be a timeout of anything.
constexpr auto soon = 8s;

/// Tells the sidecar to stop and expects a good end.
void expect_cancelled(sidecar_world& world, int times = 1) {
  auto told = watched_program::clock::now();
  for (int i = 0; i < times; ++i)
    world.sidecar().signal(SIGTERM);
  auto ended = world.finish();
  INFO(ended.err);
  CHECK(world.sidecar().ended_at() - told < soon);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "CANCELLED");
  CHECK(world.logged("the task ended as CANCELLED"));
  CHECK_FALSE(world.bulker.has_table("users"));
}

} // namespace

TEST_CASE("a task that is stopped before the pipes exist is CANCELLED") {
  sidecar_world world{postgres_world()};
  world.remove_pipes();
  world.start();
  REQUIRE(world.await("SELECT status FROM source_task", "RUNNING"));
  expect_cancelled(world);
}

TEST_CASE(
    "a task that is stopped before the connector opened a pipe is CANCELLED") {
  sidecar_world world{postgres_world()};
  world.start();
  REQUIRE(world.await("SELECT status FROM source_task", "RUNNING"));
  expect_cancelled(world);
}

TEST_CASE(
    "a task that is stopped when one pipe of two was opened is CANCELLED") {
  sidecar_world world{postgres_world()};
  world.start();
  auto connector =
      world.connect(GENERATE(opening::only_err, opening::only_out));
  expect_cancelled(world);
}

TEST_CASE("a task that is stopped in mid-stream, once or often, is CANCELLED") {
  sidecar_world world{postgres_world()};
  world.catalog(
      configured_catalog({"users"}, GENERATE("full_refresh", "incremental")));
  world.start();
  auto connector = world.connect();
  connector.out(record_lines("users", numbered_rows(0, 5000)));
  REQUIRE(world.bulker.wait_for_bytes(1000));
  expect_cancelled(world, GENERATE(1, 3));
  CHECK(world.task().of("users") == "CANCELLED");
  // The connector notices, too: its pipes are closed.
  CHECK_FALSE(connector.out(one_row));
}

TEST_CASE(
    "a request that ended before the stop counts, and its state is saved") {
  sidecar_world world{postgres_world()};
  world.catalog(configured_catalog({"users"}, "incremental"));
  world.bulker.inject({.what = fault::kind::slow_answer});
  world.start();
  auto connector = world.connect();
  connector.out(one_row + state_line("users", R"({"n":1})")
                + status_line("users", "COMPLETE"));
  REQUIRE(world.bulker.wait_for_ended(1));
  world.sidecar().signal(SIGTERM);
  auto ended = world.finish();
  INFO(ended.err);
  CHECK(world.bulker.row_count("users") == 1);
  CHECK(world.states().contains("users"));
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.task().metrics["committed_rows"] == 1);
}

TEST_CASE("a task that is stopped while it waits for an answer is CANCELLED") {
  sidecar_world world{postgres_world()};
  // Bulker may still commit, so its answer is worth a part of the grace time.
  world.env["STOP_GRACE_SECONDS"] = "6";
  world.bulker.inject({.what = fault::kind::mute});
  world.start();
  world.connect().out(one_row + status_line("users", "COMPLETE"));
  REQUIRE(world.bulker.wait_for_bytes(8));
  REQUIRE(world.await("SELECT description::json->'users'->>'events' FROM "
                      "source_task",
                      "1"));
  expect_cancelled(world);
}

TEST_CASE("a task that is stopped while Bulker is away is CANCELLED") {
  sidecar_world world{postgres_world()};
  world.env["STOP_GRACE_SECONDS"] = "6";
  world.bulker.stop_listening();
  world.start();
  world.connect().out(one_row + status_line("users", "COMPLETE"));
  REQUIRE(world.sidecar().await("trying again in"));
  expect_cancelled(world);
}

TEST_CASE("a task that is stopped while Bulker takes no byte is CANCELLED") {
  sidecar_world world{postgres_world()};
  world.bulker.inject({.what = fault::kind::stall, .after_bytes = 1});
  world.start();
  auto connector = world.connect();
  auto row = R"({"a":")" + std::string(1'000'000, 'x') + "\"}";
  for (int i = 0; i < 8; ++i)
    connector.out(record_line("users", row));
  REQUIRE(world.bulker.wait_for_begun(1));
  expect_cancelled(world);
}

TEST_CASE("a task that is stopped while the window is full is CANCELLED") {
  sidecar_world world{postgres_world()};
  world.env["RETRY_BUFFER_BYTES"] = "1MiB";
  world.bulker.inject({.what = fault::kind::stall, .after_bytes = 1});
  world.start();
  auto connector = world.connect();
  auto row =
      record_line("users", R"({"a":")" + std::string(1'000'000, 'x') + "\"}");
  // A pipe that takes no more is what a slow destination makes of it.
  auto writer = std::async(std::launch::async, [&] {
    while (connector.out(row)) {}
  });
  REQUIRE(world.bulker.wait_for_begun(1));
  REQUIRE(world.await("SELECT (description::json->'users'->>'events')::int > 4 "
                      "FROM source_task",
                      "t"));
  expect_cancelled(world);
  writer.get();
}

TEST_CASE(
    "a task that is stopped while it waits for the exit code is CANCELLED") {
  sidecar_world world{postgres_world()};
  world.env["EXIT_CODE_FILE"] = world.folder.path("exit-code");
  world.start();
  world.connect().out(one_row);
  REQUIRE(world.await("SELECT metrics->>'rows' FROM source_task", "1"));
  expect_cancelled(world);
}

TEST_CASE("SIGINT has the effect of SIGTERM") {
  sidecar_world world{postgres_world()};
  world.start();
  auto connector = world.connect();
  world.sidecar().signal(SIGINT);
  CHECK(world.finish().exit_code == 0);
  CHECK(world.task().status == "CANCELLED");
}

TEST_CASE("a sidecar that is stopped while it starts is killed or CANCELLED") {
  // Too early even for main() is death, later is CANCELLED, never anything
  // else.
  for (int pause = 0; pause <= 60; pause += 2) {
    INFO("after " << pause << " ms");
    sidecar_world world{postgres_world()};
    world.start();
    ::poll(nullptr, 0, pause);
    auto told = watched_program::clock::now();
    world.sidecar().signal(SIGTERM);
    auto ended = world.finish();
    INFO(ended.err);
    CHECK(world.sidecar().ended_at() - told < soon);
    if (ended.exit_code == 128 + SIGTERM) {
      // Not a word was said yet, so nothing was begun.
      CHECK(ended.err.empty());
      continue;
    }
    CHECK(ended.exit_code == 0);
    CHECK(world.task().status == "CANCELLED");
  }
}

TEST_CASE("a stop after the delivery of all rows changes nothing") {
  // In any order of events the row and the table must agree.
  for (int pause = 0; pause <= 40; pause += 4) {
    INFO("after " << pause << " ms");
    sidecar_world world{postgres_world()};
    world.start();
    world.connect().out(one_row + status_line("users", "COMPLETE"));
    ::poll(nullptr, 0, pause);
    world.sidecar().signal(SIGTERM);
    auto ended = world.finish();
    INFO(ended.err);
    auto task = world.task();
    auto committed = world.bulker.row_count("users") == 1;
    CHECK((task.status == "SUCCESS" || task.status == "CANCELLED"));
    if (task.status == "SUCCESS")
      CHECK(committed);
  }
}

TEST_CASE("STOP_STATUS is the status of a task that was stopped") {
  sidecar_world world{postgres_world()};
  world.env["STOP_STATUS"] = "FAILED";
  world.start();
  REQUIRE(world.await("SELECT status FROM source_task", "RUNNING"));
  world.sidecar().signal(SIGTERM);
  auto ended = world.finish();
  INFO(ended.err);
  CHECK(ended.exit_code == 1);
  CHECK(world.task().status == "FAILED");
  CHECK(world.logged("the task was stopped from outside (SIGTERM)"));
}
