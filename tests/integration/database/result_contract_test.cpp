// The results of spec, check and discover, in both databases.

#include "support/database_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;

namespace {

struct results {
  results()
      : world{GENERATE(&postgres_world, &sqlite_world)()},
        db{prepared(world->url())} {}

  void put(const result_row& row) {
    auto stored = db->put_result(row);
    INFO((stored ? "" : stored.error().what));
    REQUIRE(stored);
  }

  /// @returns the single row of the query; NULL as `-`.
  std::vector<std::string> row(const std::string& query) {
    auto rows = world->query(query);
    REQUIRE(rows.size() == 1);
    std::vector<std::string> out;
    for (const auto& cell : rows[0])
      out.push_back(cell.value_or("-"));
    return out;
  }

  world_ptr world;
  database_ptr db;
};

using row_of = std::vector<std::string>;

} // namespace

TEST_CASE("a spec is stored, and a failure never hides one") {
  results r;
  const std::string query = "SELECT specs, error FROM source_spec";
  result_row row{inquiry::spec, "p", "1", {}, task_status::failed, {}, "why"};
  r.put(row);
  CHECK(r.row(query) == row_of{"-", "why"});
  row.description = "why again";
  r.put(row);
  CHECK(r.row(query) == row_of{"-", "why again"});
  row.status = task_status::success;
  row.document = R"({"a": 1})";
  row.description.clear();
  r.put(row);
  CHECK(r.row(query) == row_of{R"({"a": 1})", "-"});
  row.status = task_status::failed;
  row.document.clear();
  row.description = "later";
  r.put(row);
  CHECK(r.row(query) == row_of{R"({"a": 1})", "-"});
  row.version = "2";
  r.put(row);
  CHECK(r.world->query(query).size() == 2);
}

TEST_CASE("a check's row is found by its key alone") {
  results r;
  r.put({inquiry::check, "p", "1", "key", task_status::failed, {}, "no host"});
  r.put({inquiry::check, "q", "2", "key", task_status::success, {}, {}});
  CHECK(r.row("SELECT package, version, status, description, timestamp IS NULL "
              "FROM source_check")[2]
        == "SUCCESS");
  CHECK(r.row("SELECT package, description FROM source_check")
        == row_of{"q", "-"});
}

TEST_CASE("a discover is RUNNING first, and a failed one leaves the catalog") {
  results r;
  const std::string query = "SELECT catalog, status, description FROM "
                            "source_catalog";
  result_row row{inquiry::discover,    "p", "1", "k",
                 task_status::running, {},  {}};
  r.put(row);
  CHECK(r.row(query) == row_of{"-", "RUNNING", "-"});
  row.status = task_status::success;
  row.document = R"({"streams": []})";
  r.put(row);
  CHECK(r.row(query) == row_of{R"({"streams": []})", "SUCCESS", "-"});
  row.status = task_status::failed;
  row.document.clear();
  row.description = "no access";
  r.put(row);
  CHECK(r.row(query) == row_of{R"({"streams": []})", "FAILED", "no access"});
}

TEST_CASE("a catalog of 50 MB is stored whole") {
  results r;
  json streams = json::array();
  auto filler = std::string(1'000'000, 'x');
  for (int i = 0; i < 50; ++i)
    streams.push_back({{"name", "s" + std::to_string(i)}, {"filler", filler}});
  json catalog = {{"streams", streams}};
  r.put({inquiry::discover,
         "p",
         "1",
         "k",
         task_status::success,
         catalog.dump(),
         {}});
  // Compared by hand: a difference of 50 MB is nothing to print.
  CHECK(
      (json::parse(r.row("SELECT catalog FROM source_catalog")[0]) == catalog));
}

TEST_CASE("characters that jsonb refuses are replaced in a document, quotes "
          "are harmless") {
  results r;
  r.put({inquiry::spec,
         "p'; DROP TABLE source_spec; --",
         "1",
         {},
         task_status::success,
         R"({"a":"\u0000 \ud800"})",
         {}});
  CHECK(r.row("SELECT count(*) FROM source_spec") == row_of{"1"});
}

TEST_CASE("a table whose key holds the connector's type, too, can be used") {
  results r;
  r.world->query("DROP TABLE source_spec");
  r.world->query(
      std::string{"CREATE TABLE source_spec (package text NOT NULL, version "
                  "text NOT NULL, connector_type text NOT NULL DEFAULT "
                  "'airbyte', specs "}
      + (r.world->is_postgres() ? "jsonb" : "text")
      + ", timestamp timestamp, error text, PRIMARY KEY (package, version, "
        "connector_type))");
  for (int i = 0; i < 2; ++i)
    r.put(
        {inquiry::spec, "p", "1", {}, task_status::success, R"({"a": 1})", {}});
  CHECK(r.row("SELECT specs, connector_type FROM source_spec")
        == row_of{R"({"a": 1})", "airbyte"});
}

TEST_CASE("a changed config is kept, and the last one counts") {
  results r;
  const std::string query = "SELECT config FROM source_config_update WHERE "
                            "sync_id = 's' AND key = ''";
  for (const auto* text : {R"({"token": "old"})", R"({"token": "new"})"})
    REQUIRE(r.db->put_config({"p", "1", "s", {}, text}));
  CHECK(r.row(query) == row_of{R"({"token": "new"})"});
  // Another sync of the same connector has its own.
  REQUIRE(r.db->put_config({"p", "1", "t", {}, R"({"token": "other"})"}));
  CHECK(r.row(query) == row_of{R"({"token": "new"})"});
  // A secret is stored as it is or not at all.
  auto odd = r.db->put_config({"p", "1", "s", {}, R"({"token":"a\u0000"})"});
  if (r.world->is_postgres()) {
    REQUIRE_FALSE(odd);
    CHECK(odd.error().code == ec::database_rejected);
    CHECK(odd.error().what.find("u0000") != std::string::npos);
    CHECK(r.row(query) == row_of{R"({"token": "new"})"});
  } else {
    CHECK(r.row(query) == row_of{R"({"token":"a\u0000"})"});
  }
}

TEST_CASE("a result's table without an essential column is named") {
  results r;
  r.world->query("DROP TABLE source_check");
  r.world->query("CREATE TABLE source_check (package text, key text)");
  auto stored = r.db->put_result(
      {inquiry::check, "p", "1", "k", task_status::success, {}, {}});
  REQUIRE_FALSE(stored);
  CHECK(stored.error().code == ec::database_rejected);
  CHECK(stored.error().what.find("source_check") != std::string::npos);
}

TEST_CASE("an end that a controller has stored since the start is seen") {
  results r;
  const auto start = utc_now() - std::chrono::minutes{1};
  const auto after = utc_now() + std::chrono::minutes{1};
  auto command = GENERATE(inquiry::check, inquiry::discover);
  result_row row{command, "p", "1", "k", task_status::failed, {}, "late"};
  auto ended_since = [&](wall_time when) {
    auto asked = row;
    asked.yields_since = when;
    auto out = r.db->has_ended(asked);
    REQUIRE(out);
    return *out;
  };
  CHECK_FALSE(ended_since(start));
  r.put(row);
  CHECK(ended_since(start));
  // Of another key, and another command.
  row.key = "l";
  CHECK_FALSE(ended_since(start));
  row.key = "k";
  // A check that failed before is tried again.
  CHECK(ended_since(after) == (command == inquiry::discover));
  row.status = task_status::running;
  r.put(row);
  CHECK_FALSE(ended_since(start));
  row.command = inquiry::spec;
  CHECK_FALSE(ended_since(start));
}

TEST_CASE("a failure yields to an outcome that was stored since the start") {
  results r;
  auto start = utc_now() - std::chrono::minutes{1};
  auto command = GENERATE(inquiry::spec, inquiry::check, inquiry::discover);
  const std::string query = command == inquiry::spec
                                ? "SELECT 'FAILED', error FROM source_spec"
                            : command == inquiry::check
                                ? "SELECT status, description FROM source_check"
                                : "SELECT status, description FROM "
                                  "source_catalog";
  result_row row{command, "p", "1", "k", task_status::failed, {}, "stopped"};
  row.yields_since = start;
  r.put(row);
  CHECK(r.row(query) == row_of{"FAILED", "stopped"});
  auto first = row;
  first.yields_since.reset();
  first.description = "no such image";
  r.put(first);
  r.put(row);
  CHECK(r.row(query) == row_of{"FAILED", "no such image"});
  if (command == inquiry::discover) {
    first.status = task_status::running;
    r.put(first);
  } else {
    row.yields_since = utc_now() + std::chrono::minutes{1};
  }
  r.put(row);
  CHECK(r.row(query) == row_of{"FAILED", "stopped"});
}
