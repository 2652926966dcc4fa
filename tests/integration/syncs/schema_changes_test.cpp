// Changes of what the source of a sync has, over a real database.

#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

using strings = std::vector<std::string>;

std::string catalog_of(const strings& streams,
                       const std::string& column = "id") {
  auto list = json::array();
  for (const auto& one : streams) {
    json stream{{"name", one}, {"supported_sync_modes", {"full_refresh"}}};
    stream["json_schema"]["properties"][column]["type"] = "string";
    list.push_back(stream);
  }
  return json{{"streams", list}}.dump();
}

sync_world any_sync_world() {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  return sync_world{make()};
}

/// Runs a sync by hand to its end.
/// @returns the names of the streams that are read; empty: it is not read.
strings run(sync_world& world, wall_time now) {
  const auto reads = world.tasks.reads.size();
  world.ask("crm", now);
  for (int i = 0; i < 3; ++i)
    world.step(now);
  if (world.tasks.reads.size() == reads)
    return {};
  const auto& read = world.tasks.reads.back();
  get(world.tasks.end(read.task_id, task_status::success));
  world.step(now);
  strings out;
  const auto tree = json::parse(read.catalog);
  for (const auto& one : tree["streams"]) {
    auto name = one["stream"]["name"].get<std::string>();
    for (const auto& [column, type] :
         one["stream"]["json_schema"]["properties"].items())
      name += ':' + column;
    out.push_back(name);
  }
  return out;
}

std::vector<change_row> changes(sync_world& world) {
  return get(world.rows.schemas.changes("crm", 100));
}

} // namespace

TEST_CASE("a run follows columns, and reports streams that are new or gone") {
  auto world = any_sync_world();
  world.keep("crm");
  // Answers of discovers have the database's time.
  const auto noon = utc_now();
  world.tasks.catalog = catalog_of({"users", "old"});
  CHECK(run(world, noon) == strings{"users:id", "old:id"});
  CHECK(changes(world).empty());
  // Looked at again after a day.
  world.tasks.catalog = catalog_of({"users", "pets"}, "key");
  CHECK(run(world, noon + 23h) == strings{"users:id", "old:id"});
  CHECK(run(world, noon + 25h) == strings{"users:key"});
  const auto found = changes(world);
  REQUIRE(found.size() == 1);
  const auto diff = json::parse(found[0].changes);
  CHECK(diff["newStreams"] == json{"pets"});
  CHECK(diff["goneStreams"] == json{"old"});
  CHECK(diff["newColumns"][0]["column"] == "key");
  CHECK(diff["goneColumns"][0]["column"] == "id");
  CHECK(found[0].action == "follow_columns");
  CHECK(world.log.has("stream old is gone"));
  // It is no news a second time.
  CHECK(run(world, noon + 50h) == strings{"users:key"});
  CHECK(changes(world).size() == 1);
}

TEST_CASE("the rule decides how often a source is looked at") {
  auto world = any_sync_world();
  world.keep("crm",
             R"("schemaChanges":{"policy":"follow_all","everySeconds":60})");
  world.tasks.catalog = catalog_of({"a"});
  CHECK(run(world, utc_now()) == strings{"a:id"});
  world.tasks.catalog = catalog_of({"a", "b"});
  CHECK(run(world, utc_now()) == strings{"a:id"});
  CHECK(run(world, utc_now() + 61s) == strings{"a:id", "b:id"});
}

TEST_CASE("a sync whose policy is to pause is paused by a change, once") {
  auto world = any_sync_world();
  world.keep("crm", R"("schemaChanges":{"policy":"pause","everySeconds":0})");
  world.tasks.catalog = catalog_of({"a"});
  CHECK(run(world, utc_now() + 1h) == strings{"a:id"});
  world.tasks.catalog = catalog_of({"a"}, "key");
  CHECK(run(world, utc_now() + 2h).empty());
  CHECK(world.stages("crm") == strings{"SUCCESS", "CANCELLED"});
  CHECK_THAT(world.last("crm").error, ContainsSubstring("a.id is gone"));
  auto row = *get(world.records.find("crm"));
  CHECK_THAT(row.paused, ContainsSubstring("the source's schema changed"));
  // Who resumes it accepts the change.
  row.paused.clear();
  CHECK(get(world.records.replace(row, row.version)));
  CHECK(run(world, utc_now() + 3h) == strings{"a:key"});
  CHECK(get(world.records.find("crm"))->paused.empty());
  CHECK(changes(world).size() == 1);
}

TEST_CASE("a sync is paused before its run says that it was cancelled") {
  auto world = any_sync_world();
  world.keep("crm", R"("schemaChanges":{"policy":"pause","everySeconds":0})");
  world.tasks.catalog = catalog_of({"a"});
  CHECK(run(world, utc_now() + 1h) == strings{"a:id"});
  world.tasks.catalog = catalog_of({"a"}, "key");
  world.ask("crm", utc_now() + 2h);
  while (is_active(world.last("crm").stage))
    world.step(utc_now() + 2h);
  CHECK(world.last("crm").stage == run_stage::cancelled);
  CHECK_THAT(get(world.records.find("crm"))->paused,
             ContainsSubstring("the source's schema changed"));
}

TEST_CASE("a schema that goes back and comes again is told each time") {
  auto world = any_sync_world();
  world.keep("crm", R"("schemaChanges":{"everySeconds":0})");
  for (int i = 0; i < 4; ++i) {
    world.tasks.catalog = catalog_of({"a"}, i % 2 == 0 ? "x" : "y");
    run(world, utc_now() + std::chrono::hours{i + 1});
  }
  CHECK(changes(world).size() == 3);
}

TEST_CASE("a deleted sync leaves no schema and no change") {
  auto world = any_sync_world();
  world.keep("crm", R"("schemaChanges":{"everySeconds":0})");
  world.tasks.catalog = catalog_of({"a"});
  run(world, utc_now() + 1h);
  world.tasks.catalog = catalog_of({"b"});
  run(world, utc_now() + 2h);
  CHECK(changes(world).size() == 1);
  CHECK(get(world.records.erase("crm", "1")));
  CHECK(changes(world).empty());
  CHECK_FALSE(get(world.rows.schemas.find("crm")));
}

TEST_CASE("a stream that the source never had fails the run in words") {
  auto world = any_sync_world();
  world.keep("crm", R"("streams":[{"name":"users"},{"name":"ordres"}])");
  world.tasks.catalog = catalog_of({"users", "orders"});
  CHECK(run(world, utc_now()).empty());
  CHECK(world.stages("crm") == strings{"FAILED"});
  CHECK(world.last("crm").error
        == R"(the source has no stream "ordres", did you mean "orders"? )"
           R"(It has "users", "orders" (config_error))");
  // It is not tried again by itself, and asks the source anew.
  CHECK(get(world.records.active_runs()).empty());
  CHECK(run(world, utc_now()).empty());
  CHECK(world.tasks.discovers.size() == 2);
  // The source gets the stream.
  world.tasks.catalog = catalog_of({"users", "ordres"});
  CHECK(run(world, utc_now()) == strings{"users:id", "ordres:id"});
}

TEST_CASE("a stream that went is left out, and each run's log says so") {
  const auto* policy = GENERATE("follow_columns", "follow_all", "ignore");
  INFO(policy);
  auto world = any_sync_world();
  world.keep("crm", R"("streams":[{"name":"users"},{"name":"late"}],)"
                    R"("schemaChanges":{"everySeconds":0,"policy":")"
                        + std::string{policy} + "\"}");
  // One of them comes after the sync was made.
  world.tasks.catalog = catalog_of({"users"});
  CHECK(run(world, utc_now() + 1h).empty());
  world.tasks.catalog = catalog_of({"users", "late"});
  CHECK(run(world, utc_now() + 2h) == strings{"users:id", "late:id"});
  world.tasks.catalog = catalog_of({"users"});
  for (int i = 3; i < 5; ++i) {
    CHECK(run(world, utc_now() + i * 1h) == strings{"users:id"});
    const auto lines =
        get(world.at.records->logs(world.last("crm").id, {}, 10));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].level == "WARN");
    CHECK(lines[0].message
          == "the stream late is no longer in the source; it is not read");
  }
  CHECK(json::parse(changes(world)[0].changes)["goneStreams"] == json{"late"});
}
