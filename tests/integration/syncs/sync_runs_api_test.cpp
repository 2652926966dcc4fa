// The API of a sync's runs, from HTTP to the database.

#include "support/syncs_api.hpp"

#include <catch2/catch_all.hpp>

#include <chrono>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

TEST_CASE("a run is begun, waited for and listed") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  auto begun = json::parse(at.ask("POST", "/syncs/crm/run").body);
  CHECK(begun["status"] == "WAITING");
  CHECK(at.pokes == 1);
  auto again = at.ask("POST", "/syncs/crm/run");
  CHECK(again.status == 409);
  CHECK_THAT(error(again),
             ContainsSubstring(begun["taskId"].get<std::string>()));
  at.world.step(utc_now());
  at.world.step(utc_now());
  get(at.world.tasks.end(begun["taskId"], task_status::success, {}, 5));
  at.world.step(utc_now());
  auto runs = json::parse(at.ask("GET", "/syncs/crm/runs").body)["runs"];
  REQUIRE(runs.size() == 1);
  CHECK(runs[0]["status"] == "SUCCESS");
  CHECK(runs[0]["trigger"] == "manual");
  CHECK(json::parse(at.ask("GET", "/syncs/crm").body)["lastRun"]["status"]
        == "SUCCESS");
  // One that is waited for ends while it is waited for.
  std::thread keeper{[&] {
    while (at.pokes < 2)
      std::this_thread::yield();
    at.world.step(utc_now());
    get(at.world.tasks.end(at.world.tasks.reads.back().task_id,
                           task_status::failed, "it broke (config_error)"));
    at.world.step(utc_now());
  }};
  auto over = json::parse(at.ask("POST", "/syncs/crm/run?wait=60").body);
  keeper.join();
  CHECK(over["status"] == "FAILED");
  CHECK(over["error"] == "it broke (config_error)");
}

TEST_CASE("a wait whose time is over returns the run's stage") {
  syncs_api at{sqlite_world()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  auto answer = json::parse(at.ask("POST", "/syncs/crm/run?wait=1").body);
  CHECK(answer["ok"] == true);
  CHECK(answer["status"] == "WAITING");
}

TEST_CASE("a wait ends when the server is about to stop") {
  syncs_api at{sqlite_world()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  at.api.end_waits();
  const auto begin = std::chrono::steady_clock::now();
  auto answer = json::parse(at.ask("POST", "/syncs/crm/run?wait=60").body);
  CHECK(answer["status"] == "WAITING");
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{30});
}

TEST_CASE("a run is cancelled wherever it is") {
  syncs_api at{sqlite_world()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  at.ask("POST", "/syncs/crm/run");
  // Its task is not there yet: only the run is ended.
  const auto waiting = at.ask("POST", "/syncs/crm/cancel");
  at.world.step(utc_now());
  CHECK(at.world.stages("crm") == std::vector<std::string>{"CANCELLED"});
  at.ask("POST", "/syncs/crm/run");
  at.world.step(utc_now());
  at.world.step(utc_now());
  CHECK(at.ask("POST", "/syncs/crm/cancel").status == 200);
  at.world.step(utc_now());
  CHECK(at.world.stages("crm")
        == std::vector<std::string>{"CANCELLED", "CANCELLED"});
}

TEST_CASE("a paused sync says so and goes on when it is resumed") {
  syncs_api at{sqlite_world()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  CHECK(at.ask("POST", "/syncs/crm/pause").status == 200);
  auto shown = json::parse(at.ask("GET", "/syncs/crm").body);
  CHECK(shown["paused"] == "by hand");
  CHECK(shown["nextRunAt"].is_null());
  // A change leaves it paused.
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 200);
  CHECK(json::parse(at.ask("GET", "/syncs/crm").body)["paused"] == "by hand");
  CHECK(at.ask("POST", "/syncs/crm/resume").status == 200);
  CHECK(at.ask("POST", "/syncs/crm/resume").status == 200);
  shown = json::parse(at.ask("GET", "/syncs/crm").body);
  CHECK(shown["paused"].is_null());
  CHECK(shown["nextRunAt"].is_string());
}

TEST_CASE(
    "a run that cannot begin yet is named with its reason, not its time") {
  syncs_api at{sqlite_world()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  at.ask("POST", "/syncs/crm/run");
  const auto refusal = [&] {
    const auto answer = at.ask("POST", "/syncs/crm/run");
    CHECK(answer.status == 409);
    return json::parse(answer.body)["error"].get<std::string>();
  };
  CHECK_THAT(refusal(), ContainsSubstring("WAITING and about to begin"));
  at.world.step(utc_now());
  at.world.tasks.refuse({ec::too_busy, "too many tasks are being started"});
  at.world.step(utc_now());
  CHECK_THAT(refusal(),
             ContainsSubstring("cannot begin yet: too many tasks are being "
                               "started; cancel it")
                 && !ContainsSubstring("until"));
}

TEST_CASE("states are forgotten when no run is under way") {
  syncs_api at{sqlite_world()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  get(at.world.at.sidecar->put_states(
      "crm", std::vector<state_row>{{"a", "{}"}, {"b", "{}"}}));
  at.ask("POST", "/syncs/crm/run");
  CHECK(at.ask("POST", "/syncs/crm/reset").status == 409);
  at.world.step(utc_now());
  at.world.step(utc_now());
  get(at.world.tasks.end(at.world.tasks.reads.back().task_id,
                         task_status::success));
  at.world.step(utc_now());
  CHECK(json::parse(at.ask("POST", "/syncs/crm/reset?stream=a").body)["streams"]
        == json{"a"});
  CHECK(json::parse(at.ask("POST", "/syncs/crm/reset").body)["streams"]
        == json{"b"});
}

TEST_CASE("a further try that waits begins when a person wants it") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  const auto fail = [&] {
    for (int i = 0; i < 2; ++i)
      at.world.step(utc_now());
    get(at.world.tasks.end(at.world.last("crm").id, task_status::failed,
                           "the server is busy"));
    at.world.step(utc_now());
  };
  at.ask("POST", "/syncs/crm/run");
  fail();
  const auto waiting = at.world.last("crm");
  REQUIRE(waiting.stage == run_stage::waiting);
  // Nothing runs that would save them again.
  CHECK(at.ask("POST", "/syncs/crm/reset").status == 200);
  const auto asked = at.ask("POST", "/syncs/crm/run");
  CHECK(asked.status == 200);
  CHECK(json::parse(asked.body)["taskId"] == waiting.id);
  CHECK(at.ask("POST", "/syncs/crm/reset").status == 409);
  // It is the run of a person now: a pause does not keep it.
  CHECK(at.ask("POST", "/syncs/crm/pause").status == 200);
  for (int i = 0; i < 2; ++i)
    at.world.step(utc_now());
  CHECK(at.world.last("crm").stage == run_stage::reading);
  CHECK(at.world.last("crm").trigger == "manual");
  CHECK(at.world.last("crm").attempt == 2);
  CHECK(at.ask("POST", "/syncs/crm/run").status == 409);
}
