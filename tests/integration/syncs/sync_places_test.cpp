// A sync whose rows go elsewhere begins anew there.

#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

using strings = std::vector<std::string>;

std::string to(const std::string& destination,
               const std::string& options = {}) {
  return "\"destination\":" + destination
         + (options.empty() ? "" : ",\"options\":" + options);
}

const std::string here = to(R"({"destinationType":"sqlite","path":"a.db"})");
const std::string there = to(R"({"destinationType":"sqlite","path":"b.db"})");

strings saved(sync_world& world, const std::string& id = "crm") {
  strings out;
  for (const auto& one :
       get(world.at.records->saved_states(id, 1'000'000)).states)
    out.push_back(one.key);
  return out;
}

void save(sync_world& world, const strings& streams,
          const std::string& id = "crm") {
  std::vector<state_row> rows;
  for (const auto& one : streams)
    rows.push_back({one, R"({"cursor":1})"});
  get(world.at.sidecar->put_states(id, rows));
}

/// Begins a read, after its discover where that is needed.
/// @returns the run's id.
std::string begin(sync_world& world, wall_time now) {
  auto run = world.ask("crm", now);
  world.step(now);
  world.step(now);
  return run;
}

void end(sync_world& world, const std::string& run, task_status status,
         wall_time now) {
  get(world.tasks.end(
      run, status,
      status == task_status::failed ? "the key is wrong (config_error)" : ""));
  world.step(now);
}

/// Runs the sync once, and has it save a state.
void run_first(sync_world& world, const std::string& definition) {
  world.keep("crm", definition);
  const auto run = begin(world, noon);
  save(world, {"users", "orders"});
  end(world, run, task_status::success, noon + 1min);
}

/// What the log of a run says of its place.
std::string said(sync_world& world, const std::string& run) {
  std::string out;
  for (const auto& row : world.at.world->query(
           "SELECT message FROM task_log WHERE task_id = '" + run + "'"))
    out += row[0].value_or("") + "\n";
  return out;
}

bool is_anew(const task_request& read) {
  CHECK(read.full_sync != read.continues);
  return read.full_sync;
}

} // namespace

TEST_CASE("another place of the rows is told from the same one") {
  struct row {
    const char* about;
    std::string before;
    std::string after;
    bool anew;
  };

  const auto postgres = [](const std::string& more = {},
                           const std::string& host = "db.example") {
    return to(R"({"destinationType":"postgres","host":")" + host
              + R"(","username":"u","password":"p1-p1-p1")"
              + (more.find("database") == std::string::npos
                     ? R"(,"database":"app")"
                     : "")
              + more + "}");
  };
  const auto objects = [](const std::string& more) {
    return to(R"({"destinationType":"s3","accessKeyId":"AK",)"
              R"("secretAccessKey":"secret-secret")"
              + more + "}");
  };
  const auto clickhouse = [](const std::string& more) {
    return to(R"({"destinationType":"clickhouse")" + more + "}");
  };
  const auto mysql = [](const std::string& more) {
    return to(R"({"destinationType":"mysql")" + more + "}");
  };
  const auto sqlite = [](const std::string& options) {
    return to(R"({"destinationType":"sqlite","path":"a.db"})", options);
  };
  const row rows[] = {
      {"nothing", here, here, false},
      {"path", here, there, true},
      {"spelling of a path", here,
       to(R"({"destinationType":"sqlite","path":"/data/rows/./a.db"})"), false},
      {"type", here, to(R"({"destinationType":"file","folder":"a.db"})"), true},
      {"folder", to(R"({"destinationType":"file","folder":"a"})"),
       to(R"({"destinationType":"file","folder":"b"})"), true},
      {"slash", to(R"({"destinationType":"file","folder":"a"})"),
       to(R"({"destinationType":"file","folder":"a/"})"), false},
      {"warehouse to Bulker", here, "", true},
      {"Bulker to warehouse", "", here, true},
      {"Postgres: host", postgres(), postgres("", "other.example"), true},
      {"Postgres: case of the host", postgres(), postgres("", "DB.Example"),
       false},
      {"Postgres: usual port", postgres(), postgres(R"(,"port":5432)"), false},
      {"Postgres: port", postgres(), postgres(R"(,"port":5433)"), true},
      {"Postgres: database", postgres(), postgres(R"(,"database":"crm")"),
       true},
      {"Postgres: schema", postgres(), postgres(R"(,"defaultSchema":"crm")"),
       true},
      {"Postgres: usual schema", postgres(),
       postgres(R"(,"defaultSchema":"public")"), false},
      {"Postgres: schema as a parameter", postgres(),
       postgres(R"(,"parameters":{"search_path":"crm"})"), true},
      {"Postgres: login",
       to(R"({"destinationType":"postgres","host":"db","username":"u",)"
          R"("password":"p1-p1-p1","database":"app"})"),
       to(R"({"destinationType":"postgres","host":"db","username":"v",)"
          R"("password":"db","database":"app","sslMode":"disable"})"),
       false},
      {"MySQL: database", mysql(R"(,"host":"h","database":"a")"),
       mysql(R"(,"host":"h","database":"b")"), true},
      {"MySQL: TLS and login", mysql(R"(,"host":"h","database":"a")"),
       mysql(R"(,"host":"H.","port":3306,"database":"a","username":"u",)"
             R"("sslMode":"require")"),
       false},
      {"MySQL: host", mysql(R"(,"host":"h","database":"a")"),
       mysql(R"(,"host":"i","database":"a")"), true},
      {"ClickHouse: TLS, order and login",
       clickhouse(R"(,"protocol":"http","hosts":["a","b:8123"])"),
       clickhouse(R"(,"hosts":["B","a:8443"],"username":"u",)"
                  R"("database":"default")"),
       false},
      {"ClickHouse: host", clickhouse(R"(,"hosts":["a"])"),
       clickhouse(R"(,"hosts":["b"])"), true},
      {"ClickHouse: port", clickhouse(R"(,"hosts":["a"])"),
       clickhouse(R"(,"hosts":["a:9999"])"), true},
      {"ClickHouse: database", clickhouse(R"(,"hosts":["a"])"),
       clickhouse(R"(,"hosts":["a"],"database":"b")"), true},
      {"S3: bucket", objects(R"(,"bucket":"a")"), objects(R"(,"bucket":"b")"),
       true},
      {"S3: folder", objects(R"(,"bucket":"a")"),
       objects(R"(,"bucket":"a","folder":"f")"), true},
      {"S3: endpoint", objects(R"(,"bucket":"a")"),
       objects(R"(,"bucket":"a","endpoint":"http://localhost:9000")"), true},
      {"S3: form of rows", objects(R"(,"bucket":"a")"),
       objects(R"(,"bucket":"a","format":"csv","compression":"gzip")"), false},
      {"prefix", here, sqlite(R"({"tableNamePrefix":"crm_"})"), true},
      {"namespace", here, sqlite(R"({"namespace":"crm"})"), true},
      {"no namespace", here, sqlite(R"({"namespace":"${LEGACY}"})"), false},
      {"case of names", here, sqlite(R"({"toSameCase":true})"), true},
      {"other options", here,
       sqlite(R"({"deduplicate":false,"addMeta":true,"debug":true})"), false},
  };
  const auto& one = GENERATE_REF(from_range(std::begin(rows), std::end(rows)));
  INFO(one.about);
  sync_world world{sqlite_world()};
  run_first(world, one.before);
  world.change("crm", one.after);
  const auto run = begin(world, noon + 1h);
  REQUIRE(world.tasks.reads.size() == 2);
  CHECK(is_anew(world.tasks.reads[1]) == one.anew);
  CHECK(saved(world) == (one.anew ? strings{} : strings{"orders", "users"}));
  CHECK(said(world, run).empty() != one.anew);
}

TEST_CASE("the log of a run says that the destination changed, and no secret") {
  auto world = any_sync_world();
  run_first(world, to(R"({"destinationType":"postgres","host":"old.example",)"
                      R"("username":"u","password":"hidden-1",)"
                      R"("database":"app"})"));
  world.change("crm", to(R"({"destinationType":"mysql","host":"new.example",)"
                         R"("username":"u","password":"hidden-2",)"
                         R"("database":"crm"})",
                         R"({"tableNamePrefix":"x_"})"));
  const auto run = begin(world, noon + 1h);
  CHECK_THAT(said(world, run),
             ContainsSubstring(
                 "into postgres://old.example:5432/app, schema public to ")
                 && ContainsSubstring(
                     "into mysql://new.example:3306/crm, tableNamePrefix x_")
                 && ContainsSubstring("every stream is read from its start")
                 && !ContainsSubstring("hidden"));
  CHECK(world.log.has("every stream is read from its start"));
  const auto noted = world.at.world->query("SELECT * FROM sync_place");
  REQUIRE(noted.size() == 1);
  for (const auto& cell : noted[0])
    CHECK_THAT(cell.value_or(""), !ContainsSubstring("hidden"));
}

TEST_CASE("a sync that goes on at its place goes on from its states") {
  auto world = any_sync_world();
  run_first(world, here);
  for (int i = 1; i <= 3; ++i) {
    const auto run = begin(world, noon + i * 1h);
    CHECK_FALSE(is_anew(world.tasks.reads.back()));
    end(world, run, task_status::success, noon + i * 1h);
  }
  CHECK(saved(world) == strings{"orders", "users"});
}

TEST_CASE("states that were there before a place was noted are gone on from") {
  auto world = any_sync_world();
  save(world, {"users"});
  world.keep("crm", here);
  begin(world, noon);
  REQUIRE(world.tasks.reads.size() == 1);
  CHECK_FALSE(is_anew(world.tasks.reads[0]));
  CHECK(saved(world) == strings{"users"});
}

TEST_CASE("a failed run at a new place covers what it has saved, not more") {
  auto world = any_sync_world();
  run_first(world, here);
  world.change("crm", there);
  const auto failing = begin(world, noon + 1h);
  REQUIRE(is_anew(world.tasks.reads[1]));
  // One stream came as far as a state.
  const bool partly = GENERATE(false, true);
  if (partly)
    save(world, {"users"});
  end(world, failing, task_status::failed, noon + 1h);
  const auto next = begin(world, noon + 2h);
  REQUIRE(world.tasks.reads.size() == 3);
  // It goes on: what the failed run did not save begins anew by itself.
  CHECK_FALSE(is_anew(world.tasks.reads[2]));
  CHECK(saved(world) == (partly ? strings{"users"} : strings{}));
  end(world, next, task_status::success, noon + 2h);
}

TEST_CASE("a run that still goes to the old place covers nothing of the new") {
  auto world = any_sync_world();
  run_first(world, here);
  const auto old = begin(world, noon + 1h);
  world.change("crm", there);
  world.step(noon + 1h + 1min);
  save(world, {"users", "late"});
  end(world, old, task_status::success, noon + 2h);
  CHECK(saved(world) == strings{"late", "orders", "users"});
  begin(world, noon + 3h);
  REQUIRE(world.tasks.reads.size() == 3);
  CHECK(is_anew(world.tasks.reads[2]));
  CHECK(saved(world).empty());
}

TEST_CASE("a sync that was deleted and is kept anew elsewhere begins anew") {
  auto world = any_sync_world();
  run_first(world, here);
  CHECK(get(world.records.erase("crm", "1")));
  const bool elsewhere = GENERATE(false, true);
  world.keep("crm", elsewhere ? there : here);
  begin(world, noon + 1h);
  REQUIRE(world.tasks.reads.size() == 2);
  CHECK(is_anew(world.tasks.reads[1]) == elsewhere);
  CHECK(saved(world).empty() == elsewhere);
}

TEST_CASE("states of one connector are not given to another one") {
  auto world = any_sync_world();
  run_first(world, here);
  SECTION("another version of it goes on from them") {
    world.version = "2";
    world.change("crm", here);
    begin(world, noon + 1h);
    CHECK_FALSE(is_anew(world.tasks.reads.at(1)));
  }
  SECTION("another one reads everything") {
    world.package = "other";
    world.change("crm", here);
    const auto run = begin(world, noon + 1h);
    CHECK(is_anew(world.tasks.reads.at(1)));
    CHECK(saved(world).empty());
    CHECK_THAT(said(world, run), ContainsSubstring("to other into "));
  }
}

TEST_CASE("a sync that comes back to a place begins anew there, too") {
  auto world = any_sync_world();
  run_first(world, here);
  world.change("crm", there);
  end(world, begin(world, noon + 1h), task_status::success, noon + 1h);
  world.change("crm", here);
  begin(world, noon + 2h);
  REQUIRE(world.tasks.reads.size() == 3);
  CHECK(is_anew(world.tasks.reads[2]));
}

TEST_CASE("a run that cannot begin yet begins anew when it can") {
  auto world = any_sync_world();
  run_first(world, here);
  world.change("crm", there);
  world.tasks.refuse({ec::already_exists, "another read of the sync runs"});
  const auto run = begin(world, noon + 1h);
  REQUIRE(world.tasks.reads.size() == 1);
  // What holds it up saves states of wherever it brings its rows.
  save(world, {"users"});
  world.tasks.allow();
  world.step(noon + 1h + 1s);
  REQUIRE(world.tasks.reads.size() == 2);
  CHECK(world.tasks.reads[1].task_id == run);
  CHECK(is_anew(world.tasks.reads[1]));
  CHECK(saved(world).empty());
}

TEST_CASE("a read that began before its process ended keeps its place") {
  auto world = any_sync_world();
  run_first(world, here);
  world.change("crm", there);
  const auto run = world.ask("crm", noon + 1h);
  // The process ended before it could note that the read has begun.
  world.step(noon + 1h);
  REQUIRE(world.tasks.reads.size() == 2);
  CHECK(get(world.records.put_stage(run, run_stage::waiting, "")));
  save(world, {"users"});
  world.change("crm", to(R"({"destinationType":"sqlite","path":"c.db"})"));
  world.step(noon + 1h + 1s);
  CHECK(saved(world) == strings{"users"});
  end(world, run, task_status::success, noon + 2h);
  // Its states tell of b.db, and the sync goes to c.db.
  begin(world, noon + 3h);
  REQUIRE(world.tasks.reads.size() == 3);
  CHECK(is_anew(world.tasks.reads[2]));
  CHECK(saved(world).empty());
}

TEST_CASE("a destination that cannot be used fails the run and keeps states") {
  auto world = any_sync_world();
  run_first(world, here);
  world.change("crm", to(R"({"destinationType":"mysql","host":"h"})"));
  begin(world, noon + 1h);
  CHECK(world.tasks.reads.size() == 1);
  CHECK(world.last("crm").stage == run_stage::failed);
  CHECK_THAT(world.last("crm").error,
             ContainsSubstring("database is required for mysql")
                 && ContainsSubstring("config_error"));
  CHECK(saved(world) == strings{"orders", "users"});
}
