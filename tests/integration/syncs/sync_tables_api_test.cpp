// The API of the tables that a sync fills, from HTTP to the destination.

#include "runtime/database/sqlite/sqlite_handle.hpp"
#include "support/syncs_api.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

TEST_CASE("the tables of a sync are shown, and its rows read back") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  const auto sqlite =
      R"({"source":{"package":"p","version":"1","config":{"api_key":"hunter2-hunter2"}},)"
      R"("destination":{"destinationType":"sqlite","path":"rows.db"},"options":{"tableNamePrefix":"crm_"}})";
  CHECK(at.ask("GET", "/tables/crm").status == 404);
  CHECK(at.ask("PUT", "/syncs/crm", sqlite).status == 201);
  auto shown = json::parse(at.ask("GET", "/tables/crm").body);
  CHECK(shown["tables"].empty());
  CHECK_THAT(shown["reason"].get<std::string>(),
             ContainsSubstring("not known yet"));
  const std::string key =
      json::parse(at.ask("GET", "/syncs/crm").body)["catalogKey"];
  get(at.world.at.sidecar->put_result({inquiry::discover, "p", "1", key,
                                       task_status::success,
                                       at.world.tasks.catalog, ""}));
  shown = json::parse(at.ask("GET", "/tables/crm").body);
  REQUIRE(shown["tables"].size() == 1);
  CHECK(shown["tables"][0]["name"] == "crm_users");
  CHECK(shown["tables"][0]["stream"] == "users");
  CHECK(shown["tables"][0]["readable"] == true);
  // Not filled yet.
  auto rows = json::parse(at.ask("GET", "/tables/crm/crm_users/rows").body);
  CHECK(rows["rows"].empty());
  const auto path = (at.folder.path() / "rows.db").string();
  {
    sqlite_handle handle{path};
    handle.run("CREATE TABLE crm_users (id INTEGER, name TEXT); INSERT INTO "
               "crm_users VALUES (1, 'one'), (2, NULL); CREATE TABLE others "
               "(secret TEXT)");
  }
  rows = json::parse(at.ask("GET", "/tables/crm/crm_users/rows").body);
  CHECK(rows["columns"] == json{"id", "name"});
  CHECK(rows["rows"] == json::parse(R"([["2",null],["1","one"]])"));
  CHECK(rows["order"] == "inserted");
  // With another config the source is asked anew by the next run; the tables of
  // the last one are there meanwhile.
  get(at.world.rows.schemas.put(
      "crm", {at.world.tasks.catalog, "", "[]", "p\n\"all\""}));
  auto changed = json::parse(sqlite);
  changed["source"]["config"]["since"] = "2026";
  CHECK(at.ask("PUT", "/syncs/crm", changed.dump()).status == 200);
  CHECK(json::parse(at.ask("GET", "/syncs/crm").body)["catalogKey"] != key);
  shown = json::parse(at.ask("GET", "/tables/crm").body);
  REQUIRE(shown["tables"].size() == 1);
  CHECK(shown["tables"][0]["name"] == "crm_users");
  rows = json::parse(at.ask("GET", "/tables/crm/crm_users/rows").body);
  CHECK(rows["rows"].size() == 2);
  // Those of another connector are not its.
  changed["source"]["package"] = "q";
  CHECK(at.ask("PUT", "/syncs/crm", changed.dump()).status == 200);
  CHECK(json::parse(at.ask("GET", "/tables/crm").body)["tables"].empty());
  CHECK(at.ask("PUT", "/syncs/crm", sqlite).status == 200);
  // Only what a stream of the sync fills.
  CHECK(at.ask("GET", "/tables/crm/others/rows").status == 404);
  CHECK(at.ask("GET", "/tables/crm/crm_users%22%3B--/rows").status == 404);
  // It is told, without its login, that a destination is away.
  const auto postgres = [](const std::string& place) {
    return R"({"source":{"package":"p","version":"1","config":{}},)"
           R"("destination":{"destinationType":"postgres","host":"127.0.0.1",)"
           R"("port":1,"password":"dbpass-dbpass")"
           + place + "}}";
  };
  CHECK(
      at.ask("PUT", "/syncs/crm", postgres(R"(,"database":"d","username":"u")"))
          .status
      == 200);
  const std::string other =
      json::parse(at.ask("GET", "/syncs/crm").body)["catalogKey"];
  get(at.world.at.sidecar->put_result({inquiry::discover, "p", "1", other,
                                       task_status::success,
                                       at.world.tasks.catalog, ""}));
  const auto refused = at.ask("GET", "/tables/crm/users/rows");
  CHECK(refused.status == 502);
  CHECK_THAT(refused.body, !ContainsSubstring("dbpass"));
  CHECK_THAT(at.ask("GET", "/tables/crm").body, !ContainsSubstring("dbpass"));
  // So is one that a task could not use either.
  CHECK(at.ask("PUT", "/syncs/crm", postgres("")).status == 200);
  shown = json::parse(at.ask("GET", "/tables/crm").body);
  INFO(shown.dump());
  REQUIRE(shown["tables"].size() == 1);
  CHECK(shown["tables"][0]["readable"] == false);
  CHECK(shown["tables"][0]["name"] == "users");
  CHECK(at.ask("GET", "/tables/crm/users/rows").status == 409);
}
