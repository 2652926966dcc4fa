// The variables of the sidecar that bound times and sizes.

#include "support/setting_effects.hpp"
#include "support/table_reader.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade::test;
using motorcade::support::fault;
using nlohmann::json;

TEST_CASE("TASK_TIMEOUT_HOURS ends a task that takes too long") {
  sidecar_world world;
  world.env["TASK_TIMEOUT_HOURS"] = "0.0003";
  world.start();
  auto connector = world.connect();
  connector.out(one_row);
  auto ended = world.finish();
  CHECK(ended.exit_code == 2);
  auto task = world.task();
  CHECK(task.status == "TIME_EXCEEDED");
  CHECK(holds(task.error, "TASK_TIMEOUT_HOURS"));
  CHECK_FALSE(world.bulker.has_table("users"));
}

TEST_CASE("SOURCE_IDLE_TIMEOUT_SECONDS ends a task whose connector is silent") {
  sidecar_world world;
  world.env["SOURCE_IDLE_TIMEOUT_SECONDS"] = "1";
  world.start();
  auto connector = world.connect();
  connector.out(one_row);
  auto ended = world.finish();
  CHECK(ended.exit_code == 2);
  CHECK(world.task().status == "FAILED");
  CHECK(holds(world.task().error, "SOURCE_IDLE_TIMEOUT_SECONDS"));
}

TEST_CASE("BULKER_STALL_TIMEOUT_SECONDS ends a request that does not move") {
  sidecar_world world;
  world.env["BULKER_STALL_TIMEOUT_SECONDS"] = "1";
  world.bulker.inject({.what = fault::kind::stall, .after_bytes = 1});
  std::vector<std::string> rows(16, R"({"a":")" + std::string(1'000'000, 'x')
                                        + "\"}");
  auto ended = world.play(record_lines("users", rows));
  INFO(ended.err);
  CHECK(holds(ended.err, "the server took no byte for 1 s"));
  CHECK(ended.exit_code == 0);
  CHECK(world.bulker.rows("users") == rows);
}

TEST_CASE("BULKER_RESPONSE_TIMEOUT_SECONDS ends a request without an answer") {
  sidecar_world world;
  world.env["BULKER_RESPONSE_TIMEOUT_SECONDS"] = "1";
  world.bulker.inject({.what = fault::kind::mute});
  auto ended = world.play(one_row);
  INFO(ended.err);
  CHECK(holds(ended.err, "no answer 1 s after the end"));
  CHECK(ended.exit_code == 0);
  CHECK(world.bulker.row_count("users") == 1);
}

TEST_CASE("MAX_LINE_BYTES is the longest line that is read") {
  sidecar_world world;
  world.env["MAX_LINE_BYTES"] = "1KiB";
  auto row = [](size_t size) {
    return R"({"a":")" + std::string(size, 'x') + "\"}";
  };
  world.play(record_line("users", row(2000)) + record_line("users", row(100)));
  CHECK(world.bulker.rows("users") == std::vector<std::string>{row(100)});
  CHECK(world.task().metrics["faults"] == json{{"line_too_long", 1}});
}

TEST_CASE("RETRY_BUFFER_BYTES says how much of a request may be repeated") {
  sidecar_world world;
  std::vector<std::string> rows(300,
                                R"({"a":")" + std::string(10'000, 'x') + "\"}");
  world.bulker.inject({.what = fault::kind::reset, .after_bytes = 2'500'000});
  SECTION("a small one") {
    world.env["RETRY_BUFFER_BYTES"] = "1MiB";
    auto ended = world.play(record_lines("users", rows));
    CHECK(ended.exit_code == 1);
    CHECK(world.task().status == "FAILED");
    CHECK(holds(world.task().error, "RETRY_BUFFER_BYTES"));
    CHECK_FALSE(world.bulker.has_table("users"));
  }
  SECTION("a large one") {
    world.env["RETRY_BUFFER_BYTES"] = "8MiB";
    auto ended = world.play(record_lines("users", rows));
    CHECK(ended.exit_code == 0);
    CHECK(world.bulker.rows("users") == rows);
  }
}

TEST_CASE("SPOOL_DIR keeps what RETRY_BUFFER_BYTES cannot") {
  sidecar_world world;
  world.env["RETRY_BUFFER_BYTES"] = "1MiB";
  world.env["SPOOL_DIR"] = world.folder.path("spool");
  std::filesystem::create_directory(world.env["SPOOL_DIR"]);
  std::vector<std::string> rows(500,
                                R"({"a":")" + std::string(10'000, 'x') + "\"}");
  world.bulker.inject(
      {.what = fault::kind::reset, .after_bytes = 4'000'000, .times = 2});
  auto ended = world.play(record_lines("users", rows));
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.bulker.rows("users") == rows);
  CHECK(std::filesystem::is_empty(world.env["SPOOL_DIR"]));
}

TEST_CASE("SOURCE_EXIT_TIMEOUT_SECONDS ends a connector that is done") {
  sidecar_world world;
  world.env["SOURCE_EXIT_TIMEOUT_SECONDS"] = "1";
  world.start();
  auto connector = world.connect();
  connector.out(one_row + status_line("users", "COMPLETE"));
  auto ended = world.finish();
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.level_of("did not exit") == "WARN");
}

TEST_CASE("STOP_GRACE_SECONDS must be a number of seconds") {
  sidecar_world world;
  world.env["STOP_GRACE_SECONDS"] = "soon";
  CHECK(holds(refusal_of(world), "STOP_GRACE_SECONDS: "));
}
