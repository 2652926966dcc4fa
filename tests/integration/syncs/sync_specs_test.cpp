// Only a connector's spec tells what is secret of a config: what is shown and
// done before it is known.

#include "support/syncs_api.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

using strings = std::vector<std::string>;

/// Answers of specs and discovers have the database's time.
const wall_time start = utc_now();

const std::string marks_word =
    R"({"connectionSpecification":{"properties":{"word":{"type":"string","airbyte_secret":true}}}})";

/// A config whose secret nothing but a spec tells.
std::string body_of(const std::string& version) {
  return R"({"source":{"package":"q","version":")" + version
         + R"(","config":{"host":"a","port":5432,"flag":true,"word":"hunter2-hunter2"}}})";
}

json config_of(const json& sync) {
  return sync["definition"]["source"]["config"];
}

const json hidden{
    {"host", "***"}, {"port", "***"}, {"flag", true}, {"word", "***"}};
const json told{{"host", "a"}, {"port", 5432}, {"flag", true}, {"word", "***"}};

} // namespace

TEST_CASE("a config is hidden whole until its spec is known") {
  auto make = GENERATE(&postgres_world, &sqlite_world);

  struct row {
    const char* name;
    std::string spec;
    std::string error;
    bool is_told;
    /// A part of the reason.
    const char* reason;
  };

  const row rows[] = {
      {"nobody asked", "", "", false, "nobody asked for it yet"},
      {"the spec failed", "", "no such image", false, "no such image"},
      {"the spec is none", R"({"title":"x"})", "", false,
       "no connectionSpecification"},
      {"the spec marks it", marks_word, "", true, ""},
  };
  for (const auto& one : rows) {
    INFO(one.name);
    syncs_api at{make()};
    at.world.tasks.spec = one.spec;
    at.world.tasks.spec_error = one.error;
    if (!one.spec.empty() || !one.error.empty())
      get(at.world.tasks.tell_spec("q", "1"));
    // `ask` looks for the secret in every answer.
    const auto put = at.ask("PUT", "/syncs/crm", body_of("1"));
    CHECK(put.status == 201);
    const auto found = json::parse(at.ask("GET", "/syncs/crm").body);
    const auto list = json::parse(at.ask("GET", "/syncs?runs=3").body);
    for (const auto& shown :
         {json::parse(put.body), found, json(list["syncs"].at(0))}) {
      CHECK(config_of(shown) == (one.is_told ? told : hidden));
      if (one.is_told) {
        CHECK(shown["configHidden"].is_null());
      } else {
        const auto why = shown["configHidden"].get<std::string>();
        CHECK_THAT(why, ContainsSubstring("q:1")
                            && ContainsSubstring(one.reason)
                            && ContainsSubstring("GET /spec"));
      }
    }
    // What was shown can be put again, also once the spec is known.
    at.world.tasks.spec = marks_word;
    get(at.world.tasks.tell_spec("q", "1"));
    CHECK(at.ask("PUT", "/syncs/crm", found["definition"].dump()).status
          == 200);
    const auto row = get(at.world.records.find("crm"));
    CHECK(json::parse(get(open_sync(*row, at.world.keys)).config)
          == json{{"host", "a"},
                  {"port", 5432},
                  {"flag", true},
                  {"word", "hunter2-hunter2"}});
    CHECK(config_of(json::parse(at.ask("GET", "/syncs/crm").body)) == told);
  }
}

TEST_CASE("another version of a connector has a spec of its own") {
  syncs_api at{sqlite_world()};
  at.world.tasks.spec = marks_word;
  get(at.world.tasks.tell_spec("q", "1"));
  CHECK(at.ask("PUT", "/syncs/crm", body_of("1")).status == 201);
  auto shown = json::parse(at.ask("GET", "/syncs/crm").body);
  CHECK(config_of(shown) == told);
  // The secret is kept by the spec of the version before.
  shown["definition"]["source"]["version"] = "2";
  const auto put = at.ask("PUT", "/syncs/crm", shown["definition"].dump());
  CHECK(put.status == 200);
  CHECK(config_of(json::parse(put.body)) == hidden);
  const auto row = get(at.world.records.find("crm"));
  CHECK(json::parse(get(open_sync(*row, at.world.keys)).config)["word"]
        == "hunter2-hunter2");
  // Another connector is not handed what was hidden.
  auto other = json::parse(put.body)["definition"];
  other["source"]["package"] = "evil";
  CHECK(at.ask("PUT", "/syncs/crm", other.dump()).status == 400);
}

TEST_CASE("a config without texts and numbers needs no spec") {
  syncs_api at{sqlite_world()};
  const auto put = at.ask(
      "PUT", "/syncs/crm",
      R"({"source":{"package":"q","version":"1","config":{"flag":true}}})");
  CHECK(json::parse(put.body)["configHidden"].is_null());
}

TEST_CASE("a run asks for the spec before its config is used") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  sync_world world{make()};
  world.tasks.spec = "";
  world.keep("crm");
  world.ask("crm", start);
  world.step(start);
  REQUIRE(world.tasks.specs.size() == 1);
  CHECK(world.tasks.specs[0].package == "p");
  CHECK(world.tasks.specs[0].version == "1");
  CHECK(world.tasks.specs[0].config.empty());
  // Nothing is told yet, so that no log of a discover could hold the secret.
  CHECK(world.tasks.discovers.empty());
  CHECK(world.stages("crm") == strings{"WAITING"});
  world.tasks.spec = marks_word;
  get(world.tasks.tell_spec("p", "1"));
  world.step(start + 1s);
  CHECK(world.tasks.discovers.size() == 1);
  CHECK(world.stages("crm") == strings{"DISCOVERING"});
  // It is known for good.
  world.step(start + 2s);
  get(world.tasks.end(world.last("crm").id, task_status::success));
  world.step(start + 3s);
  world.ask("crm", start + 96h);
  world.step(start + 96h);
  CHECK(world.tasks.discovers.size() == 2);
  const auto asked = world.tasks.specs.size();
  CHECK(asked == 1);
}

TEST_CASE("a spec that fails keeps no run from going on") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  sync_world world{make()};
  world.tasks.spec = "";
  world.tasks.spec_error = "it has no spec";
  world.keep("crm");
  world.ask("crm", start);
  world.step(start);
  CHECK(world.tasks.specs.size() == 1);
  CHECK(world.tasks.discovers.size() == 1);
  world.step(start + 1s);
  CHECK(world.stages("crm") == strings{"READING"});
  get(world.tasks.end(world.last("crm").id, task_status::success));
  world.step(start + 2s);
  // It is asked for again only after an hour, by the time of its failure.
  const auto failed = get(world.inputs.told_spec("p", "1"));
  REQUIRE(failed);
  world.ask("crm", start);
  world.step(failed->time + 59min);
  CHECK(world.tasks.specs.size() == 1);
  CHECK(world.stages("crm").back() != "WAITING");
  get(world.tasks.cancel({"crm", world.last("crm").id}));
  world.step(failed->time + 59min);
  world.ask("crm", start);
  world.step(failed->time + 61min);
  CHECK(world.tasks.specs.size() == 2);
}

TEST_CASE("a run waits or fails if its spec cannot be asked for") {
  struct row {
    ec code;
    /// What becomes of the run meanwhile.
    const char* stage;
  };

  const row rows[] = {{ec::too_busy, "WAITING"},
                      {ec::service_unavailable, "WAITING"},
                      // The discover is refused for the same reason.
                      {ec::invalid_argument, "FAILED"}};
  for (const auto& one : rows) {
    sync_world world{sqlite_world()};
    world.tasks.refuse({one.code, "not now"});
    world.keep("crm");
    world.ask("crm", start);
    world.step(start);
    CHECK(world.stages("crm") == strings{one.stage});
    CHECK(world.log.has("the spec of p:1"));
    CHECK_FALSE(world.log.has("hunter2"));
  }
}
