// The API of a sync's runs, from HTTP to the database.

#include "support/syncs_api.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
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

TEST_CASE("states are forgotten unless a run reads") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  const auto save = [&] {
    get(at.world.at.sidecar->put_states(
        "crm", std::vector<state_row>{{"a", "{}"}, {"b", "{}"}}));
  };
  const auto reset_all = [&] {
    const auto answer = at.ask("POST", "/syncs/crm/reset");
    CHECK(answer.status == 200);
    CHECK(json::parse(answer.body)["streams"] == json{"a", "b"});
  };
  save();
  at.ask("POST", "/syncs/crm/run");
  // A run that is about to begin, that cannot begin yet, that discovers.
  reset_all();
  at.world.tasks.refuse({ec::too_busy, "too many tasks"});
  at.world.step(utc_now());
  save();
  REQUIRE(at.world.last("crm").stage == run_stage::waiting);
  reset_all();
  at.world.tasks.allow();
  at.world.step(utc_now());
  save();
  REQUIRE(at.world.last("crm").stage == run_stage::discovering);
  reset_all();
  save();
  at.world.step(utc_now());
  REQUIRE(at.world.last("crm").stage == run_stage::reading);
  auto no = at.ask("POST", "/syncs/crm/reset");
  CHECK(no.status == 409);
  CHECK_THAT(error(no), ContainsSubstring("under way; cancel it"));
  auto& tasks = at.world.tasks;
  get(tasks.end(tasks.reads.back().task_id, task_status::failed, "busy"));
  // The read is over; the end of its run is not stored yet.
  REQUIRE(at.world.last("crm").stage == run_stage::reading);
  reset_all();
  // The next read begins while its states are being forgotten.
  at.world.step(utc_now());
  const auto retry = at.world.last("crm");
  REQUIRE(retry.stage == run_stage::waiting);
  auto task = tasks.reads.back();
  task.task_id = retry.id;
  tasks.begins_after_look = task;
  // Another replica may begin it, of which only the row tells.
  tasks.saves_until_seen = GENERATE(false, true);
  no = at.ask("POST", "/syncs/crm/reset");
  CHECK(no.status == 409);
  CHECK_THAT(error(no), ContainsSubstring("began at this moment"));
  save();
  no = at.ask("POST", "/syncs/crm/reset");
  CHECK(no.status == 409);
  CHECK_THAT(error(no), ContainsSubstring("under way; cancel it"));
  get(tasks.end(retry.id, task_status::success));
  tasks.saving.clear();
  at.ask("POST", "/syncs/crm/cancel");
  CHECK(json::parse(at.ask("POST", "/syncs/crm/reset?stream=a").body)["streams"]
        == json{"a"});
  CHECK(json::parse(at.ask("POST", "/syncs/crm/reset").body)["streams"]
        == json{"b"});
}

TEST_CASE("a run waits until the end of the one before it is stored") {
  syncs_api at{sqlite_world()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  at.ask("POST", "/syncs/crm/run");
  at.world.step(utc_now());
  at.world.step(utc_now());
  CHECK_THAT(error(at.ask("POST", "/syncs/crm/run")),
             ContainsSubstring("is READING; cancel it"));
  get(at.world.tasks.end(at.world.last("crm").id, task_status::success));
  // No step stores the end, so the run waits in vain.
  const auto no = at.ask("POST", "/syncs/crm/run");
  CHECK(no.status == 409);
  CHECK_THAT(error(no), ContainsSubstring("try again in a second")
                            && !ContainsSubstring("cancel"));
  at.steps_when_poked = true;
  const auto next = at.ask("POST", "/syncs/crm/run");
  CHECK(next.status == 200);
  CHECK(json::parse(next.body)["taskId"] == at.world.last("crm").id);
  CHECK(at.world.stages("crm").front() == "SUCCESS");
}

TEST_CASE("no state is forgotten that a sidecar may save once more") {
  // The status that the task ended with, and whether the leader has stored the
  // end of the run since.
  const auto end = GENERATE(Catch::Generators::table<task_status, bool>(
      {{task_status::cancelled, false},
       {task_status::cancelled, true},
       {task_status::success, false}}));
  syncs_api at{sqlite_world()};
  auto& tasks = at.world.tasks;
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  get(at.world.at.sidecar->put_states("crm",
                                      std::vector<state_row>{{"a", "{}"}}));
  at.ask("POST", "/syncs/crm/run");
  at.world.step(utc_now());
  at.world.step(utc_now());
  tasks.saving = at.world.last("crm").id;
  get(tasks.end(tasks.saving, std::get<0>(end)));
  if (std::get<1>(end))
    at.world.step(utc_now());
  const auto no = at.ask("POST", "/syncs/crm/reset");
  CHECK(no.status == 409);
  CHECK_THAT(error(no),
             ContainsSubstring("is being ended, and may still save"));
  // It ends while the reset waits.
  tasks.saves_until_seen = true;
  const auto gone = at.ask("POST", "/syncs/crm/reset");
  CHECK(gone.status == 200);
  CHECK(json::parse(gone.body)["streams"] == json{"a"});
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
  CHECK(at.ask("POST", "/syncs/crm/reset").status == 200);
  // It is the run of a person now: a pause does not keep it.
  CHECK(at.ask("POST", "/syncs/crm/pause").status == 200);
  for (int i = 0; i < 2; ++i)
    at.world.step(utc_now());
  CHECK(at.world.last("crm").stage == run_stage::reading);
  CHECK(at.world.last("crm").trigger == "manual");
  CHECK(at.world.last("crm").attempt == 2);
  CHECK(at.ask("POST", "/syncs/crm/run").status == 409);
}

TEST_CASE("a sync shows its last run that ended, whatever run follows") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  const auto shown = [&] {
    auto one = json::parse(at.ask("GET", "/syncs/crm").body);
    // A list shows the same.
    const auto all = json::parse(at.ask("GET", "/syncs").body)["syncs"];
    CHECK(all.at(0)["lastEndedRun"] == one["lastEndedRun"]);
    return one;
  };
  CHECK(shown()["lastEndedRun"].is_null());
  at.ask("POST", "/syncs/crm/run");
  CHECK(shown()["lastEndedRun"].is_null());
  for (int i = 0; i < 2; ++i)
    at.world.step(utc_now());
  const auto first = at.world.last("crm").id;
  get(at.world.tasks.end(first, task_status::failed, "the server is busy"));
  at.world.step(utc_now());
  auto sync = shown();
  CHECK(sync["lastRun"]["status"] == "WAITING");
  CHECK(sync["lastRun"]["attempt"] == 2);
  CHECK(sync["lastRun"]["startedAt"].is_null());
  CHECK(sync["lastEndedRun"]["taskId"] == first);
  CHECK(sync["lastEndedRun"]["error"] == "the server is busy");
  // A try that is called off says nothing of the sync, which goes on failing.
  CHECK(at.ask("POST", "/syncs/crm/cancel").status == 200);
  sync = shown();
  CHECK(sync["lastRun"]["status"] == "CANCELLED");
  CHECK(sync["lastEndedRun"]["taskId"] == first);
  CHECK(json::parse(at.ask("GET", "/syncs?status=failing").body)["syncs"].size()
        == 1);
}

TEST_CASE("a run says what it waits for, and a cancel ends that") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  const auto of_spec = GENERATE(true, false);
  syncs_api at{make()};
  auto& tasks = at.world.tasks;
  auto body = kept_body;
  const std::string version = of_spec ? "2" : "1";
  body.replace(body.find(R"("version":"1")"), 13,
               R"("version":")" + version + '"');
  CHECK(at.ask("PUT", "/syncs/crm", body).status == 201);
  tasks.spec.clear();
  tasks.hangs = true;
  at.ask("POST", "/syncs/crm/run");
  const auto shown = [&] {
    return json::parse(at.ask("GET", "/syncs/crm").body)["lastRun"];
  };
  at.world.step(utc_now());
  const auto first = shown();
  CHECK(first["status"] == (of_spec ? "WAITING" : "DISCOVERING"));
  CHECK_THAT(first["error"].get<std::string>(),
             ContainsSubstring(of_spec ? "waits for the spec of p:2 since 20"
                                       : "waits for the discover of p:1 since "
                                         "20"));
  // It says the same until there is an answer.
  at.world.step(utc_now() + 1min);
  CHECK(shown()["error"] == first["error"]);
  CHECK(shown()["updatedAt"] == first["updatedAt"]);
  CHECK(at.ask("POST", "/syncs/crm/cancel").status == 200);
  CHECK(shown()["status"] == "CANCELLED");
  const auto asked =
      inquiry_id(of_spec ? tasks.specs.back() : tasks.discovers.back());
  CHECK(std::count(tasks.cancelled.begin(), tasks.cancelled.end(), asked) == 1);
  // The next run asks anew.
  tasks.spec = R"({"connectionSpecification":{"type":"object"}})";
  tasks.hangs = false;
  const auto specs = tasks.specs.size();
  at.ask("POST", "/syncs/crm/run");
  for (int i = 0; i < 3; ++i)
    at.world.step(utc_now());
  CHECK(shown()["status"] == "READING");
  CHECK(shown()["error"].is_null());
  CHECK(tasks.specs.size() == specs + (of_spec ? 1 : 0));
}

TEST_CASE("a spec that another run waits for is not ended by a cancel") {
  syncs_api at{sqlite_world()};
  auto& tasks = at.world.tasks;
  auto body = kept_body;
  body.replace(body.find(R"("version":"1")"), 13, R"("version":"2")");
  tasks.spec.clear();
  for (const auto* id : {"a", "b"}) {
    CHECK(at.ask("PUT", std::string{"/syncs/"} + id, body).status == 201);
    at.ask("POST", std::string{"/syncs/"} + id + "/run");
  }
  at.world.step(utc_now());
  at.ask("POST", "/syncs/a/cancel");
  CHECK(std::count(tasks.cancelled.begin(), tasks.cancelled.end(), "spec:p:2")
        == 0);
  at.ask("POST", "/syncs/b/cancel");
  CHECK(std::count(tasks.cancelled.begin(), tasks.cancelled.end(), "spec:p:2")
        == 1);
}

TEST_CASE("a run waits while its discover cannot begin beside another task") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  auto& tasks = at.world.tasks;
  at.ask("POST", "/syncs/crm/run");
  tasks.refuse({ec::already_exists,
                "the connector of task 1 of sync crm is still being ended"});
  for (int i = 0; i < 2; ++i)
    at.world.step(utc_now());
  CHECK(at.world.last("crm").stage == run_stage::waiting);
  CHECK_THAT(at.world.last("crm").error,
             ContainsSubstring("is still being ended"));
  tasks.allow();
  for (int i = 0; i < 2; ++i)
    at.world.step(utc_now());
  CHECK(at.world.last("crm").stage == run_stage::reading);
}
