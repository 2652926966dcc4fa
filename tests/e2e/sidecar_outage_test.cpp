// Postgres goes away: this program stops and starts its own cluster.

#include "support/database_outage.hpp"
#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>

using namespace motorcade::test;
using motorcade::support::fault;
using namespace std::chrono_literals;

namespace {

const std::string one_row = record_line("users", R"({"n":1})");

struct incremental_world : sidecar_world {
  incremental_world() : sidecar_world{postgres_world()} {
    catalog(configured_catalog({"users"}, "incremental"));
  }
};

} // namespace

TEST_CASE("a read survives an outage of Postgres of three seconds") {
  incremental_world world;
  world.start();
  auto connector = world.connect();
  connector.out(record_lines("users", numbered_rows(0, 100)));
  REQUIRE(world.await("SELECT metrics->>'rows' FROM source_task", "100"));
  {
    database_outage now;
    connector.out(log_line("WARN", "said meanwhile")
                  + state_line("users", R"({"n":1})")
                  + record_lines("users", numbered_rows(100, 100)));
    REQUIRE(world.sidecar().await("the database is not available"));
    // Measured, not waited for: so long is the outage.
    std::this_thread::sleep_for(3s);
    connector.out(state_line("users", R"({"n":2})")
                  + status_line("users", "COMPLETE"));
    connector.close();
    CHECK_FALSE(world.sidecar().ended());
  }
  auto ended = world.finish();
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.states()["users"] == R"({"n": 2})");
  CHECK(world.bulker.rows("users") == numbered_rows(0, 200));
  CHECK(world.level_of("said meanwhile") == "WARN");
}

TEST_CASE("a task waits for Postgres at its start") {
  incremental_world world;
  database_outage now;
  world.start();
  REQUIRE(world.sidecar().await("the database is not available"));
  now.end();
  world.connect().out(one_row + status_line("users", "COMPLETE"));
  auto ended = world.finish();
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
}

TEST_CASE("a task that is stopped while Postgres is away ends in time") {
  incremental_world world;
  std::optional<pipe_writer> connector;
  std::optional<database_outage> now;
  SECTION("at the start") {
    now.emplace();
    world.start();
    REQUIRE(world.sidecar().await("the database is not available"));
  }
  SECTION("in mid-stream") {
    world.start();
    REQUIRE(world.await("SELECT status FROM source_task", "RUNNING"));
    connector.emplace(world.env["STDOUT_PIPE_FILE"],
                      world.env["STDERR_PIPE_FILE"], opening::err_first);
    now.emplace();
    connector->out(one_row);
    REQUIRE(world.sidecar().await("the database is not available"));
  }
  world.sidecar().signal(SIGTERM);
  REQUIRE(world.sidecar().await("told to stop"));
  now.reset();
  auto ended = world.finish(35s);
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "CANCELLED");
  CHECK_FALSE(world.bulker.has_table("users"));
}

TEST_CASE("a refusal is stored when Postgres comes back") {
  incremental_world world;
  std::filesystem::remove(world.folder.path("config/catalog.json"));
  database_outage now;
  world.start();
  REQUIRE(world.sidecar().await("the database is not available"));
  now.end();
  CHECK(world.finish().exit_code == 2);
  CHECK(world.task().status == "FAILED");
}

TEST_CASE("a refusal that cannot be stored ends on a stop signal") {
  incremental_world world;
  std::filesystem::remove(world.folder.path("config/catalog.json"));
  database_outage now;
  world.start();
  REQUIRE(world.sidecar().await("the database is not available"));
  world.sidecar().signal(SIGTERM);
  auto ended = world.finish(8s);
  CHECK(ended.exit_code == 2);
  CHECK(ended.err.find("could not be stored") != std::string::npos);
}

TEST_CASE("cut connections to Postgres lose nothing") {
  incremental_world world;
  world.start();
  auto connector = world.connect();
  REQUIRE(world.await("SELECT status FROM source_task", "RUNNING"));
  for (size_t n = 0; n < 5; ++n) {
    world.database().query("SELECT pg_terminate_backend(pid) FROM "
                           "pg_stat_activity WHERE application_name = "
                           "'motorcade-sidecar'");
    connector.out(record_lines("users", numbered_rows(n * 10, 10)));
    auto rows = std::to_string((n + 1) * 10);
    REQUIRE(world.await("SELECT metrics->>'rows' FROM source_task", rows));
  }
  connector.out(state_line("users", R"({"n":1})")
                + status_line("users", "COMPLETE"));
  connector.close();
  auto ended = world.finish();
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.bulker.rows("users") == numbered_rows(0, 50));
}
