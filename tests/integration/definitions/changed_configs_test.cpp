// Configs that a connector changes in a run (CONTROL), while a client changes
// or deletes its sync.

#include "controller/definitions/changed_configs.hpp"
#include "support/syncs_api.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using namespace motorcade;
using namespace motorcade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

world_ptr any_world() {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  return make();
}

std::string body_with(const std::string& config) {
  return R"({"source":{"package":"p","version":"1","config":)" + config + "}}";
}

/// @returns the config of a sync, as it is kept.
nlohmann::json config_of(syncs_api& at, const std::string& id) {
  const auto row = get(at.world.records.find(id));
  return nlohmann::json::parse(get(open_sync(*row, at.world.keys)).config);
}

/// Begins a run, up to its read.
std::string begin_read(syncs_api& at, const std::string& id) {
  const auto answer = at.ask("POST", "/syncs/" + id + "/run");
  REQUIRE(answer.status == 200);
  at.world.step(utc_now());
  at.world.step(utc_now());
  REQUIRE_FALSE(at.world.tasks.reads.empty());
  return nlohmann::json::parse(answer.body)["taskId"];
}

/// @returns the lines that syncctl added to the log of a run.
std::string noted(syncs_api& at, const std::string& run) {
  std::string out;
  for (const auto& line : get(at.world.at.records->logs(run, {}, 100)))
    out += line.message + '\n';
  return out;
}

} // namespace

TEST_CASE("a change by a client during a run outlives that of its connector") {
  struct row {
    const char* what;
    std::string put;
    const char* config;
    const char* line;
  };

  // The run is given host a and token t1; its connector makes t2 of it.
  const row rows[] = {
      {"nothing", "", R"({"host":"a","token":"t2-t2-t2"})", "Changed: token"},
      {"another member", body_with(R"({"host":"b","token":"***"})"),
       R"({"host":"b","token":"t2-t2-t2"})", "Changed: token"},
      {"the same member", body_with(R"({"host":"b","token":"mine-mine"})"),
       R"({"host":"b","token":"mine-mine"})",
       "nothing of the config that the connector changed is taken, since a "
       "client changed the same members during the run: token"},
      {"the same member and the same value",
       body_with(R"({"host":"b","token":"t2-t2-t2"})"),
       R"({"host":"b","token":"t2-t2-t2"})", "to what the sync has already"},
      {"another connector",
       R"({"source":{"package":"q","version":"1","config":{"token":"x-x-x-x"}}})",
       R"({"token":"x-x-x-x"})", "another connector"},
  };
  const auto& one = GENERATE_REF(from_range(std::begin(rows), std::end(rows)));
  INFO(one.what);
  syncs_api at{any_world()};
  CHECK(at.ask("PUT", "/syncs/crm",
               body_with(R"({"host":"a","token":"t1-t1-t1"})"))
            .status
        == 201);
  const auto run = begin_read(at, "crm");
  if (!one.put.empty())
    CHECK(at.ask("PUT", "/syncs/crm", one.put).status == 200);
  const auto tag = at.ask("GET", "/syncs/crm").headers.at("etag");
  get(at.world.at.sidecar->put_config(
      {"p", "1", "crm", "", R"({"host":"a","token":"t2-t2-t2"})"}));
  get(at.world.tasks.end(run, task_status::success));
  at.world.step(utc_now());
  CHECK(config_of(at, "crm") == nlohmann::json::parse(one.config));
  CHECK_THAT(noted(at, run),
             ContainsSubstring(one.line) && !ContainsSubstring("t2-t2"));
  CHECK(at.world.log.has(one.line));
  CHECK(get(at.world.inputs.changed_configs("crm")).empty());
  // Who saw the sync before the connector changed it does not overwrite that.
  const auto changed = std::string{one.line}.starts_with("Changed");
  CHECK((at.ask("GET", "/syncs/crm").headers.at("etag") != tag) == changed);
  CHECK(
      at.ask("PUT", "/syncs/crm", body_with("{}"), "If-Match: " + tag + "\r\n")
          .status
      == (changed ? 412 : 200));
}

TEST_CASE("a config that a connector sends as it was changes nothing") {
  syncs_api at{any_world()};
  at.ask("PUT", "/syncs/crm", body_with(R"({"host":"a","token":"t1-t1-t1"})"));
  const auto run = begin_read(at, "crm");
  const auto tag = at.ask("GET", "/syncs/crm").headers.at("etag");
  get(at.world.at.sidecar->put_config(
      {"p", "1", "crm", "", R"({ "token":"t1-t1-t1", "host":"a"})"}));
  get(at.world.tasks.end(run, task_status::success));
  at.world.step(utc_now());
  CHECK(at.ask("GET", "/syncs/crm").headers.at("etag") == tag);
  CHECK(noted(at, run).empty());
  CHECK(get(at.world.inputs.changed_configs("crm")).empty());
}

TEST_CASE("a connector's next change is compared with its own last config") {
  syncs_api at{any_world()};
  at.ask("PUT", "/syncs/crm", body_with(R"({"a":"1","token":"t1-t1-t1"})"));
  const auto run = begin_read(at, "crm");
  const auto change = [&](const std::string& config) {
    get(at.world.at.sidecar->put_config({"p", "1", "crm", "", config}));
    get(take_changed_configs(at.world.rows, at.world.keys, "crm", run));
  };
  at.ask("PUT", "/syncs/crm", body_with(R"({"a":"1","token":"mine-mine"})"));
  change(R"({"a":"1","token":"t2-t2-t2"})");
  // Its own token is no change any more.
  change(R"({"a":"2","token":"t2-t2-t2"})");
  CHECK(config_of(at, "crm")
        == nlohmann::json::parse(R"({"a":"2","token":"mine-mine"})"));
  CHECK_THAT(noted(at, run), ContainsSubstring("Changed: a\n"));
}

TEST_CASE("a connector that changes its config twice is taken twice") {
  syncs_api at{any_world()};
  at.ask("PUT", "/syncs/crm", body_with(R"({"host":"a","token":"t1-t1-t1"})"));
  const auto run = begin_read(at, "crm");
  const auto change = [&](const std::string& token) {
    get(at.world.at.sidecar->put_config(
        {"p", "1", "crm", "", R"({"host":"a","token":")" + token + "\"}"}));
    get(take_changed_configs(at.world.rows, at.world.keys, "crm", run));
  };
  change("t2-t2-t2");
  at.ask("PUT", "/syncs/crm", body_with(R"({"host":"b","token":"***"})"));
  change("t3-t3-t3");
  CHECK(config_of(at, "crm")
        == nlohmann::json::parse(R"({"host":"b","token":"t3-t3-t3"})"));
}

TEST_CASE("the changed config of an earlier discover is dropped with a word") {
  syncs_api at{any_world()};
  at.ask("PUT", "/syncs/crm", body_with(R"({"host":"a","token":"t1-t1-t1"})"));
  const auto asked = at.ask("POST", "/syncs/crm/run");
  const std::string run = nlohmann::json::parse(asked.body)["taskId"];
  at.world.step(utc_now());
  REQUIRE(at.world.tasks.discovers.size() == 1);
  const auto key = at.world.tasks.discovers[0].storage_key;
  at.ask("PUT", "/syncs/crm", body_with(R"({"host":"b","token":"***"})"));
  at.world.step(utc_now());
  REQUIRE(at.world.tasks.discovers.size() == 2);
  get(at.world.at.sidecar->put_config(
      {"p", "1", "crm", key, R"({"host":"a","token":"t2-t2-t2"})"}));
  at.world.step(utc_now());
  CHECK(config_of(at, "crm")
        == nlohmann::json::parse(R"({"host":"b","token":"t1-t1-t1"})"));
  CHECK_THAT(noted(at, run), ContainsSubstring("in a discover"));
  CHECK(get(at.world.inputs.changed_configs("crm")).empty());
}

TEST_CASE("a config of a deleted sync is not kept, nor given to a new one") {
  // When the new sync is made: while the old one's read goes on, or behind it.
  const auto early = GENERATE(true, false);
  syncs_api at{any_world()};
  at.world.tasks.obeys = false;
  at.ask("PUT", "/syncs/crm", body_with(R"({"token":"t1-t1-t1"})"));
  const auto run = begin_read(at, "crm");
  const auto change = [&] {
    get(at.world.at.sidecar->put_config(
        {"p", "1", "crm", "", R"({"token":"t2-t2-t2"})"}));
  };
  const auto rows = [&] {
    return get(at.world.inputs.changed_configs("crm")).size();
  };
  const auto keep_anew = [&] {
    CHECK(
        at.ask("PUT", "/syncs/crm", body_with(R"({"token":"new-new"})")).status
        == 201);
  };
  change();
  CHECK(at.ask("DELETE", "/syncs/crm").status == 200);
  CHECK(rows() == 0);
  at.world.step(utc_now());
  CHECK(at.world.tasks.cancelled == std::vector<std::string>{run});
  // Its connector is still there, and sends another one.
  change();
  if (early)
    keep_anew();
  at.world.step(utc_now());
  CHECK(rows() == 1);
  get(at.world.tasks.end(run, task_status::cancelled));
  at.world.step(utc_now());
  CHECK(rows() == 0);
  // Its sidecar has stored this one before it saw that it is cancelled.
  change();
  if (!early)
    keep_anew();
  begin_read(at, "crm");
  CHECK(rows() == 0);
  CHECK(config_of(at, "crm")["token"] == "new-new");
  CHECK_THAT(at.world.tasks.reads.back().config, ContainsSubstring("new-new"));
}

TEST_CASE("a new sync waits for the read of the one that was deleted") {
  syncs_api at{any_world()};
  at.world.tasks.obeys = false;
  at.ask("PUT", "/syncs/crm", body_with("{}"));
  const auto old = begin_read(at, "crm");
  CHECK(at.ask("DELETE", "/syncs/crm").status == 200);
  CHECK(at.ask("PUT", "/syncs/crm", body_with("{}")).status == 201);
  CHECK(at.ask("POST", "/syncs/crm/run").status == 200);
  for (int i = 0; i < 3; ++i)
    at.world.step(utc_now());
  const auto newest = [&] {
    const auto answer = at.ask("GET", "/syncs/crm");
    return nlohmann::json::parse(answer.body)["lastRun"];
  };
  CHECK(newest()["status"] == "WAITING");
  CHECK_THAT(newest()["error"].get<std::string>(),
             ContainsSubstring(old) && ContainsSubstring("is cancelled"));
  CHECK(at.world.tasks.discovers.size() == 1);
  get(at.world.tasks.end(old, task_status::cancelled));
  at.world.step(utc_now());
  at.world.step(utc_now());
  CHECK(newest()["status"] == "READING");
  CHECK(newest()["error"].is_null());
}

TEST_CASE("a connector that changes its config each time is discovered once") {
  syncs_api at{any_world()};
  auto& tasks = at.world.tasks;
  const auto body = body_with(R"({"host":"a","token":"t0-t0-t0"})");
  at.ask("PUT", "/syncs/crm", body);
  int count = 0;
  const auto change = [&](const std::string& key) {
    auto token = "t" + std::to_string(++count) + "-rotated";
    get(at.world.at.sidecar->put_config(
        {"p", "1", "crm", key, R"({"host":"a","token":")" + token + "\"}"}));
    return token;
  };
  // A run whose discover, if it has one, and read each change the token.
  const auto run = [&] {
    const auto discovers = tasks.discovers.size();
    const auto asked = at.ask("POST", "/syncs/crm/run");
    const std::string id = nlohmann::json::parse(asked.body)["taskId"];
    at.world.step(utc_now());
    if (tasks.discovers.size() > discovers) {
      const auto token = change(tasks.discovers.back().storage_key);
      at.world.step(utc_now());
      CHECK(nlohmann::json::parse(tasks.reads.back().config)["token"] == token);
    }
    REQUIRE_FALSE(tasks.reads.empty());
    REQUIRE(tasks.reads.back().task_id == id);
    const auto token = change("");
    get(tasks.end(id, task_status::success));
    at.world.step(utc_now());
    CHECK(config_of(at, "crm")["token"] == token);
    return tasks.discovers.size() - discovers;
  };
  CHECK(run() == 1);
  CHECK(run() == 0);
  // What a client leaves as it is, in any order, changes nothing.
  at.ask("PUT", "/syncs/crm", body_with(R"({"token":"***", "host":"a"})"));
  CHECK(run() == 0);
  at.ask("PUT", "/syncs/crm", body_with(R"({"host":"b","token":"***"})"));
  CHECK(run() == 1);
  // With the config that it had at first it is what was found with that.
  at.ask("PUT", "/syncs/crm", body);
  CHECK(run() == 0);
}

TEST_CASE("a config that no run could be given is dropped with a word") {
  struct row {
    std::string value;
    const char* why;
    /// Postgres keeps no half pair, and of two members one.
    bool sqlite = false;
  };

  const std::string open(500, '['), close(500, ']');
  const row rows[] = {
      // Postgres tells less.
      {"1e400", "with which it could not be started: "},
      {R"("\ud800")", "n holds half", true},
      {R"({"b":1,"b":2})", "n.b is there twice", true},
      {"18446744073709551616", "n is a whole number beyond 64 bits"},
      {"0.12345678901234567890", "n has more digits"},
      {open + close, "nests deeper than 498 levels"},
      {R"([1,{"password":"***"}])", "n[1].password is ***"},
  };
  const auto& one = GENERATE_REF(from_range(std::begin(rows), std::end(rows)));
  const auto& value = one.value;
  INFO(one.why);
  syncs_api at{one.sqlite ? sqlite_world() : any_world()};
  at.ask("PUT", "/syncs/crm", body_with(R"({"token":"t1-t1-t1"})"));
  const auto run = begin_read(at, "crm");
  get(at.world.at.sidecar->put_config(
      {"p", "1", "crm", "", R"({"token":"t2-t2-t2","n":)" + value + "}"}));
  get(at.world.tasks.end(run, task_status::success));
  at.world.step(utc_now());
  CHECK(config_of(at, "crm")
        == nlohmann::json::parse(R"({"token":"t1-t1-t1"})"));
  CHECK_THAT(noted(at, run), ContainsSubstring("dropped the config")
                                 && ContainsSubstring(one.why));
  CHECK(get(at.world.inputs.changed_configs("crm")).empty());
}
