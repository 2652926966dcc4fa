// States of several kinds, of alike names, and of earlier reads, with a whole
// sidecar.

#include "support/holds.hpp"
#include "support/sidecar_world.hpp"
#include "support/table_reader.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>

#include <chrono>
#include <fstream>
#include <thread>

using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

using states = std::map<std::string, std::string>;

/// Saves a state as an earlier read did.
void put(sidecar_world& world, const std::string& key,
         const std::string& state) {
  auto saved =
      motorcade::test::prepared(world.env.at("DATABASE_URL"))
          ->put_states("sync", std::vector<motorcade::state_row>{{key, state}});
  REQUIRE(saved);
}

const std::string complete =
    status_line("users", "COMPLETE") + status_line("orders", "COMPLETE");

/// @returns whether the process waits for a lock of a file.
bool waits_for_lock(int pid) {
  std::ifstream locks{"/proc/locks"};
  const auto process = " " + std::to_string(pid) + " ";
  for (std::string line; std::getline(locks, line);)
    if (holds(line, "-> FLOCK") && holds(line, process))
      return true;
  return false;
}

} // namespace

TEST_CASE("states of several kinds are left as they came") {
  struct row {
    std::string what;
    std::string lines;
    states left;
    /// Stands in the log; empty: no warning of states that ended.
    std::string log;
  };

  const auto user = record_line("users", R"({"id":1})");
  const auto order = record_line("orders", R"({"id":1})");
  const auto users = state_line("users", "7");
  const auto orders = state_line("orders", "9");
  const auto global = global_state_line(R"("shared_state":{"lsn":1})");
  const auto legacy = legacy_state_line(R"({"a":1})");
  const states only_orders = {{"orders", "9"}};
  const std::string ended = "No state is left of: users";
  const row table[] = {
      {"GLOBAL between two", user + users + global + orders, only_orders,
       ended},
      {"LEGACY between two", user + users + legacy + orders, only_orders,
       ended},
      {"rows before all", order + user + users + global + orders, only_orders,
       ended},
      {"GLOBAL at last",
       user + users + orders + global,
       {{"_GLOBAL_STATE", R"({"shared_state":{"lsn":1}})"}},
       ""},
      {"LEGACY, then GLOBAL",
       user + legacy + order + global,
       {{"_GLOBAL_STATE", R"({"shared_state":{"lsn":1}})"}},
       ""},
      {"all streams anew behind GLOBAL",
       global + user + users + orders,
       {{"orders", "9"}, {"users", "7"}},
       ""},
  };
  for (const auto& [what, lines, left, log] : table) {
    INFO(what);
    sidecar_world world;
    world.catalog(configured_catalog({"users", "orders"}, "incremental"));
    put(world, "_GLOBAL_STATE", "{}");
    auto ended_program = world.play(lines + complete);
    INFO(ended_program.err);
    CHECK(world.task().status == "SUCCESS");
    CHECK(world.states() == left);
    CHECK(world.logged("No state is left of") == !log.empty());
    CHECK((log.empty() || world.logged(log)));
  }
}

TEST_CASE("rows and states of misnamed streams are reported") {
  struct row {
    std::string what;
    std::string lines;
    std::string status;
    std::string error;
  };

  const auto row_of = [](const char* name, const char* space = "") {
    return record_line({name, space}, R"({"id":1})");
  };
  const auto users = row_of("users") + state_line("users", "1");
  const auto end = status_line("users", "COMPLETE");
  const row table[] = {
      {"a state in another case", users + state_line("Users", "2") + end,
       "PARTIAL", "1 state came of Users (they differ only in case)"},
      {"a GLOBAL state of another case",
       users
           + global_state_line(R"("shared_state":{},"stream_states":[)"
                               R"({"stream_descriptor":{"name":"Users"},)"
                               R"("stream_state":{}}])")
           + end,
       "PARTIAL", "1 state came of Users"},
      {"a row in another case", users + row_of("Users") + end, "PARTIAL",
       "1 row of Users (they differ only in case) was dropped"},
      {"a row with a blank", row_of("users ") + users + end, "PARTIAL",
       "1 row of users "},
      {"a row with a namespace", users + row_of("users", "public") + end,
       "PARTIAL", "1 row of public.users"},
      {"rows of others alone", row_of("zebras") + end, "FAILED",
       "1 row of streams that the catalog does not name (zebras)"},
      {"rows of others besides", users + row_of("zebras") + end, "SUCCESS", ""},
  };
  for (const auto& [what, lines, status, error] : table) {
    INFO(what);
    sidecar_world world;
    world.catalog(configured_catalog({"users"}, "incremental"));
    auto ended = world.play(lines);
    INFO(ended.err);
    auto task = world.task();
    CHECK(task.status == status);
    CHECK(task.of("users") == status);
    CHECK_THAT(task.error, Catch::Matchers::ContainsSubstring(error));
  }
}

TEST_CASE(
    "FULL_SYNC replaces tables although a state of all streams is saved") {
  sidecar_world world;
  world.catalog(configured_catalog({"users", "orders"}, "incremental"));
  world.env["FULL_SYNC"] = "true";
  put(world, "_GLOBAL_STATE", R"({"shared_state":{"lsn":1}})");
  world.file("state.json",
             R"([{"type":"GLOBAL","global":{"shared_state":{}}}])");
  const auto rows = record_lines("users", numbered_rows(0, 3))
                    + record_lines("orders", numbered_rows(0, 2));
  const auto global = global_state_line(R"("shared_state":{"lsn":2})");
  auto modes = [&world] {
    std::map<std::string, std::string> out;
    for (const auto& request : world.bulker.requests())
      out.emplace(request.table, request.head.query_value("mode"));
    return out;
  };
  SECTION("all tables are replaced, and the new state takes its place") {
    auto ended = world.play(rows + global + complete);
    INFO(ended.err);
    CHECK(world.task().status == "SUCCESS");
    CHECK(modes()
          == states{{"orders", "replace_table"}, {"users", "replace_table"}});
    CHECK(world.states()
          == states{{"_GLOBAL_STATE", R"({"shared_state":{"lsn":2}})"}});
    CHECK(world.logged(
        "FULL_SYNC is set: the state.json that is there is ignored"));
  }
  SECTION("a part replaces a table together with the state it goes on from") {
    auto ended = world.play(rows + global + record_line("users", R"({"id":9})")
                            + status_line("users", "INCOMPLETE")
                            + status_line("orders", "COMPLETE"));
    INFO(ended.err);
    CHECK(world.task().status == "PARTIAL");
    CHECK(world.bulker.rows("users").size() == 3);
    CHECK(world.states()
          == states{{"_GLOBAL_STATE", R"({"shared_state":{"lsn":2}})"}});
  }
}

TEST_CASE("logs of two destinations in one folder are two tables") {
  scratch_folder out;
  for (const std::string id : {"logs", "other"}) {
    sidecar_world world;
    world.env["BULKER_URL"] = "file://" + out.path().string();
    world.env["LOGS_CONNECTION_ID"] = id;
    world.env["TABLE_NAME_PREFIX"] = id + "_";
    auto ended = world.play(record_line("users", "{}") + complete);
    INFO(ended.err);
    CHECK(world.task().status == "SUCCESS");
    CHECK_FALSE(
        motorcade::support::read_table(out.path(id + "/task_log.ndjson.zst"))
            .empty());
  }
}

TEST_CASE("a sidecar that waits for its sync ends at once on SIGTERM") {
  sidecar_world world;
  world.start();
  auto connector = world.connect();
  connector.out(log_line("INFO", "here"));
  REQUIRE(
      world.await("SELECT count(*) FROM task_log WHERE message = 'here'", "1"));
  auto env = world.env;
  env["TASK_ID"] = "second";
  watched_program second{{SIDECAR}, env};
  while (!waits_for_lock(second.pid()))
    std::this_thread::yield();
  const auto begin = std::chrono::steady_clock::now();
  second.signal(SIGTERM);
  auto ended = second.finish();
  INFO(ended.err);
  // Long before it would have given up by itself.
  CHECK(std::chrono::steady_clock::now() - begin < 8s);
  CHECK(holds(ended.err, "told to stop while waiting: "));
  CHECK(ended.exit_code != 0);
  connector.close();
  world.finish();
}
