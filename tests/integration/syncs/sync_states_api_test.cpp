// What the API says and does about saved states of syncs.

#include "support/control_api_requests.hpp"
#include "support/syncs_api.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

TEST_CASE("a change says what it means for the saved states") {
  struct row {
    const char* what;
    const char* from;
    const char* to;
    /// Empty: nothing is said.
    const char* note;
  };

  const row rows[] = {
      {"nothing", "3600", "3600", ""},
      {"another schedule", "3600", "7200", ""},
      {"another secret", "hunter2-hunter2", "hunter2-other", ""},
      {"another host of the source", R"("host":"a")", R"("host":"b")",
       "source.config has changed, and the saved states stay: the next run "
       "goes on from them. If it names other rows now, e.g. those of another "
       "account or host, POST /syncs/crm/reset forgets them"},
      {"another password of the destination", "dbpass-dbpass", "dbpass-other",
       ""},
      {"another database", R"("database":"app")", R"("database":"new")",
       "postgres://db:5432/app, schema public, and the sync is p into "
       "postgres://db:5432/new"},
      {"another connector", R"("package":"p")", R"("package":"q")",
       "the next run forgets these states and reads every stream from its "
       "start"},
  };
  auto make = GENERATE(&postgres_world, &sqlite_world);
  const auto& one = GENERATE_REF(from_range(std::begin(rows), std::end(rows)));
  INFO(one.what);
  syncs_api at{make()};
  // What is secret of it is known.
  at.world.tasks.spec =
      R"({"connectionSpecification":{"type":"object","properties":{)"
      R"("api_key":{"type":"string","airbyte_secret":true},)"
      R"("host":{"type":"string"}}}})";
  get(at.world.tasks.tell_spec("p", "1"));
  CHECK(json::parse(at.ask("PUT", "/syncs/crm", kept_body).body)["notes"]
        == json::array());
  auto body = kept_body;
  const auto found = body.find(one.from);
  REQUIRE(found != std::string::npos);
  body.replace(found, std::string_view{one.from}.size(), one.to);
  // Nothing is saved that could be wrong.
  CHECK(json::parse(at.ask("PUT", "/syncs/crm", body).body)["notes"]
        == json::array());
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 200);
  at.ask("POST", "/syncs/crm/run");
  for (int i = 0; i < 2; ++i)
    at.world.step(utc_now());
  get(at.world.at.sidecar->put_states("crm",
                                      std::vector<state_row>{{"a", "{}"}}));
  get(at.world.tasks.end(at.world.last("crm").id, task_status::success));
  at.world.step(utc_now());
  const auto answer = at.ask("PUT", "/syncs/crm", body);
  CHECK(answer.status == 200);
  const auto notes = json::parse(answer.body)["notes"];
  REQUIRE(notes.size() == (*one.note == '\0' ? 0 : 1));
  if (!notes.empty())
    CHECK_THAT(notes[0].get<std::string>(), ContainsSubstring(one.note));
  CHECK_FALSE(json::parse(at.ask("GET", "/syncs/crm").body).contains("notes"));
}

TEST_CASE("a sync that is made anew says that states of its id are there") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  get(at.world.at.sidecar->put_states("crm",
                                      std::vector<state_row>{{"a", "{}"}}));
  const auto answer = at.ask("PUT", "/syncs/crm", kept_body);
  CHECK(answer.status == 201);
  CHECK_THAT(json::parse(answer.body)["notes"][0].get<std::string>(),
             ContainsSubstring("saved states of this id from earlier runs")
                 && ContainsSubstring("/syncs/crm/reset"));
}

TEST_CASE("a read by documents does not move the states of a kept sync") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  CHECK(at.ask("PUT", "/syncs/crm", kept_body).status == 201);
  const auto read = [&](const std::string& id) {
    return at.ask("POST", "/read?package=p&version=1&taskId=t&syncId=" + id,
                  read_body);
  };
  const auto no = read("crm");
  CHECK(no.status == 409);
  CHECK_THAT(error(no), ContainsSubstring("\"crm\" is kept by this syncctl")
                            && ContainsSubstring("/syncs/{syncId}/run"));
  // Those of a console are none of ours.
  CHECK(read("crm2").status == 200);
  CHECK(at.ask("DELETE", "/syncs/crm").status == 200);
  CHECK(read("crm").status == 200);
}
