// Runs of syncs that have no read: each is answered as a task, with whose fault
// it is.

#include "support/syncs_api.hpp"

#include <catch2/catch_all.hpp>

#include <functional>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

TEST_CASE("a run without a read is answered as a task") {
  auto make = GENERATE(&postgres_world, &sqlite_world);

  struct row {
    const char* name;
    std::function<void(syncs_api&)> before;
    const char* status;
    const char* stage;
    /// Of the failure; empty: there is none.
    const char* origin;
    const char* kind;
    const char* error;
    bool has_asked;
  };

  const row rows[] = {
      {"it waits",
       [](syncs_api& at) {
         at.world.tasks.refuse({ec::too_busy, "too many tasks"});
       },
       "RUNNING", "WAITING", "", "", "too many tasks", false},
      {"its discover failed",
       [](syncs_api& at) {
         at.world.tasks.catalog.clear();
         at.world.tasks.catalog_error = "no such image (config_error)";
       },
       "FAILED", "FAILED", "source", "config_error", "no such image", true},
      {"its discover broke",
       [](syncs_api& at) {
         at.world.tasks.catalog.clear();
         at.world.tasks.catalog_error = "it crashed";
       },
       "FAILED", "FAILED", "source", "system_error", "it crashed", true},
      {"its destination is refused",
       [](syncs_api& at) {
         at.world.tasks.refuse(
             {ec::invalid_argument, "the destination's path is elsewhere"});
       },
       "FAILED", "FAILED", "destination", "config_error", "elsewhere", false},
      {"its config cannot be opened",
       [](syncs_api& at) {
         const auto row = get(at.world.records.find("crm"));
         REQUIRE(row);
         REQUIRE(get(at.world.records.change_secrets(
             "crm", row->secrets, "v1.00000000.AAAA", make_uuid())));
       },
       "FAILED", "FAILED", "airbyte_platform", "system_error", "cannot be read",
       false},
  };
  for (const auto& one : rows) {
    INFO(one.name);
    syncs_api at{make()};
    CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
    one.before(at);
    const auto id = json::parse(at.ask("POST", "/syncs/crm/run").body)["taskId"]
                        .get<std::string>();
    for (auto i = 0; i < 4; ++i)
      at.world.step(utc_now() + std::chrono::seconds{i});
    const auto answer = at.ask("GET", "/tasks/" + id);
    REQUIRE(answer.status == 200);
    const auto shown = json::parse(answer.body);
    const auto& task = shown["task"];
    CHECK(task["taskId"] == id);
    CHECK(task["syncId"] == "crm");
    CHECK(task["status"] == one.status);
    CHECK(task["command"] == "read");
    CHECK(task["startedBy"]["trigger"] == "manual");
    CHECK_THAT(task["error"].get<std::string>(), ContainsSubstring(one.error));
    CHECK(shown["run"]["status"] == one.stage);
    if (*one.origin == '\0') {
      CHECK(task["metrics"].is_null());
    } else {
      const auto& failure = task["metrics"]["failure"];
      CHECK(failure["failureOrigin"] == one.origin);
      CHECK(failure["failureType"] == one.kind);
    }
    CHECK(shown["asked"].is_string() == one.has_asked);
    if (one.has_asked)
      CHECK_THAT(shown["asked"].get<std::string>(),
                 ContainsSubstring("discover:p:1:sync:crm:"));
    // Its log is there, if only to say nothing.
    CHECK(at.ask("GET", "/tasks/" + id + "/logs").status == 200);
    CHECK(at.ask("GET", "/tasks/" + id + "/logs.txt").status == 200);
    at.ask("DELETE", "/syncs/crm");
    CHECK(at.ask("GET", "/tasks/" + id).status == 404);
  }
  syncs_api at{make()};
  CHECK(at.ask("GET", "/tasks/none").status == 404);
}

TEST_CASE("a run that was cancelled before its read is answered as a task") {
  syncs_api at{sqlite_world()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  const auto id = json::parse(at.ask("POST", "/syncs/crm/run").body)["taskId"]
                      .get<std::string>();
  CHECK(at.ask("POST", "/syncs/crm/cancel").status == 200);
  const auto task = json::parse(at.ask("GET", "/tasks/" + id).body)["task"];
  CHECK(task["status"] == "CANCELLED");
  CHECK(task["metrics"]["failure"]["failureType"] == "cancelled");
}

TEST_CASE("the read of a kept sync is answered with its run") {
  syncs_api at{sqlite_world()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  const auto id = json::parse(at.ask("POST", "/syncs/crm/run").body)["taskId"]
                      .get<std::string>();
  task_record read;
  read.sync_id = "crm";
  read.task_id = id;
  at.service.put(read);
  read.task_id = "of another client";
  at.service.put(read);
  auto shown = json::parse(at.ask("GET", "/tasks/" + id).body);
  CHECK(shown["run"]["taskId"] == id);
  CHECK(shown["run"]["trigger"] == "manual");
  // Only a run without a read has its log elsewhere.
  CHECK_FALSE(shown.contains("asked"));
  shown = json::parse(at.ask("GET", "/tasks/of%20another%20client").body);
  CHECK(shown["task"]["taskId"] == "of another client");
  CHECK_FALSE(shown.contains("run"));
}
