// No two syncs fill one table.

#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string to(const std::string& destination,
               const std::string& options = {}) {
  return "\"destination\":" + destination
         + (options.empty() ? "" : ",\"options\":" + options);
}

std::string sqlite(const std::string& options = {},
                   const std::string& path = "rows.db") {
  return to(R"({"destinationType":"sqlite","path":")" + path + "\"}", options);
}

/// @returns a catalog of such streams.
std::string catalog_of(const std::vector<std::string>& streams) {
  std::string out;
  for (const auto& name : streams)
    out += (out.empty() ? "" : ",") + (R"({"name":")" + name)
           + R"(","json_schema":{},"supported_sync_modes":["full_refresh"]})";
  return "{\"streams\":[" + out + "]}";
}

/// Begins a run of a sync.
/// @returns its stage: READING, or FAILED.
std::string begin(sync_world& world, const std::string& id, wall_time now) {
  world.ask(id, now);
  world.step(now);
  world.step(now);
  return std::string{to_string(world.last(id).stage)};
}

void end(sync_world& world, const std::string& id, wall_time now) {
  get(world.tasks.end(world.last(id).id, task_status::success));
  world.step(now);
}

/// Runs a sync from its begin to its end.
std::string run_whole(sync_world& world, const std::string& id, wall_time now) {
  auto out = begin(world, id, now);
  if (out == "READING")
    end(world, id, now);
  return out;
}

} // namespace

TEST_CASE("a second sync that would fill a table is refused") {
  struct row {
    const char* about;
    std::string first;
    std::string second;
    bool refused;
  };

  const auto postgres = [](const std::string& more,
                           const std::string& options = {}) {
    return to(R"({"destinationType":"postgres","host":"db","username":"u",)"
              R"("password":"p1-p1-p1","database":"app")"
                  + more + "}",
              options);
  };
  const auto mysql = [](const std::string& more,
                        const std::string& options = {}) {
    return to(R"({"destinationType":"mysql","host":"h")" + more + "}", options);
  };
  const auto clickhouse = [](const std::string& more,
                             const std::string& options = {}) {
    return to(R"({"destinationType":"clickhouse","hosts":["h"])" + more + "}",
              options);
  };
  const auto objects = [](const std::string& more,
                          const std::string& options = {}) {
    return to(R"({"destinationType":"s3","accessKeyId":"AK","bucket":"b",)"
              R"("secretAccessKey":"secret-secret")"
                  + more + "}",
              options);
  };
  const std::string prefix = R"({"tableNamePrefix":"crm_"})";
  const std::string capitals = R"({"tableNamePrefix":"CRM_"})";
  const std::string space = R"({"namespace":"crm"})";
  const row rows[] = {
      {"SQLite", sqlite(), sqlite(), true},
      {"SQLite: prefix", sqlite(), sqlite(prefix), false},
      {"SQLite: case", sqlite(prefix), sqlite(capitals), true},
      {"SQLite: namespace is a prefix", sqlite(prefix), sqlite(space), true},
      {"SQLite: file", sqlite(), sqlite("", "other.db"), false},
      {"Postgres", postgres(""), postgres(R"(,"sslMode":"disable")"), true},
      {"Postgres: schema", postgres(""), postgres(R"(,"defaultSchema":"crm")"),
       false},
      {"Postgres: schema and namespace", postgres("", space),
       postgres(R"(,"defaultSchema":"crm")"), true},
      {"Postgres: case", postgres("", prefix), postgres("", capitals), false},
      {"Postgres: one case", postgres("", prefix),
       postgres("", R"({"tableNamePrefix":"CRM_","toSameCase":true})"), true},
      {"MySQL", mysql(R"(,"database":"a")"), mysql(R"(,"database":"a")"), true},
      {"MySQL: database", mysql(R"(,"database":"a")"),
       mysql(R"(,"database":"b")"), false},
      {"MySQL: database and namespace", mysql(R"(,"database":"a")", space),
       mysql(R"(,"database":"crm")"), true},
      {"MySQL: case, which the server decides",
       mysql(R"(,"database":"a")", prefix),
       mysql(R"(,"database":"a")", capitals), true},
      {"ClickHouse", clickhouse(R"(,"protocol":"http")"), clickhouse(""), true},
      {"ClickHouse: case", clickhouse("", prefix), clickhouse("", capitals),
       false},
      {"ClickHouse: database", clickhouse(""), clickhouse(R"(,"database":"b")"),
       false},
      {"S3", objects(""), objects(""), true},
      {"S3: folder", objects(""), objects(R"(,"folder":"f")"), false},
      {"S3: folder and namespace", objects("", space),
       objects(R"(,"folder":"crm")"), true},
      {"Bulker, where the sync's id names the destination", "", "", false},
      {"another kind", sqlite(), mysql(R"(,"database":"a")"), false},
  };
  const auto& one = GENERATE_REF(from_range(std::begin(rows), std::end(rows)));
  INFO(one.about);
  sync_world world{sqlite_world()};
  world.keep("first", one.first);
  world.keep("second", one.second);
  CHECK(run_whole(world, "first", noon) == "READING");
  CHECK(begin(world, "second", noon + 1h)
        == (one.refused ? "FAILED" : "READING"));
  CHECK(world.tasks.reads.size() == (one.refused ? 1 : 2));
  // The first one goes on.
  CHECK(begin(world, "first", noon + 2h) == "READING");
}

TEST_CASE("the refusal names table, destination, the other sync and a remedy") {
  auto world = any_sync_world();
  world.keep("billing", to(R"({"destinationType":"postgres","host":"db",)"
                           R"("username":"u","password":"hidden-1",)"
                           R"("database":"app"})"));
  world.keep("crm", to(R"({"destinationType":"postgres","host":"DB",)"
                       R"("username":"v","password":"hidden-2",)"
                       R"("database":"app"})"));
  CHECK(run_whole(world, "billing", noon) == "READING");
  get(world.at.sidecar->put_states(
      "crm", std::vector<state_row>{{"users", R"({"cursor":1})"}}));
  CHECK(begin(world, "crm", noon + 1h) == "FAILED");
  CHECK_THAT(world.last("crm").error,
             ContainsSubstring("users") && ContainsSubstring("billing")
                 && ContainsSubstring("postgres://DB:5432/app, schema public")
                 && ContainsSubstring("options.tableNamePrefix")
                 && ContainsSubstring("config_error")
                 && !ContainsSubstring("hidden"));
  // Nothing follows from it, and nothing was touched.
  CHECK(world.last("crm").next == follow_up::nothing);
  CHECK(get(world.at.records->saved_states("crm", 1000)).states.size() == 1);
}

TEST_CASE("a table that a sync has left is free for another one") {
  auto world = any_sync_world();
  world.tasks.catalog = catalog_of({"users", "orders"});
  world.keep("first", sqlite());
  world.keep("second", sqlite());
  CHECK(run_whole(world, "first", noon) == "READING");
  SECTION("since it was deleted") {
    CHECK(get(world.records.erase("first", "1")));
    CHECK(begin(world, "second", noon + 1h) == "READING");
    world.keep("first", sqlite());
    CHECK(begin(world, "first", noon + 2h) == "FAILED");
  }
  SECTION("since it goes elsewhere, and has not run there yet") {
    world.change("first", sqlite(R"({"tableNamePrefix":"a_"})"));
    CHECK(begin(world, "second", noon + 1h) == "READING");
    CHECK(begin(world, "first", noon + 2h) == "READING");
  }
  SECTION("since it has run elsewhere") {
    world.change("first", sqlite("", "other.db"));
    CHECK(run_whole(world, "first", noon + 1h) == "READING");
    CHECK(begin(world, "second", noon + 2h) == "READING");
  }
  SECTION("since it reads other streams") {
    world.change("first", sqlite() + R"(,"streams":[{"name":"orders"}])");
    CHECK(run_whole(world, "first", noon + 1h) == "READING");
    world.change("second", sqlite() + R"(,"streams":[{"name":"users"}])");
    CHECK(begin(world, "second", noon + 2h) == "READING");
  }
}

TEST_CASE("a table is not free while a run still fills it") {
  auto world = any_sync_world();
  world.keep("first", sqlite());
  world.keep("second", sqlite());
  CHECK(begin(world, "first", noon) == "READING");
  world.change("first", sqlite("", "other.db"));
  CHECK(begin(world, "second", noon + 1h) == "FAILED");
  end(world, "first", noon + 2h);
  CHECK(begin(world, "second", noon + 3h) == "READING");
}

TEST_CASE("a refused run takes no table of its own") {
  auto world = any_sync_world();
  world.tasks.catalog = catalog_of({"users", "orders"});
  world.keep("first", sqlite() + R"(,"streams":[{"name":"users"}])");
  world.keep("second", sqlite());
  world.keep("third", sqlite() + R"(,"streams":[{"name":"orders"}])");
  CHECK(run_whole(world, "first", noon) == "READING");
  CHECK(begin(world, "second", noon + 1h) == "FAILED");
  CHECK(begin(world, "third", noon + 2h) == "READING");
}

TEST_CASE("thousands of tables are claimed and given back") {
  auto world = any_sync_world();
  std::vector<std::string> many;
  many.reserve(2500);
  for (int i = 0; i < 2500; ++i)
    many.push_back("table " + std::to_string(i));
  get(world.rows.claims.replace("a", "place", many));
  CHECK(get(world.rows.claims.of_others("b", many)).size() == 2500);
  CHECK(get(world.rows.claims.of_others("a", many)).empty());
  get(world.rows.claims.replace("b", "place", {"table 1", "table x"}));
  CHECK(get(world.rows.claims.of_others("c", {"table 1", "table x"})).size()
        == 2);
  get(world.rows.claims.replace("a", "place", {"table 7"}));
  CHECK(get(world.rows.claims.of_others("b", many)).size() == 1);
  CHECK(get(world.rows.claims.left_by_others("b", many)).size() == 2499);
  CHECK(get(world.rows.claims.left_by_others("a", many)).empty());
  get(world.rows.claims.give_up("a"));
  CHECK(get(world.rows.claims.of_others("b", many)).empty());
  CHECK(get(world.rows.claims.left_by_others("b", many)).size() == 2500);
  // Nobody has to have had them.
  get(world.rows.claims.replace("b", "place", many));
  CHECK(get(world.rows.claims.of_others("a", many)).size() == 2500);
  CHECK(get(world.rows.claims.left_by_others("a", many)).empty());
}

TEST_CASE("a table that comes back from another sync is read anew") {
  auto world = any_sync_world();
  world.tasks.catalog = catalog_of({"users", "orders"});
  const std::string users = R"(,"streams":[{"name":"users"}])";
  const std::string orders = R"(,"streams":[{"name":"orders"}])";
  world.keep("first", sqlite());
  world.keep("second", sqlite() + users);
  CHECK(run_whole(world, "first", noon) == "READING");
  // What the first one has is taken, filled and given back by the second one.
  SECTION("by deletions") {
    CHECK(get(world.records.erase("first", "1")));
    CHECK(run_whole(world, "second", noon + 1h) == "READING");
    CHECK(get(world.records.erase("second", "1")));
    world.keep("first", sqlite());
  }
  SECTION("by prefixes") {
    world.change("first", sqlite(R"({"tableNamePrefix":"a_"})"));
    CHECK(run_whole(world, "second", noon + 1h) == "READING");
    world.change("second", sqlite(R"({"tableNamePrefix":"b_"})") + users);
    world.change("first", sqlite());
  }
  SECTION("by streams") {
    world.change("first", sqlite() + orders);
    CHECK(run_whole(world, "first", noon + 1h) == "READING");
    CHECK(run_whole(world, "second", noon + 2h) == "READING");
    CHECK(get(world.records.erase("second", "1")));
    world.change("first", sqlite());
  }
  world.tasks.reads.clear();
  CHECK(run_whole(world, "first", noon + 3h) == "READING");
  REQUIRE(world.tasks.reads.size() == 1);
  CHECK(world.tasks.reads[0].full_sync);
  CHECK_FALSE(world.tasks.reads[0].continues);
  CHECK(world.log.has("\"users\""));
  CHECK(world.log.has("was last filled by the sync \"second\": the saved "
                      "states are forgotten, and every stream is read from its "
                      "start"));
  // From then on its states count again.
  CHECK(run_whole(world, "first", noon + 4h) == "READING");
  REQUIRE(world.tasks.reads.size() == 2);
  CHECK(world.tasks.reads[1].continues);
}

TEST_CASE("a table that a sync gave up and took back is gone on with") {
  auto world = any_sync_world();
  world.tasks.catalog = catalog_of({"users", "orders"});
  world.keep("first", sqlite());
  CHECK(run_whole(world, "first", noon) == "READING");
  world.change("first", sqlite() + R"(,"streams":[{"name":"orders"}])");
  CHECK(run_whole(world, "first", noon + 1h) == "READING");
  world.change("first", sqlite());
  CHECK(run_whole(world, "first", noon + 2h) == "READING");
  REQUIRE(world.tasks.reads.size() == 3);
  CHECK(world.tasks.reads[2].continues);
}
