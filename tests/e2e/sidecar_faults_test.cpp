// Bulker misbehaves, and so does SQLite.

#include "support/holds.hpp"
#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <sqlite3.h>

using namespace motorcade::test;
using motorcade::support::fault;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

/// Rows of some kilobytes, so that a request is under way for a while.
std::vector<std::string> wide_rows(size_t count) {
  std::vector<std::string> rows;
  for (size_t n = 0; n < count; ++n)
    rows.push_back("{\"n\":" + std::to_string(n) + R"(,"a":")"
                   + std::string(4000, 'x') + "\"}");
  return rows;
}

/// Expects that after these faults all is well, once and in order.
void expect_mended(sidecar_world& world, const std::vector<std::string>& rows) {
  auto ended =
      world.play(record_lines("users", rows) + state_line("users", R"({"n":1})")
                 + status_line("users", "COMPLETE"));
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.bulker.rows("users") == rows);
  CHECK(world.states().count("users") == 1);
}

/// Expects that the fault ends the stream, and why.
void expect_failed(sidecar_world& world, const std::string& reason) {
  auto ended = world.play(record_lines("users", wide_rows(10))
                          + state_line("users", R"({"n":1})")
                          + status_line("users", "COMPLETE"));
  INFO(ended.err);
  CHECK(ended.exit_code == 1);
  auto task = world.task();
  CHECK(task.status == "FAILED");
  CHECK(task.of("users") == "FAILED");
  INFO(task.error);
  CHECK(holds(task.error, reason));
  CHECK(holds(task.description["users"]["error"].get<std::string>(), reason));
  CHECK(world.logged(reason));
  CHECK(world.states().empty());
  CHECK(task.metrics["committed_rows"] == 0);
  CHECK(task.metrics["failed_rows"] == 10);
}

/// A world of one incremental stream, which appends.
struct appending_world : sidecar_world {
  explicit appending_world(motorcade::support::stand_in_settings settings = {})
      : sidecar_world{sqlite_world(), std::move(settings)} {
    catalog(configured_catalog({"users"}, "incremental"));
    file("state.json", R"([{"type":"STREAM","stream":{"stream_descriptor":)"
                       R"({"name":"users"},"stream_state":{"n":0}}}])");
  }
};

} // namespace

TEST_CASE("a request passes after Bulker refused connections for two seconds") {
  appending_world world;
  world.bulker.stop_listening();
  world.start();
  auto rows = wide_rows(10);
  {
    auto connector = world.connect();
    connector.out(record_lines("users", rows)
                  + state_line("users", R"({"n":1})")
                  + status_line("users", "COMPLETE"));
  }
  REQUIRE(world.sidecar().await("trying again in"));
  // Measured time: this long is the outage.
  std::this_thread::sleep_for(2s);
  world.bulker.start_listening();
  auto ended = world.finish();
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.bulker.rows("users") == rows);
  CHECK(world.states()["users"] == R"({"n":1})");
}

TEST_CASE("429 with Retry-After is waited for") {
  appending_world world;
  world.bulker.inject({.status = 429, .headers = {"Retry-After: 1"}});
  auto begun = watched_program::clock::now();
  expect_mended(world, wide_rows(10));
  CHECK(world.sidecar().ended_at() - begun >= 1s);
}

TEST_CASE("two answers of 500 are tried again") {
  appending_world world;
  world.bulker.inject({.status = 500,
                       .body = R"({"error":"warehouse suspended"})",
                       .after_bytes = fault::whole_body,
                       .times = 2});
  expect_mended(world, wide_rows(10));
  CHECK(world.bulker.requests().size() == 3);
}

TEST_CASE("a reset in the middle of the body is tried again") {
  appending_world world;
  world.bulker.inject({.what = fault::kind::reset, .after_bytes = 100'000});
  expect_mended(world, wide_rows(1000));
}

TEST_CASE("an early 503 in the middle of the body is tried again") {
  appending_world world;
  world.bulker.inject({.status = 503, .after_bytes = 100'000, .abrupt = true});
  expect_mended(world, wide_rows(1000));
}

TEST_CASE("an answer that comes byte by byte is an answer") {
  appending_world world;
  world.bulker.inject({.what = fault::kind::slow_answer});
  expect_mended(world, wide_rows(10));
}

TEST_CASE("a 200 that is lost after the commit repeats rows and loses none") {
  SECTION("a full refresh replaces what it wrote") {
    sidecar_world world;
    world.bulker.inject({.what = fault::kind::lost_answer});
    auto rows = wide_rows(10);
    auto ended = world.play(record_lines("users", rows)
                            + status_line("users", "COMPLETE"));
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(world.bulker.rows("users") == rows);
  }
  SECTION("an incremental one writes twice") {
    appending_world world;
    world.bulker.inject({.what = fault::kind::lost_answer});
    auto rows = wide_rows(10);
    auto ended =
        world.play(record_lines("users", rows) + state_line("users", "{}")
                   + status_line("users", "COMPLETE"));
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    auto twice = rows;
    twice.insert(twice.end(), rows.begin(), rows.end());
    CHECK(world.bulker.rows("users") == twice);
    CHECK(world.states().count("users") == 1);
  }
}

TEST_CASE("404 ends the stream with Bulker's own words") {
  appending_world world{{.destinations = {"another"}}};
  expect_failed(world, R"(404: {"error":"destination not found: sync)");
}

TEST_CASE("401 ends the stream and shows no token") {
  appending_world world{{.token = "right-hush"}};
  world.env["BULKER_AUTH_TOKEN"] = "wrong-hush";
  world.env["LOG_LEVEL"] = "trace";
  // Some servers repeat what they were given.
  world.bulker.inject({.status = 401, .body = "no such token: wrong-hush"});
  expect_failed(world, "401");
  CHECK_FALSE(holds(world.sidecar().output(), "hush"));
  CHECK_FALSE(world.logged("hush"));
  CHECK_FALSE(holds(world.task().description.dump(), "hush"));
}

TEST_CASE(
    "a request that outgrew its buffer is not repeated, which is reported") {
  sidecar_world world;
  world.env["RETRY_BUFFER_BYTES"] = "1MiB";
  world.bulker.set_table("users", {"{}"});
  world.bulker.inject({.what = fault::kind::reset, .after_bytes = 3'000'000});
  auto ended = world.play(record_lines("users", wide_rows(1000))
                          + status_line("users", "COMPLETE"));
  INFO(ended.err);
  CHECK(ended.exit_code == 1);
  CHECK(world.task().status == "FAILED");
  CHECK(holds(world.task().error, "RETRY_BUFFER_BYTES"));
  CHECK(world.bulker.rows("users") == std::vector<std::string>{"{}"});
  CHECK(world.task().metrics["failed_rows"] == 1000);
}

TEST_CASE("an incremental request never outgrows its buffer") {
  appending_world world;
  world.env["RETRY_BUFFER_BYTES"] = "1MiB";
  world.bulker.inject({.what = fault::kind::reset,
                       .after_bytes = 200'000,
                       .skip = 2,
                       .times = 2});
  expect_mended(world, wide_rows(2000));
}

TEST_CASE("one stream fails and the others go on") {
  sidecar_world world;
  world.catalog(configured_catalog({"bad", "good", "also"}));
  world.bulker.inject({.status = 400,
                       .body = R"({"error":"no such column"})",
                       .after_bytes = 1,
                       .table = "bad"});
  std::string out;
  auto rows = wide_rows(500);
  for (const auto& row : rows)
    out += record_line("bad", row) + record_line("good", row)
           + record_line("also", row);
  for (const auto* stream : {"bad", "good", "also"})
    out += status_line(stream, "COMPLETE");
  auto ended = world.play(out);
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  auto task = world.task();
  CHECK(task.status == "PARTIAL");
  CHECK(holds(task.error, "stream bad: "));
  CHECK(holds(task.error, "no such column"));
  CHECK(task.of("bad") == "FAILED");
  for (const auto* stream : {"good", "also"}) {
    CHECK(task.of(stream) == "SUCCESS");
    CHECK(world.bulker.rows(stream) == rows);
  }
  CHECK(task.metrics["rows"] == 1500);
  CHECK(task.metrics["committed_rows"] == 1000);
  CHECK(task.metrics["failed_rows"] == 500);
}

TEST_CASE("a line that begins with ABORT cannot come from a row") {
  sidecar_world world;
  auto ended = world.play("ABORT\n" + record_line("users", R"({"ABORT":1})")
                          + status_line("users", "COMPLETE"));
  CHECK(ended.exit_code == 0);
  CHECK(world.bulker.rows("users")
        == std::vector<std::string>{R"({"ABORT":1})"});
  CHECK(world.level_of("ABORT") == "INFO");
}

TEST_CASE("a task is no success if Bulker's log destination is away") {
  sidecar_world world;
  world.env["LOGS_CONNECTION_ID"] = "logs";
  world.bulker.inject({.status = 404, .table = "task_log", .times = 1000});
  auto ended =
      world.play(record_line("users", "{}") + status_line("users", "COMPLETE"));
  INFO(ended.err);
  CHECK(world.bulker.row_count("users") == 1);
  auto task = world.task();
  CHECK(task.status == "PARTIAL");
  CHECK(holds(task.error, "of log could not be stored"));
}

TEST_CASE("a task waits for SQLite that another writer locks for two seconds") {
  appending_world world;
  world.start();
  auto connector = world.connect();
  REQUIRE(world.await("SELECT status FROM source_task", "RUNNING"));
  sqlite3* other = nullptr;
  auto path = world.env["DATABASE_URL"].substr(9);
  for (size_t at; (at = path.find("%20")) != std::string::npos;)
    path.replace(at, 3, " ");
  REQUIRE(sqlite3_open(path.c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr)
          == SQLITE_OK);
  auto rows = wide_rows(100);
  connector.out(record_lines("users", rows) + state_line("users", R"({"n":1})")
                + status_line("users", "COMPLETE"));
  connector.close();
  CHECK(world.bulker.wait_for_ended(1));
  // Measured time: this long is the lock.
  std::this_thread::sleep_for(2s);
  CHECK_FALSE(world.sidecar().ended());
  REQUIRE(sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr)
          == SQLITE_OK);
  sqlite3_close(other);
  auto ended = world.finish();
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.states()["users"] == R"({"n":1})");
  CHECK(world.bulker.rows("users") == rows);
}

TEST_CASE("one good line among 20,000 bad ones is delivered") {
  sidecar_world world;
  std::string out;
  for (int i = 0; i < 20'000; ++i)
    out += R"({"type":"RECORD","record":{)" + std::to_string(i) + "\n";
  auto ended = world.play(out + record_line("users", "{}")
                          + status_line("users", "COMPLETE"));
  CHECK(world.bulker.row_count("users") == 1);
  auto task = world.task();
  CHECK(task.metrics["faults"] == json{{"malformed_json", 20'000}});
  CHECK(task.metrics["rows"] == 20'001);
  CHECK(task.metrics["rejected_rows"] == 20'000);
  CHECK(task.status == "PARTIAL");
  CHECK(world.logs().size() < 150);
  CHECK(world.logged("20000 lines not delivered: malformed_json 20000"));
}
