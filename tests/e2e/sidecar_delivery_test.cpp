// Rows, states and statuses of reads that go well, with a real Postgres.

#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>

using namespace motorcade::test;
using nlohmann::json;

namespace {

const std::string complete = "COMPLETE";

/// Everything that a SUCCESS promises.
void expect_success(sidecar_world& world, const program_result& ended) {
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  auto task = world.task();
  CHECK(task.status == "SUCCESS");
  CHECK(task.error == "");
  CHECK(task.metrics.at("rows") == task.metrics.at("committed_rows"));
}

json state_of(sidecar_world& world, const std::string& key) {
  auto states = world.states();
  INFO("the state of " << key);
  REQUIRE(states.count(key) == 1);
  return json::parse(states[key]);
}

std::vector<std::string> modes_of(sidecar_world& world) {
  std::vector<std::string> modes;
  for (const auto& request : world.bulker.requests())
    modes.push_back(request.head.query_value("mode"));
  return modes;
}

} // namespace

TEST_CASE("a full refresh is one request that replaces the table") {
  sidecar_world world{postgres_world()};
  world.bulker.set_table("users", {R"({"old":true})"});
  auto rows = numbered_rows(0, 20'000);
  // All that JSON allows comes through byte for byte.
  rows.emplace_back(R"({ "big" : 123456789012345678901234567890 , "e":1e400})");
  rows.emplace_back(
      R"({"lone":"\ud83d","nul":"\u0000","tab":"\t","a":1,"a":2})");
  rows.emplace_back("{\"utf8\":\"\u00fc\u4e16\U0001F697\",\"slash\":\"\\/\"}");
  rows.emplace_back("{}");
  auto ended =
      world.play(status_line("users", "STARTED") + record_lines("users", rows)
                 + status_line("users", complete));
  expect_success(world, ended);
  CHECK(world.bulker.rows("users") == rows);
  auto requests = world.bulker.requests();
  REQUIRE(requests.size() == 1);
  CHECK(requests[0].head.query_value("mode") == "replace_table");
  CHECK(requests[0].head.query_value("taskId") == "task");
  CHECK(requests[0].connection_id == "sync");
  auto task = world.task();
  CHECK(task.of("users") == "SUCCESS");
  CHECK(task.description["users"]["events"] == rows.size());
  size_t bytes = 0;
  for (const auto& row : rows)
    bytes += row.size();
  CHECK(task.description["users"]["bytes"] == bytes);
  CHECK(world.logged("stream users started"));
}

TEST_CASE("an incremental stream without a state replaces, then appends") {
  sidecar_world world{postgres_world()};
  world.catalog(configured_catalog({"users"}, "incremental"));
  world.env["RETRY_BUFFER_BYTES"] = "64KiB";
  world.bulker.set_table("users", {R"({"old":true})"});
  auto rows = numbered_rows(0, 20'000);
  // The table is replaced by the rows up to the first state, from which a next
  // read could go on; what follows is appended.
  auto first = std::vector<std::string>(rows.begin(), rows.begin() + 5'000);
  auto rest = std::vector<std::string>(rows.begin() + 5'000, rows.end());
  expect_success(world, world.play(record_lines("users", first)
                                   + state_line("users", R"({"cursor": 2})")
                                   + record_lines("users", rest)
                                   + state_line("users", R"({"cursor": 7})")
                                   + status_line("users", complete)));
  CHECK(world.bulker.rows("users") == rows);
  auto modes = modes_of(world);
  REQUIRE(modes.size() > 1);
  CHECK(modes[0] == "replace_table");
  CHECK(std::count(modes.begin(), modes.end(), "batch")
        == static_cast<std::ptrdiff_t>(modes.size()) - 1);
  CHECK(state_of(world, "users") == json{{"cursor", 7}});
}

TEST_CASE("columns that were not selected are not delivered") {
  sidecar_world world{postgres_world()};
  auto streams = configured_catalog({"users", "orders"}, "full_refresh");
  streams["streams"][0]["selected_columns"] = {"id", "at"};
  world.catalog(streams);
  expect_success(
      world,
      world.play(record_line("users", R"({"id":1,"email":"a@b.c","at":"now"})")
                 + record_line("orders", R"({"id":1,"email":"a@b.c"})")
                 + record_line("users", R"({"email":"a@b.c"})")
                 + status_line("users", complete)
                 + status_line("orders", complete)));
  CHECK(world.bulker.rows("users")
        == std::vector<std::string>{R"({"id":1,"at":"now"})", "{}"});
  CHECK(world.bulker.rows("orders")
        == std::vector<std::string>{R"({"id":1,"email":"a@b.c"})"});
}

TEST_CASE("an incremental stream with a state appends") {
  sidecar_world world{postgres_world()};
  world.catalog(configured_catalog({"users", "orders"}, "incremental"));
  world.file("state.json",
             R"([{"type":"STREAM","stream":{"stream_descriptor":)"
             R"({"name":"users"},"stream_state":{"cursor":1}}}])");
  for (const auto* table : {"users", "orders"})
    world.bulker.set_table(table, {R"({"old":true})"});
  expect_success(world, world.play(record_line("users", "{}")
                                   + record_line("orders", "{}")
                                   + status_line("users", complete)
                                   + status_line("orders", complete)));
  CHECK(world.bulker.rows("users").size() == 2);
  // It has no state among others that have one, so it starts afresh.
  CHECK(world.bulker.rows("orders").size() == 1);
}

TEST_CASE("interleaved streams keep their own order") {
  sidecar_world world{postgres_world()};
  std::vector<stream_ref> streams = {"a", "b", "c", {"a", "other"}};
  world.catalog(configured_catalog(streams, "incremental"));
  constexpr size_t count = 3000;
  std::string out;
  for (size_t n = 0; n < count; ++n)
    for (const auto& stream : streams)
      out += record_line(stream, "{\"n\":" + std::to_string(n) + "}");
  for (const auto& stream : streams)
    out += state_line(stream, R"({"at": "end"})", count)
           + status_line(stream, complete);
  expect_success(world, world.play(out));
  for (const auto* table : {"a", "b", "c", "other.a"}) {
    INFO(table);
    CHECK(world.bulker.rows(table) == numbered_rows(0, count));
    CHECK(state_of(world, table) == json{{"at", "end"}});
  }
  CHECK_FALSE(world.logged("the connector counts"));
  auto text =
      world.database().query("SELECT description FROM source_task")[0][0];
  // Streams stand in the order of the catalog.
  auto order = nlohmann::ordered_json::parse(text.value());
  std::vector<std::string> keys;
  for (const auto& [key, value] : order.items())
    keys.push_back(key);
  CHECK(keys == std::vector<std::string>{"a", "b", "c", "other.a"});
}

TEST_CASE("a GLOBAL state is saved once the rows of all streams are there") {
  sidecar_world world{postgres_world()};
  world.catalog(configured_catalog({"a", "b"}, "incremental"));
  world.bulker.inject({.what = motorcade::support::fault::kind::answer,
                       .status = 400,
                       .after_bytes = motorcade::support::fault::whole_body,
                       .table = "b"});
  auto inside = R"("shared_state":{"lsn":9},"stream_states":[])";
  auto out = record_line("a", "{}") + record_line("b", "{}")
             + global_state_line(inside) + status_line("a", complete)
             + status_line("b", complete);
  auto ended = world.play(out);
  INFO(ended.err);
  CHECK(world.task().status == "PARTIAL");
  CHECK(world.states().empty());

  world.env["TASK_ID"] = "again";
  expect_success(world, world.play(out));
  CHECK(state_of(world, "_GLOBAL_STATE")
        == json::parse("{" + std::string{inside} + "}"));
}

TEST_CASE("a LEGACY state is saved as the message's data") {
  sidecar_world world{postgres_world()};
  world.catalog(configured_catalog({"a", "b"}, "incremental"));
  expect_success(world,
                 world.play(record_line("a", "{}") + record_line("b", "{}")
                            + legacy_state_line(R"({"a": 1, "b": [2, "x"]})")));
  CHECK(state_of(world, "_LEGACY_STATE")
        == json::parse(R"({"a": 1, "b": [2, "x"]})"));
}

TEST_CASE("states without rows and null states are kept") {
  sidecar_world world{postgres_world()};
  world.catalog(configured_catalog({"users", "orders"}, "incremental"));
  expect_success(world, world.play(state_line("users", "null")
                                   + state_line("orders", R"({"x":1.50})")
                                   + status_line("users", complete)
                                   + status_line("orders", complete)));
  CHECK(world.states()["users"] == "null");
  CHECK(world.states()["orders"] == R"({"x": 1.50})");
  CHECK(world.bulker.requests().empty());
}

TEST_CASE("a state after rows of a stream that ended badly is not saved") {
  sidecar_world world{postgres_world()};
  world.catalog(configured_catalog({"users"}, "incremental"));
  auto ended = world.play(record_lines("users", numbered_rows(0, 10))
                          + state_line("users", R"({"cursor": 1})")
                          + record_lines("users", numbered_rows(10, 10))
                          + status_line("users", "INCOMPLETE"));
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  auto task = world.task();
  CHECK(task.status == "PARTIAL");
  CHECK(task.of("users") == "PARTIAL");
  CHECK(task.error.find("incomplete") != std::string::npos);
  // The rows that the state covers are kept; the state itself says where to go
  // on.
  CHECK(state_of(world, "users") == json{{"cursor", 1}});
  CHECK(world.bulker.row_count("users") >= 10);
}

TEST_CASE("an incomplete full refresh leaves the table as it was") {
  sidecar_world world{postgres_world()};
  std::vector<std::string> before = {R"({"old":true})"};
  world.bulker.set_table("users", before);
  auto ended = world.play(record_lines("users", numbered_rows(0, 10))
                          + status_line("users", "INCOMPLETE"));
  INFO(ended.err);
  CHECK(ended.exit_code == 1);
  CHECK(world.task().status == "FAILED");
  CHECK(world.task().of("users") == "FAILED");
  CHECK(world.bulker.rows("users") == before);
}

TEST_CASE("one failed stream makes the task PARTIAL") {
  sidecar_world world{postgres_world()};
  world.catalog(configured_catalog({"good", "bad", "unseen"}));
  auto ended =
      world.play(record_line("good", "{}") + status_line("good", complete)
                 + record_line("bad", "{}")
                 + error_line("no such table", "config_error", "bad")
                 + status_line("bad", "INCOMPLETE"));
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  auto task = world.task();
  CHECK(task.status == "PARTIAL");
  CHECK(task.of("good") == "SUCCESS");
  CHECK(task.of("bad") == "FAILED");
  CHECK(task.description["bad"]["error"] == "no such table (config_error)");
  CHECK(task.of("unseen") == "FAILED");
  auto reason = task.description["unseen"]["error"].get<std::string>();
  CHECK(reason.find("not processed") == 0);
}

TEST_CASE("a connector that sends no statuses is judged by its end") {
  sidecar_world world{postgres_world()};
  world.catalog(configured_catalog({"users", "unseen"}));
  auto out = record_line("users", "{}");
  SECTION("an exit code of zero completes all streams") {
    world.env["EXIT_CODE_FILE"] = world.folder.path("exit-code");
    world.write_exit_code(0);
    expect_success(world, world.play(out));
    CHECK(world.task().of("unseen") == "SUCCESS");
  }
  SECTION("an unknown one completes those that were seen") {
    world.play(out);
    CHECK(world.task().status == "PARTIAL");
    CHECK(world.task().of("users") == "SUCCESS");
    CHECK(world.task().of("unseen") == "FAILED");
  }
  SECTION("a TRACE ERROR fails them") {
    auto ended = world.play(out + error_line("token expired", "config_error"));
    CHECK(ended.exit_code == 1);
    CHECK(world.task().status == "FAILED");
    CHECK(world.task().error.find("token expired") != std::string::npos);
    CHECK_FALSE(world.bulker.has_table("users"));
  }
}

TEST_CASE("rows come byte for byte whatever pieces the pipe has them in") {
  sidecar_world world{postgres_world()};
  auto rows = numbered_rows(0, 50);
  world.start();
  {
    auto connector = world.connect();
    auto text = record_lines("users", rows);
    for (size_t at = 0; at < text.size(); at += 97)
      REQUIRE(connector.out(std::string_view{text}.substr(at, 97)));
    // A last line without its newline counts.
    auto last = record_line("users", R"({"last":true})");
    last.pop_back();
    REQUIRE(connector.out(last));
  }
  expect_success(world, world.finish());
  rows.emplace_back(R"({"last":true})");
  CHECK(world.bulker.rows("users") == rows);
}

TEST_CASE("a row of a slow connector is under way before the next comes") {
  sidecar_world world{postgres_world()};
  world.start();
  auto connector = world.connect();
  auto first = record_line("users", R"({"n":1})");
  REQUIRE(connector.out(first));
  CHECK(world.bulker.wait_for_bytes(8));
  REQUIRE(connector.out(record_line("users", R"({"n":22})")));
  CHECK(world.bulker.wait_for_bytes(17));
  connector.close();
  expect_success(world, world.finish());
}

TEST_CASE("pipes may be opened in any order") {
  sidecar_world world{postgres_world()};
  auto order = GENERATE(opening::err_first, opening::out_first);
  world.start();
  {
    auto connector = world.connect(order);
    connector.out(record_line("users", "{}") + status_line("users", complete));
  }
  expect_success(world, world.finish());
}

TEST_CASE("the pipes' order of closing does not matter") {
  sidecar_world world{postgres_world()};
  auto out_first = GENERATE(true, false);
  world.start();
  auto connector = world.connect();
  connector.out(record_line("users", "{}"));
  if (out_first) {
    connector.close_out();
    connector.err("info: the last word\n");
  } else {
    connector.close_err();
    connector.out(record_line("users", "{}"));
  }
  connector.close();
  expect_success(world, world.finish());
  CHECK(world.bulker.row_count("users") == (out_first ? 1 : 2));
  CHECK(world.logged("the last word") == out_first);
}

TEST_CASE("statuses and progress are in the database while it runs") {
  sidecar_world world{postgres_world()};
  world.catalog(configured_catalog({"users", "orders"}));
  world.start();
  auto connector = world.connect();
  REQUIRE(world.await("SELECT status FROM source_task", "RUNNING"));
  CHECK(world.task().of("users") == "PENDING");
  connector.out(record_line("users", "{}"));
  REQUIRE(world.await("SELECT description::json->'users'->>'status' FROM "
                      "source_task",
                      "RUNNING"));
  CHECK(world.task().of("orders") == "PENDING");
  CHECK(world.task().description["users"]["events"] == 1);
  connector.out(status_line("users", complete)
                + status_line("orders", complete));
  connector.close();
  expect_success(world, world.finish());
}
