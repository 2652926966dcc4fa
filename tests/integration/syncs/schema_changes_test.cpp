// Changes of what the source of a sync has, over a real database.

#include "controller/syncs/schema_watch.hpp"
#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>

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
  const auto began = utc_now();
  world.tasks.catalog = catalog_of({"users", "old"});
  CHECK(run(world, began) == strings{"users:id", "old:id"});
  CHECK(changes(world).empty());
  // Looked at again after a day.
  world.tasks.catalog = catalog_of({"users", "pets"}, "key");
  CHECK(run(world, began + 23h) == strings{"users:id", "old:id"});
  CHECK(run(world, began + 25h) == strings{"users:key"});
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
  CHECK(run(world, began + 50h) == strings{"users:key"});
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
  const auto seen = *get(world.records.find("crm"));
  CHECK_THAT(seen.paused, ContainsSubstring("the source's schema changed"));
  // Who resumes it accepts the change.
  auto row = seen;
  row.paused.clear();
  CHECK(get(world.records.replace(row, seen)));
  CHECK(run(world, utc_now() + 3h) == strings{"a:key"});
  CHECK(get(world.records.find("crm"))->paused.empty());
  CHECK(changes(world).size() == 1);
}

TEST_CASE("a run by hand of a paused sync reads as before, until a resume") {
  struct row {
    const char* streams;
    strings before;
    strings after;
  };

  const row rows[] = {
      {R"("all")", {"a:id", "gone:id"}, {"a:key", "new:key"}},
      {R"([{"name":"a"},{"name":"gone"}])", {"a:id", "gone:id"}, {"a:key"}},
  };
  const auto& one = GENERATE_REF(from_range(std::begin(rows), std::end(rows)));
  INFO(one.streams);
  auto world = any_sync_world();
  world.keep("crm", R"("schemaChanges":{"policy":"pause","everySeconds":0},)"
                    R"("streams":)"
                        + std::string{one.streams});
  world.tasks.catalog = catalog_of({"a", "gone"});
  CHECK(run(world, utc_now() + 1h) == one.before);
  world.tasks.catalog = catalog_of({"a", "new"}, "key");
  CHECK(run(world, utc_now() + 2h).empty());
  for (int i = 3; i < 5; ++i) {
    CHECK(run(world, utc_now() + i * 1h) == strings{"a:id"});
    const auto lines =
        get(world.at.records->logs(world.last("crm").id, {}, 10));
    CHECK(std::count_if(lines.begin(), lines.end(),
                        [](const auto& line) {
                          return line.level == "WARN"
                                 && line.message.find(
                                        "reads streams and columns as they "
                                        "were")
                                        != std::string::npos;
                        })
          == 1);
  }
  CHECK(changes(world).size() == 1);
  // A second change is told of as well, and does not come in either.
  world.tasks.catalog = catalog_of({"a", "new", "newer"}, "key");
  const auto is_told = run(world, utc_now() + 5h).empty();
  CHECK(is_told == (std::string{one.streams} == R"("all")"));
  CHECK(run(world, utc_now() + 6h) == strings{"a:id"});
  world.tasks.catalog = catalog_of({"a", "new"}, "key");
  run(world, utc_now() + 7h);
  get(accept_schema(world.rows, "crm"));
  const auto seen = *get(world.records.find("crm"));
  auto kept = seen;
  kept.paused.clear();
  CHECK(get(world.records.replace(kept, seen)));
  CHECK(run(world, utc_now() + 8h) == one.after);
  CHECK(run(world, utc_now() + 9h) == one.after);
}

TEST_CASE("a run whose streams are all gone names them, and asks anew") {
  struct row {
    const char* streams;
    strings now;
    const char* error;
  };

  const row rows[] = {
      {R"("all")",
       {},
       R"(all 2 streams that this sync reads are gone from the source: "a", "b"; )"
       "it has no stream at all. See whether the source's config names the "
       "right account, database and schema, and whether its user may still "
       "read them (config_error)"},
      {R"("all")",
       {"c"},
       R"(all 2 streams that this sync reads are gone from the source: "a", "b"; )"
       R"(it has "c". See whether the source's config names the right account, )"
       "database and schema, and whether its user may still read them, or "
       "choose others in the sync's streams (config_error)"},
      {R"([{"name":"b"}])",
       {"a", "c"},
       R"(the one stream that this sync reads is gone from the source: "b"; )"
       R"(it has "a", "c". See whether the source's config names the right )"
       "account, database and schema, and whether its user may still read "
       "them, or choose others in the sync's streams (config_error)"},
  };
  const auto& one = GENERATE_REF(from_range(std::begin(rows), std::end(rows)));
  INFO(one.error);
  auto world = any_sync_world();
  world.keep("crm", R"("streams":)" + std::string{one.streams});
  const auto began = utc_now();
  world.tasks.catalog = catalog_of({"a", "b"});
  run(world, began);
  world.tasks.catalog = catalog_of(one.now);
  CHECK(run(world, began + 25h).empty());
  CHECK(world.stages("crm") == strings{"SUCCESS", "FAILED"});
  CHECK(world.last("crm").error == one.error);
  CHECK(get(world.records.active_runs()).empty());
  // The source has them again: the next run finds out by itself.
  world.tasks.catalog = catalog_of({"a", "b"});
  CHECK_FALSE(run(world, began + 26h).empty());
}

TEST_CASE("a source without a stream fails the run in words") {
  auto world = any_sync_world();
  world.keep("crm");
  world.tasks.catalog = R"({"streams":[]})";
  CHECK(run(world, utc_now()).empty());
  CHECK_THAT(world.last("crm").error,
             ContainsSubstring("the source has no stream at all. See whether"));
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

TEST_CASE("a column that went is left out, and each run's log says so") {
  auto world = any_sync_world();
  world.keep("crm", R"("streams":[{"name":"a","columns":["id","old"]}],)"
                    R"("schemaChanges":{"everySeconds":0})");
  const auto catalog_with = [](const char* column) {
    json stream{{"name", "a"}, {"supported_sync_modes", {"full_refresh"}}};
    for (const auto* one : {"id", column})
      stream["json_schema"]["properties"][one]["type"] = "string";
    return json{{"streams", json::array({stream})}}.dump();
  };
  // One that was never there is misspelt.
  world.tasks.catalog = catalog_with("new");
  CHECK(run(world, utc_now() + 1h).empty());
  CHECK_THAT(world.last("crm").error,
             ContainsSubstring(R"(has no column "old")"));
  world.tasks.catalog = catalog_with("old");
  CHECK(run(world, utc_now() + 2h) == strings{"a:id:old"});
  world.tasks.catalog = catalog_with("new");
  for (int i = 3; i < 5; ++i) {
    CHECK(run(world, utc_now() + i * 1h) == strings{"a:id"});
    const auto lines =
        get(world.at.records->logs(world.last("crm").id, {}, 10));
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].level == "WARN");
    CHECK(lines[0].message
          == R"(the column "old" of the stream a is no longer in the source; )"
             "it is not read");
  }
  world.tasks.catalog = catalog_with("old");
  CHECK(run(world, utc_now() + 5h) == strings{"a:id:old"});
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
