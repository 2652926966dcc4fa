#include "schema/task/tables.hpp"
#include "support/database_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <latch>
#include <random>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;

namespace {

world_ptr any_world() {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  auto world = make();
  return world;
}

std::string uuid_of(int number) {
  std::array<char, 40> text;
  std::snprintf(text.data(), text.size(), "00000000-0000-4000-8000-%012d",
                number);
  return text.data();
}

wall_time at(int seconds) {
  return wall_time{std::chrono::seconds{1'700'000'000 + seconds}
                   + std::chrono::microseconds{123'456}};
}

std::vector<log_row> log_rows(int first, int count) {
  std::vector<log_row> rows;
  for (int i = first; i < first + count; ++i)
    rows.push_back({uuid_of(i), "INFO", "source",
                    "line \"" + std::to_string(i) + "\" {a,b} \\ ' NULL zażółć",
                    at(i)});
  return rows;
}

task_row sample_task() {
  task_row row;
  row.sync_id = "sync";
  row.task_id = "task";
  row.package = "airbyte/source-x";
  row.version = "1.2";
  row.started_at = at(0);
  row.started_by = R"({"trigger":"manual"})";
  row.description = R"({"users":{"events":1}})";
  row.metrics = R"({"rows":1})";
  return row;
}

void check(const result<void>& outcome) {
  INFO((outcome ? "" : outcome.error().what));
  CHECK(outcome);
}

std::string cell(database_world& world, const std::string& text) {
  auto rows = world.query(text);
  REQUIRE(rows.size() == 1);
  return rows[0][0].value_or("NULL");
}

} // namespace

TEST_CASE("preparing makes every table, once") {
  auto world = any_world();
  auto first = prepared(world->url());
  check(first->put_states("sync", std::vector<state_row>{{"a", "{}"}}));
  auto second = prepared(world->url());
  check(second->prepare());
  for (const auto& t : tables()) {
    if (t.on_demand)
      continue;
    INFO(t.name);
    auto count = "SELECT count(*) FROM " + std::string{t.name};
    CHECK(cell(*world, count) == (t.name == "source_state" ? "1" : "0"));
  }
}

TEST_CASE("many sidecars that start at once all succeed") {
  auto world = any_world();
  constexpr int count = 8;
  std::latch start{count};
  std::vector<std::string> errors(count);
  {
    std::vector<std::jthread> threads;
    threads.reserve(count);
    for (int i = 0; i < count; ++i)
      threads.emplace_back([&, i] {
        auto made = make_database(world->url());
        start.arrive_and_wait();
        auto ready = (*made)->prepare();
        if (ready)
          ready = (*made)->put_logs("sync", "task", log_rows(i, 2));
        if (!ready)
          errors[i] = ready.error().what;
      });
  }
  for (const auto& error : errors)
    CHECK(error.empty());
  CHECK(cell(*world, "SELECT count(*) FROM task_log") == "9");
}

TEST_CASE("a task's row is inserted and brought up to date") {
  auto world = any_world();
  auto database = prepared(world->url());
  auto row = sample_task();
  auto status = database->put_task(row);
  REQUIRE(status);
  CHECK(*status == task_status::running);
  auto updated = cell(*world, "SELECT updated_at FROM source_task");
  row.status = task_status::partial;
  row.started_by.clear();
  row.metrics.clear();
  row.error = "it's \"bad\"";
  status = database->put_task(row);
  REQUIRE(status);
  CHECK(*status == task_status::partial);
  auto rows = world->query("SELECT sync_id, task_id, package, version, status, "
                           "description, metrics, error, started_by FROM "
                           "source_task");
  REQUIRE(rows.size() == 1);
  rows[0].back() = nlohmann::json::parse(*rows[0].back()).dump();
  CHECK(rows[0]
        == cells{"sync", "task", "airbyte/source-x", "1.2", "PARTIAL",
                 R"({"users":{"events":1}})", std::nullopt, "it's \"bad\"",
                 R"({"trigger":"manual"})"});
  CHECK(cell(*world, "SELECT updated_at FROM source_task") > updated);
  auto started = world->is_postgres()
                     ? "SELECT to_char(started_at AT TIME ZONE 'UTC', "
                       "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM source_task"
                     : "SELECT started_at FROM source_task";
  CHECK(cell(*world, started) == "2023-11-14T22:13:20.123456Z");
}

TEST_CASE("STARTED_BY is stored, whatever text it is") {
  auto world = any_world();
  auto database = prepared(world->url());
  auto row = sample_task();
  row.started_by = "somebody \"else\"";
  REQUIRE(database->put_task(row));
  CHECK(cell(*world, "SELECT started_by FROM source_task")
        == R"("somebody \"else\"")");
}

TEST_CASE("no text of a connector keeps a status from being stored") {
  auto world = any_world();
  auto database = prepared(world->url());
  auto row = sample_task();
  row.status = task_status::failed;
  row.error = std::string{"nul \0 and \xff", 11};
  row.description = R"({"users":{"error":"\u0000 \ud83d"}})";
  row.metrics = GENERATE(R"({"last":"\u0000"})", "{not json");
  row.started_by = R"("\u0000")";
  auto status = database->put_task(row);
  INFO((status ? "" : status.error().what));
  REQUIRE(status);
  CHECK(*status == task_status::failed);
}

TEST_CASE("a row that says CANCELLED is left alone") {
  auto world = any_world();
  auto database = prepared(world->url());
  auto row = sample_task();
  REQUIRE(database->put_task(row));
  world->query("UPDATE source_task SET status = 'CANCELLED', error = 'by a "
               "user'");
  row.status = task_status::success;
  auto status = database->put_task(row);
  REQUIRE(status);
  CHECK(*status == task_status::cancelled);
  CHECK(cell(*world, "SELECT status FROM source_task") == "CANCELLED");
  CHECK(cell(*world, "SELECT error FROM source_task") == "by a user");
}

TEST_CASE("a row that yields leaves a task that has ended alone") {
  auto world = any_world();
  auto database = prepared(world->url());
  auto row = sample_task();
  row.yields = true;
  row.status = task_status::running;
  auto status = database->put_task(row);
  REQUIRE(status);
  CHECK(*status == task_status::running);
  world->query("UPDATE source_task SET status = 'FAILED', error = 'no image'");
  for (auto late : {task_status::running, task_status::failed}) {
    row.status = late;
    row.error = "told to stop";
    status = database->put_task(row);
    REQUIRE(status);
    CHECK(*status == task_status::failed);
    CHECK(cell(*world, "SELECT error FROM source_task") == "no image");
  }
  // One that does not knows that all is well.
  row.yields = false;
  row.status = task_status::success;
  status = database->put_task(row);
  REQUIRE(status);
  CHECK(*status == task_status::success);
}

TEST_CASE("saved states are read back, the last one of each stream") {
  auto world = any_world();
  auto database = prepared(world->url());
  auto none = database->states("sync");
  REQUIRE(none);
  CHECK(none->empty());
  check(database->put_states("sync", {}));
  const std::string big =
      R"({"z":1.0,"a":123456789012345678901234567890,"t":"\u00e9\"x\\","n":null})";
  check(database->put_states(
      "sync",
      std::vector<state_row>{{"ns.b", "1"}, {"a", big}, {"ns.b", "2"}}));
  check(database->put_states(
      "sync", std::vector<state_row>{{"ns.b", "null"}, {"Z \"q\" {", "[]"}}));
  check(database->put_states("other", std::vector<state_row>{{"a", "{}"}}));
  auto states = database->states("sync");
  REQUIRE(states);
  REQUIRE(states->size() == 3);
  CHECK((*states)[0].stream == "Z \"q\" {");
  CHECK((*states)[1].stream == "a");
  CHECK((*states)[2].stream == "ns.b");
  CHECK((*states)[2].state == "null");
  if (world->is_postgres())
    // The meaning and every digit stay; spaces and the order of keys do not.
    CHECK(
        (*states)[1].state
        == R"({"a": 123456789012345678901234567890, "n": null, "t": "é\"x\\", "z": 1.0})");
  else
    CHECK((*states)[1].state == big);
}

TEST_CASE("random states keep their meaning, in SQLite every byte") {
  auto world = any_world();
  auto database = prepared(world->url());
  auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  std::vector<state_row> rows;
  for (int i = 0; i < 200; ++i) {
    nlohmann::ordered_json state;
    for (auto fields = random() % 5; fields > 0; --fields) {
      std::string text(random() % 12, ' ');
      for (auto& c : text)
        c = "ab\"\\{},'\n\x01"[random() % 10];
      state["k" + std::to_string(random() % 50) + text] = {
          {"v", text}, {"n", static_cast<int64_t>(random()) << 20}};
    }
    std::array<char, 16> name;
    std::snprintf(name.data(), name.size(), "s%03d", i);
    rows.push_back({name.data(), state.dump(random() % 2 ? 1 : -1)});
  }
  check(database->put_states("sync", rows));
  auto states = database->states("sync");
  REQUIRE(states);
  REQUIRE(states->size() == rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& got = (*states)[i];
    CHECK(got.stream == rows[i].stream);
    CHECK(nlohmann::json::parse(got.state)
          == nlohmann::json::parse(rows[i].state));
    if (!world->is_postgres())
      CHECK(got.state == rows[i].state);
  }
}

TEST_CASE("log rows are stored once, whatever they hold") {
  auto world = any_world();
  auto database = prepared(world->url());
  check(database->put_logs("sync", "task", {}));
  auto rows = log_rows(0, 5000);
  rows[7].message = std::string{"nul \0, bad \xff", 12};
  rows[8].message = "";
  rows[9] = rows[10];
  rows[11].message = "tab\t, line\n, \r, \\N, \\.";
  check(database->put_logs("sync", "task", rows));
  check(database->put_logs("sync", "task", rows));
  CHECK(cell(*world, "SELECT count(*) FROM task_log") == "4999");
  check(database->put_logs("sync", "task", log_rows(4990, 20)));
  CHECK(cell(*world, "SELECT count(*) FROM task_log") == "5009");
  auto one = world->query("SELECT level, logger, message, sync_id, task_id "
                          "FROM task_log WHERE id = '"
                          + uuid_of(42) + "'");
  REQUIRE(one.size() == 1);
  CHECK(one[0]
        == cells{"INFO", "source", "line \"42\" {a,b} \\ ' NULL zażółć", "sync",
                 "task"});
  CHECK(cell(*world,
             "SELECT message FROM task_log WHERE id = '" + uuid_of(7) + "'")
        == "nul \xef\xbf\xbd, bad \xef\xbf\xbd");
  CHECK(cell(*world,
             "SELECT message FROM task_log WHERE id = '" + uuid_of(11) + "'")
        == rows[11].message);
  CHECK(cell(*world,
             "SELECT message FROM task_log WHERE id = '" + uuid_of(8) + "'")
            .empty());
}

TEST_CASE("existing tables stay and may lack optional columns") {
  auto world = any_world();
  auto time = world->is_postgres() ? "timestamptz" : "text";
  auto json = world->is_postgres() ? "jsonb" : "text";
  world->query(std::string{"CREATE TABLE source_task (sync_id text, task_id "
                           "text primary key, package text, version text, "
                           "started_at "}
               + time + ", updated_at " + time + ", started_by text, "
               + "description " + json + ", status text, extra text)");
  world->query(std::string{"CREATE TABLE source_state (sync_id text, stream "
                           "text, state "}
               + json + ", PRIMARY KEY (sync_id, stream))");
  world->query("CREATE TABLE task_log (id text PRIMARY KEY, level varchar(10), "
               "logger text, message text, sync_id text, task_id text)");
  auto database = prepared(world->url());
  auto row = sample_task();
  row.error = "has no column";
  auto status = database->put_task(row);
  INFO((status ? "" : status.error().what));
  REQUIRE(status);
  CHECK(cell(*world, "SELECT status FROM source_task") == "RUNNING");
  CHECK(cell(*world, "SELECT extra FROM source_task") == "NULL");
  check(database->put_states("sync", std::vector<state_row>{{"a", "1"}}));
  check(database->put_states("sync", std::vector<state_row>{{"a", "2"}}));
  CHECK(cell(*world, "SELECT state FROM source_state") == "2");
  check(database->put_logs("sync", "task", log_rows(0, 3)));
  CHECK(cell(*world, "SELECT count(*) FROM task_log") == "3");
  CHECK(cell(*world, "SELECT count(*) FROM source_spec") == "0");
  auto indexes =
      world->is_postgres()
          ? "SELECT count(*) FROM pg_indexes WHERE schemaname = "
            "current_schema() AND tablename = 'task_log'"
          : "SELECT count(*) FROM sqlite_master WHERE type = 'index' "
            "AND tbl_name = 'task_log'";
  CHECK(cell(*world, indexes) == "1");
}

TEST_CASE("a table without an essential column is named") {
  auto world = any_world();
  world->query("CREATE TABLE source_state (sync_id text, stream text)");
  auto database = make_database(world->url());
  REQUIRE(database);
  auto ready = (*database)->prepare();
  REQUIRE_FALSE(ready);
  CHECK(ready.error().code == ec::database_rejected);
  CHECK_THAT(ready.error().what,
             Catch::Matchers::ContainsSubstring(
                 "table source_state exists without the column "
                 "state"));
}
