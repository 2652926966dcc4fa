// What a request to Postgres does when its connection breaks, or the server
// will not have it.
#include "support/cut_uploads.hpp"
#include "support/joint_uploads.hpp"
#include "support/postgres_proxy.hpp"
#include "support/warehouse_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::support;
using Catch::Matchers::ContainsSubstring;

using strings = std::vector<std::string>;

namespace {

/// @returns a destination behind a proxy.
destination_ptr open_behind(const test::postgres_proxy& proxy,
                            const std::string& schema,
                            const std::string& task = "t1") {
  destination_settings settings;
  settings.uploads = 1;
  settings.url =
      "postgres://" + test::environment("PGUSER") + ':'
      + test::environment("PGPASSWORD") + "@127.0.0.1:" + proxy.port() + '/'
      + test::environment("PGDATABASE") + "?sslmode=disable&schema=" + schema;
  auto made = open_destination(settings, "", task);
  if (!made)
    FAIL(made.error().what);
  return *made;
}

/// A setting of the role that this test connects as, for as long as it lives.
class role_setting {
public:
  role_setting(test::database_world& database, const std::string& name,
               const std::string& value)
      : database_{database}, name_{name} {
    database_.query(alter() + " SET " + name_ + " TO " + value);
  }

  ~role_setting() { database_.query(alter() + " RESET " + name_); }

  role_setting(const role_setting&) = delete;
  role_setting& operator=(const role_setting&) = delete;

private:
  static std::string alter() {
    return "ALTER ROLE \"" + test::environment("PGUSER") + '"';
  }

  // Its connection is older than the setting.
  test::database_world& database_;
  const std::string name_;
};

} // namespace

TEST_CASE("rows come once, whichever statement a connection is lost at") {
  cut_at_each_statement<postgres_warehouse>(
      [](postgres_warehouse& world, const upload_request& request,
         const strings& rows, unsigned number, bool after_answer) {
        test::postgres_proxy proxy;
        proxy.arm(
            {.statement = "", .number = number, .after_answer = after_answer});
        auto to = open_behind(proxy, world.schema);
        const auto outcome = send_rows(*to, request, rows);
        to.reset();
        // The cut upload may not have come to make it.
        world.database->query("CREATE SCHEMA IF NOT EXISTS " + world.schema);
        return std::pair{outcome, proxy.has_struck()};
      });
}

TEST_CASE("rows of a joint commit come once, with their state, whichever "
          "statement a connection is lost at") {
  cut_joint_uploads_at_each_statement<postgres_warehouse>(
      [](postgres_warehouse& world, unsigned number, bool after_answer) {
        auto proxy = std::make_shared<test::postgres_proxy>();
        proxy->arm(
            {.statement = "", .number = number, .after_answer = after_answer});
        return std::pair{open_behind(*proxy, world.schema), [proxy] {
                           return proxy->has_struck();
                         }};
      });
}

TEST_CASE("the table of a request whose connection broke is dropped") {
  struct row {
    std::string statement;
    bool after_answer;
  };

  const std::vector<row> table = {
      {"CREATE SCHEMA", true},
      {"CREATE TABLE", false},
      {"CREATE TABLE", true},
      {"CREATE UNLOGGED", false},
      {"CREATE UNLOGGED", true},
      {"COMMENT", false},
      {"COMMENT", true},
      {"COPY", false},
      {"BEGIN", true},
      {"INSERT", true},
      {"DROP", true},
      {"COMMIT", false},
      {"COMMIT", true},
  };
  for (const auto exists : {false, true})
    for (const auto& one : table) {
      CAPTURE(exists, one.statement, one.after_answer);
      postgres_warehouse world;
      if (exists)
        commit(world.send(request_for("t"), {R"({"id":1})"}));
      test::postgres_proxy proxy;
      proxy.arm({.statement = one.statement,
                 .number = 1,
                 .after_answer = one.after_answer});
      auto request = request_for("t");
      request.task_id = "broken";
      {
        const auto to = open_behind(proxy, world.schema, request.task_id);
        const auto sent = send_rows(*to, request, {R"({"id":2})"});
        CHECK(sent.committed() != proxy.has_struck());
      }
      // The next task.
      commit(world.send(request_for("t"), {R"({"id":3})"}));
      CHECK(world.tables() == strings{"t"});
    }
}

TEST_CASE("a table is logged though its elder was dropped in mid-request") {
  const std::vector<key_path> by_a = {"a"};
  for (const auto& key : {std::vector<key_path>{}, by_a}) {
    postgres_warehouse world;
    world.database->query("CREATE SCHEMA " + world.schema);
    world.database->query("CREATE TABLE " + world.schema + ".t (x int)");
    upload_probe upload{*world.to,
                        key.empty() ? request_for("t") : keyed("t", key)};
    upload.write({R"({"a":1})", R"({"a":2})"});
    REQUIRE(upload.wait_until_taken());
    world.database->query("DROP TABLE " + world.schema + ".t");
    commit(upload.finish());
    CHECK(world.rows("SELECT a FROM " + world.schema + ".t ORDER BY a")
          == strings{"1", "2"});
    CHECK(world.rows("SELECT relname, relpersistence FROM pg_class WHERE "
                     "relkind = 'r' AND relname NOT LIKE '_motorcade%' AND "
                     "relnamespace = '"
                     + world.schema + "'::regnamespace")
          == strings{"t|p"});
  }
}

TEST_CASE("a request whose own table was dropped may pass later") {
  for (const auto exists : {false, true})
    for (const auto more : {false, true}) {
      CAPTURE(exists, more);
      postgres_warehouse world;
      if (exists)
        commit(world.send(request_for("t"), {R"({"a":0})"}));
      upload_probe upload{*world.to, request_for("t")};
      upload.write({R"({"a":1})"});
      REQUIRE(upload.wait_until_taken());
      const auto made = world.rows(
          "SELECT relname FROM pg_class WHERE relkind = 'r' AND starts_with("
          "relname, 't_tmp') AND relnamespace = '"
          + world.schema + "'::regnamespace");
      REQUIRE(made.size() == 1);
      world.database->query("DROP TABLE " + world.schema + ".\"" + made.front()
                            + '"');
      if (more)
        upload.write({R"({"a":2})"});
      const auto outcome = upload.finish();
      CHECK(code_of(outcome) == ec::destination_unavailable);
      CHECK_THAT(reason(outcome), ContainsSubstring("42P01"));
      commit(world.send(request_for("t"), {R"({"a":1})"}));
      CHECK(world.tables() == strings{"t"});
    }
}

TEST_CASE("a statement that takes too long is tried again, with advice") {
  postgres_warehouse world;
  commit(world.send(request_for("t"), {R"({"id":1})"}));
  world.database->query("CREATE FUNCTION " + world.schema
                        + ".slow() RETURNS trigger AS $$ BEGIN PERFORM "
                          "pg_sleep(60); RETURN NEW; END $$ LANGUAGE plpgsql");
  world.database->query("CREATE TRIGGER slow BEFORE INSERT ON " + world.schema
                        + ".t FOR EACH ROW EXECUTE FUNCTION " + world.schema
                        + ".slow()");
  {
    const role_setting limit{*world.database, "statement_timeout", "'1s'"};
    const auto to = postgres_warehouse::open(world.schema, "t2");
    const auto late = send_rows(*to, request_for("t"), {R"({"id":2})"});
    CHECK(code_of(late) == ec::destination_unavailable);
    CHECK_THAT(reason(late), ContainsSubstring("57014")
                                 && ContainsSubstring("statement_timeout"));
  }
  CHECK(world.rows("SELECT id FROM " + world.schema + ".t") == strings{"1"});
  CHECK(world.tables() == strings{"t"});
}

TEST_CASE("numbers that become texts keep their digits, whatever the role has "
          "set") {
  postgres_warehouse world;
  const role_setting few{*world.database, "extra_float_digits", "-10"};
  const auto to = postgres_warehouse::open(world.schema, "t2");
  commit(send_rows(*to, request_for("t"),
                   {R"({"a":0.12345678901234568})", R"({"a":"x"})"}));
  CHECK(world.rows("SELECT a FROM " + world.schema + ".t ORDER BY a")
        == strings{"0.12345678901234568", "x"});
}

TEST_CASE("a read-only role gets an error that names the server's setting") {
  postgres_warehouse world;
  const auto to = postgres_warehouse::open(
      world.schema + "&options=-c%20default_transaction_read_only%3Don", "t2");
  const auto refused = send_rows(*to, request_for("t"), {R"({"id":2})"});
  // A failover makes a server read only for a while.
  CHECK(code_of(refused) == ec::destination_unavailable);
  CHECK_THAT(reason(refused),
             ContainsSubstring("25006")
                 && ContainsSubstring("default_transaction_read_only is set"));
}

TEST_CASE("a row that is too wide for Postgres is refused in words") {
  postgres_warehouse world;
  std::string row = "{";
  for (int i = 0; i < 1'400; ++i)
    row += (i == 0 ? "\"c" : ",\"c") + std::to_string(i)
           + "\":" + std::to_string(1'000'000'000'000 + i);
  const auto refused = world.send(request_for("t"), {row + "}"});
  CHECK(code_of(refused) == ec::destination_rejected);
  CHECK_THAT(reason(refused),
             ContainsSubstring("row is too big") && ContainsSubstring("8 kB"));
  CHECK(world.tables().empty());
}
