// The trial of a Postgres, and of what is none: what it does, and what it
// tells.
#include "runtime/destination/trial.hpp"
#include "support/api_stand_in.hpp"
#include "support/bound_socket.hpp"
#include "support/warehouse_world.hpp"

#include <catch2/catch_all.hpp>

#include <atomic>

using namespace motorcade;
using namespace motorcade::support;
using Catch::Matchers::ContainsSubstring;

using strings = std::vector<std::string>;

namespace {

bool never() {
  return false;
}

const trial_request trial{"sync", "t1", ""};

std::string reason(const result<void>& tried) {
  return tried ? "it can be used" : tried.error().what;
}

/// @returns the outcome of a trial of the place at a URL.
result<void> try_url(const std::string& url) {
  destination_settings settings;
  settings.url = url;
  settings.response_timeout = std::chrono::seconds{20};
  auto made = open_destination(settings, "", "t1");
  if (!made)
    return made.error();
  return try_destination(**made, trial, never);
}

} // namespace

TEST_CASE("a trial makes the schema of the namespace, as a read would") {
  postgres_warehouse world;
  auto elsewhere = trial;
  elsewhere.target_namespace = test::fresh_name("n");
  CHECK(reason(try_destination(*world.to, elsewhere, never))
        == "it can be used");
  CHECK(world.rows("SELECT count(*) FROM pg_class WHERE relnamespace = '"
                   + elsewhere.target_namespace + "'::regnamespace")
        == strings{"0"});
  world.database->query("DROP SCHEMA " + elsewhere.target_namespace);
}

TEST_CASE("a trial names what is missing, and no password") {
  postgres_warehouse world;
  const auto role = test::fresh_name("poor");
  world.database->query("CREATE ROLE " + role + " LOGIN PASSWORD 'hush-poor'");
  world.database->query("CREATE SCHEMA " + world.schema);
  const auto schema = "schema=" + world.schema;
  auto address = [&](const std::string& password, const std::string& query) {
    return test::postgres_address(role, password, query);
  };

  struct row {
    std::string url;
    std::string told;
    /// A login that is refused stays so, a server that is away comes back.
    std::optional<ec> code = {};
  };

  auto elsewhere = address("hush-poor", schema);
  const auto question = elsewhere.rfind('?');
  const auto slash = elsewhere.rfind('/', question);
  elsewhere.replace(slash + 1, question - slash - 1, "no_such_database");
  const test::scratch_folder folder;
  const test::bound_socket closed;
  const std::vector<row> rows = {
      {address("hush-poor", schema), "grant the role CREATE"},
      {address("hush-poor", "schema=no_such_schema"), "CREATE on the database"},
      {address("hush-wrong", schema), "password authentication failed",
       ec::invalid_argument},
      {address("hush-poor", schema + "&sslmode=verify-full"), "sslServerCA",
       ec::invalid_argument},
      {elsewhere, "create the database", ec::invalid_argument},
      {"postgres://u:hush@127.0.0.1:" + closed.port() + "/d?sslmode=disable",
       "Connection refused", ec::destination_unavailable},
      {"clickhouse://u:hush@127.0.0.1:" + closed.port() + "/d", "127.0.0.1"},
      {"sqlite://" + folder.path("none/rows.db"), "none/rows.db"},
  };
  for (const auto& [url, told, code] : rows) {
    const auto tried = try_url(url);
    REQUIRE_FALSE(tried);
    CHECK_THAT(reason(tried),
               ContainsSubstring(told) && !ContainsSubstring("hush"));
    if (code)
      CHECK(tried.error().code == *code);
  }
  CHECK(world.tables().empty());
  world.database->query("DROP ROLE " + role);
}

TEST_CASE("a table that cannot be dropped is named") {
  postgres_warehouse world;
  // An event trigger of the warehouse's owner, as some have.
  const auto name = test::fresh_name("keep");
  world.database->query(
      "CREATE FUNCTION " + name
      + "() RETURNS event_trigger AS $$ BEGIN IF "
        "EXISTS (SELECT FROM pg_event_trigger_dropped_objects() WHERE "
        "schema_name = '"
      + world.schema
      + "' AND object_name LIKE "
        "'motorcade_check%') THEN RAISE EXCEPTION 'tables are kept here'; "
        "END IF; END $$ LANGUAGE plpgsql");
  world.database->query("CREATE EVENT TRIGGER " + name
                        + " ON sql_drop EXECUTE FUNCTION " + name + "()");
  const auto tried = try_destination(*world.to, trial, never);
  world.database->query("DROP EVENT TRIGGER " + name);
  world.database->query("DROP FUNCTION " + name);
  CHECK_THAT(reason(tried), ContainsSubstring("motorcade_check_")
                                && ContainsSubstring("cannot be dropped")
                                && ContainsSubstring("tables are kept here"));
}

TEST_CASE("a trial can be interrupted") {
  const test::bound_socket server;
  server.listen(4);
  destination_settings settings;
  settings.url = "postgres://u:p@127.0.0.1:" + server.port()
                 + "/d?sslmode=disable&connect_timeout=600";
  auto made = open_destination(settings, "", "t1");
  REQUIRE(made);
  std::atomic<int> asked = 0;
  const auto tried =
      try_destination(**made, trial, [&] { return ++asked >= 3; });
  REQUIRE_FALSE(tried);
  CHECK(tried.error().code == ec::cancelled);
}

TEST_CASE("a server that answers everything is not taken for ClickHouse") {
  test::api_stand_in server{[](const test::api_call&) {
    return 200;
  }};
  const auto port = server.url().substr(server.url().rfind(':') + 1);
  CHECK_THAT(reason(try_url("clickhouse://127.0.0.1:" + port + "/db")),
             ContainsSubstring("HTTP interface"));
}
