// Exit codes, statuses and reasons: how a sidecar ends by itself.

#include "support/holds.hpp"
#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>

using namespace motorcade::test;
using motorcade::support::fault;

namespace {

const std::string one_row = record_line("users", R"({"n":1})");

/// A world whose sidecar is told the connector's exit code.
struct wrapped_world : sidecar_world {
  wrapped_world() : sidecar_world{postgres_world()} {
    env["EXIT_CODE_FILE"] = folder.path("exit-code");
  }
};

/// Expects that a sidecar refuses to begin, and that the database knows why.
void expect_refusal(sidecar_world& world, const std::string& reason) {
  auto ended = world.start().finish();
  INFO(ended.err);
  CHECK(ended.exit_code == 2);
  CHECK(holds(ended.err, reason));
  auto task = world.task();
  CHECK(task.status == "FAILED");
  INFO(task.error);
  CHECK(holds(task.error, reason));
}

} // namespace

TEST_CASE("the connector's exit code decides if it sends no status") {
  wrapped_world world;
  SECTION("zero") {
    world.write_exit_code(0);
    CHECK(world.play(one_row).exit_code == 0);
    CHECK(world.task().status == "SUCCESS");
    CHECK(world.bulker.row_count("users") == 1);
  }
  SECTION("one") {
    world.write_exit_code(1);
    auto ended = world.play(one_row + log_line("ERROR", "no such host"));
    CHECK(ended.exit_code == 1);
    auto task = world.task();
    CHECK(task.status == "FAILED");
    CHECK(holds(task.error, "(exit code 1): no such host"));
    CHECK_FALSE(world.bulker.has_table("users"));
  }
  SECTION("killed for want of memory") {
    world.write_exit_code(137);
    CHECK(world.play(one_row).exit_code == 1);
    CHECK(holds(world.task().error, "want of memory"));
  }
  SECTION("no row and a failure") {
    world.write_exit_code(2);
    CHECK(world.play("", "usage: connector\n").exit_code == 1);
    CHECK(holds(world.task().error, "(exit code 2): usage: connector"));
  }
}

TEST_CASE("an exit code that comes after the pipes' end is waited for") {
  wrapped_world world;
  world.start();
  world.connect().out(one_row);
  // Settled, but for the code.
  REQUIRE(world.await("SELECT (metrics->>'rows') FROM source_task", "1"));
  CHECK_FALSE(world.sidecar().ended());
  world.folder.write("exit-code.new", "  0\n");
  std::filesystem::rename(world.folder.path("exit-code.new"),
                          world.env["EXIT_CODE_FILE"]);
  CHECK(world.finish().exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
}

TEST_CASE("an exit code that comes before the pipes' end ends nothing") {
  wrapped_world world;
  world.start();
  auto connector = world.connect();
  world.write_exit_code(0);
  connector.out(one_row);
  REQUIRE(world.bulker.wait_for_bytes(8));
  connector.out(one_row);
  connector.close();
  CHECK(world.finish().exit_code == 0);
  CHECK(world.bulker.row_count("users") == 2);
}

TEST_CASE("a bad exit code is doubt even if all streams are complete") {
  wrapped_world world;
  world.write_exit_code(1);
  auto ended = world.play(one_row + status_line("users", "COMPLETE"));
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "PARTIAL");
  CHECK(world.task().of("users") == "SUCCESS");
}

TEST_CASE("a catalog that cannot be used is FAILED with its reason") {
  sidecar_world world{postgres_world()};
  SECTION("missing") {
    std::filesystem::remove(world.folder.path("config/catalog.json"));
    expect_refusal(world, "cannot open "
                              + world.folder.path("config/catalog.json")
                              + ": No such file or directory");
  }
  SECTION("no JSON") {
    world.file("catalog.json", "{\"streams\":[");
    expect_refusal(world, "catalog");
  }
  SECTION("a stream without a name") {
    world.file("catalog.json", R"({"streams":[{"stream":{},)"
                               R"("sync_mode":"full_refresh"}]})");
    expect_refusal(world, "streams[0].stream.name");
  }
  SECTION("two streams for one table") {
    world.catalog(configured_catalog({"Users", "users"}));
    world.env["TO_SAME_CASE"] = "true";
    expect_refusal(world, "would share the table");
  }
  SECTION("a state that is none") {
    world.file("state.json", "[1]");
    expect_refusal(world, "state[0]");
  }
  SECTION("a placeholder that nobody knows") {
    world.env["NAMESPACE"] = "${NOWHERE}";
    expect_refusal(world, "${NOWHERE}");
  }
}

TEST_CASE("a connector that outlives its work does not outlive its task") {
  sidecar_world world{postgres_world()};
  world.env["SOURCE_EXIT_TIMEOUT_SECONDS"] = "1";
  world.start();
  auto connector = world.connect();
  connector.out(record_line("users", R"({"n":1})")
                + status_line("users", "COMPLETE"));
  auto ended = world.finish();
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.bulker.row_count("users") == 1);
  CHECK(world.level_of("the connector did not exit within 1 second (")
        == "WARN");
}

TEST_CASE("a state that counts more than came makes its stream PARTIAL") {
  sidecar_world world{postgres_world()};
  world.catalog(configured_catalog({"users"}, "incremental"));
  auto strict = GENERATE(false, true);
  world.env["STRICT_RECORD_COUNT"] = strict ? "true" : "";
  auto state = nlohmann::json::parse(state_line("users", R"({"n":1})"));
  state["state"]["sourceStats"]["recordCount"] = 3;
  auto ended = world.play(record_line("users", R"({"n":1})") + state.dump()
                          + "\n" + status_line("users", "COMPLETE"));
  INFO(ended.err);
  CHECK(world.task().status == "PARTIAL");
  CHECK(world.task().of("users") == "PARTIAL");
  CHECK(world.task().error.find("2 rows are missing") != std::string::npos);
  CHECK(world.states().contains("users") != strict);
}

TEST_CASE("a newer kind of state ends an older one, and the streams without a "
          "state are named") {
  sidecar_world world{postgres_world()};
  world.catalog(configured_catalog({"users", "orders"}, "incremental"));
  world.play(
      global_state_line(R"("shared_state":{"lsn":1},"stream_states":[])"));
  CHECK(world.states().contains("_GLOBAL_STATE"));
  world.file("state.json",
             R"([{"type":"GLOBAL","global":{"shared_state":{"lsn":1},)"
             R"("stream_states":[]}}])");
  world.play(state_line("users", R"({"n":1})"));
  CHECK(world.states().size() == 1);
  CHECK(world.states().contains("users"));
  CHECK(world.level_of("No state is left of: orders") == "WARN");
  world.file("state.json", R"([{"type":"STREAM","stream":{"stream_descriptor":)"
                           R"({"name":"users"},"stream_state":{"n":1}}}])");
  world.play("");
  CHECK(world.level_of("holds none of: orders. These streams are read from the "
                       "start, and their tables are replaced")
        == "WARN");
}

TEST_CASE("a task that is CANCELLED already stays so and stops") {
  sidecar_world world{postgres_world()};
  world.play(one_row);
  world.database().query("UPDATE source_task SET status = 'CANCELLED'");
  auto ended = world.start().finish();
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "CANCELLED");
}

TEST_CASE("a task that becomes CANCELLED stops") {
  sidecar_world world{postgres_world()};
  world.start();
  auto connector = world.connect();
  REQUIRE(world.await("SELECT status FROM source_task", "RUNNING"));
  world.database().query(
      "UPDATE source_task SET status = 'CANCELLED', error = 'by a person'");
  connector.out(one_row);
  auto ended = world.finish();
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "CANCELLED");
  CHECK(world.task().error == "by a person");
  CHECK_FALSE(world.bulker.has_table("users"));
}

TEST_CASE("an unwritable database is reported, and no state is lost silently") {
  sidecar_world world{postgres_world()};
  world.catalog(configured_catalog({"users"}, "incremental"));
  // What jsonb cannot hold.
  auto ended = world.play(one_row + state_line("users", R"({"a":"\u0000"})")
                          + status_line("users", "COMPLETE"));
  INFO(ended.err);
  auto task = world.task();
  CHECK(task.status == "PARTIAL");
  CHECK(holds(task.error, "a state could not be stored"));
  CHECK(world.states().empty());
}

TEST_CASE("a database that refuses the login ends the task at once") {
  sidecar_world world{postgres_world()};
  world.env["DATABASE_URL"] =
      postgres_address("nobody", "hush-hush", "schema=public");
  auto ended = world.start().finish();
  CHECK(ended.exit_code == 2);
  CHECK(holds(ended.err, "authentication failed"));
  CHECK_FALSE(holds(ended.err, "hush"));
}

TEST_CASE("a sidecar that is killed leaves no state without its rows") {
  sidecar_world world{postgres_world()};
  world.catalog(configured_catalog({"users"}, "incremental"));
  world.start();
  auto connector = world.connect();
  world.bulker.inject({.what = fault::kind::mute});
  connector.out(one_row + state_line("users", R"({"n":1})")
                + status_line("users", "COMPLETE"));
  REQUIRE(world.bulker.wait_for_bytes(8));
  world.sidecar().signal(SIGKILL);
  CHECK(world.finish().exit_code == 128 + SIGKILL);
  CHECK(world.states().empty());
  CHECK_FALSE(world.bulker.has_table("users"));
  // The next one starts where the last one could not.
  connector.close();
  CHECK(world
            .play(one_row + state_line("users", R"({"n":1})")
                  + status_line("users", "COMPLETE"))
            .exit_code
        == 0);
  CHECK(world.bulker.row_count("users") == 1);
  CHECK(world.states()["users"] == R"({"n": 1})");
}
