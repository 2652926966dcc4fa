// Rows that a table does not take: without an error, since a trigger drops
// them, or since an earlier request left a constraint.
#include "support/log_capture.hpp"
#include "support/warehouse_world.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

using namespace motorcade;
using namespace motorcade::support;

using strings = std::vector<std::string>;

namespace {

constexpr auto replace = write_mode::replace_table;

const std::string warning = "came into the table";

template <class World>
strings count(World& world, const std::string& table) {
  return world.rows("SELECT count(*) FROM " + world.schema + '.' + table);
}

} // namespace

TEST_CASE("rows that a trigger or a rule of Postgres keeps out are told") {
  postgres_warehouse world;
  world.rows("CREATE SCHEMA IF NOT EXISTS " + world.schema);
  world.rows("CREATE TABLE " + world.schema + ".t (id bigint, v text)");
  const std::string mode = GENERATE("trigger", "some", "rule");
  INFO(mode);
  if (mode == "rule") {
    world.rows("CREATE RULE r AS ON INSERT TO " + world.schema
               + ".t DO INSTEAD NOTHING");
  } else {
    const auto* condition = mode == "some" ? "NEW.id < 3" : "true";
    world.rows("CREATE FUNCTION " + world.schema
               + ".f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF "
               + condition + " THEN RETURN NULL; END IF; RETURN NEW; END$$");
    world.rows("CREATE TRIGGER g BEFORE INSERT ON " + world.schema
               + ".t FOR EACH ROW EXECUTE FUNCTION " + world.schema + ".f()");
  }
  const strings rows = {R"({"id":1})", R"({"id":2})", R"({"id":3})"};
  const auto left = std::string{mode == "some" ? "1" : "0"};
  const test::log_capture log;
  commit(world.send(request_for("t"), rows));
  CHECK(count(world, "t") == strings{left});
  CHECK(log.text().find("of 3 rows " + left + ' ' + warning)
        != std::string::npos);
}

TEST_CASE("rows that a trigger of SQLite keeps out are told") {
  sqlite_warehouse world;
  commit(world.send(request_for("t"), {R"({"id":0,"v":"a"})"}));
  world.rows("CREATE TRIGGER g BEFORE INSERT ON t WHEN NEW.id < 3 BEGIN "
             "SELECT RAISE(IGNORE); END");
  const test::log_capture log;
  commit(world.send(request_for("t"),
                    {R"({"id":1})", R"({"id":2})", R"({"id":3})"}));
  CHECK(count(world, "t") == strings{"2"});
  CHECK(log.text().find("of 3 rows 1 " + warning) != std::string::npos);
}

TEMPLATE_TEST_CASE("rows that all come are not warned of", "",
                   postgres_warehouse, sqlite_warehouse) {
  TestType world;
  const test::log_capture log;
  const strings rows = {R"({"id":1,"v":"a"})", R"({"id":1,"v":"b"})"};
  commit(world.send(request_for("a"), rows));
  commit(world.send(request_for("a"), rows));
  for (auto again = 0; again < 2; ++again) {
    commit(world.send(keyed("k", {"id"}), rows));
    commit(world.send(keyed("r", {"id"}, replace), rows));
    commit(world.send(keyed("only", {"id"}), {R"({"id":1})"}));
    commit(world.send(request_for("bare"), {R"({"x":1})", "{}"}));
  }
  CHECK(log.text().find(warning) == std::string::npos);
}

TEST_CASE("a stream that has lost its key is told how to go on") {
  postgres_warehouse world;
  commit(world.send(keyed("t", {"id"}), {R"({"id":1,"v":"a"})"}));
  const strings rows = {R"({"id":2})", R"({"v":"b"})"};
  SECTION("rows without a value come with the request that drops the key") {
    commit(world.send(request_for("t"), rows));
    CHECK(count(world, "t") == strings{"3"});
    return;
  }
  commit(world.send(request_for("t"), {R"({"id":1,"v":"c"})"}));
  const auto refused = reason(world.send(request_for("t"), rows));
  CHECK_THAT(refused, Catch::Matchers::ContainsSubstring("\"id\"")
                          && Catch::Matchers::ContainsSubstring(
                              "DROP NOT NULL lets them in"));
  world.rows("ALTER TABLE " + world.schema
             + ".t ALTER COLUMN id DROP NOT NULL");
  commit(world.send(request_for("t"), rows));
  CHECK(count(world, "t") == strings{"4"});
}

TEST_CASE("a Postgres that quotes all names is understood") {
  postgres_warehouse world;
  world.rows("ALTER ROLE CURRENT_USER SET quote_all_identifiers TO on");
  commit(world.send(request_for("t"), {R"({"a":{"b":1},"n":1,"t":true})"}));
  commit(world.send(request_for("t"), {R"({"n":"x","t":"y"})"}));
  world.rows("ALTER ROLE CURRENT_USER RESET quote_all_identifiers");
  CHECK(world.rows("SELECT _unmapped_data->>'n' FROM " + world.schema
                   + ".t WHERE _unmapped_data IS NOT NULL")
        == strings{"x"});
}
