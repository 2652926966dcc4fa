// The properties of Postgres alone: keys, foreign tables, and failures.
#include "runtime/database/database_url.hpp"
#include "runtime/destination/postgres/postgres_config.hpp"
#include "runtime/destination/postgres/postgres_sql.hpp"
#include "runtime/destination/postgres/postgres_target.hpp"
#include "runtime/destination/warehouse/staging_names.hpp"
#include "support/warehouse_world.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <thread>

using namespace motorcade;
using namespace motorcade::support;
using Catch::Matchers::ContainsSubstring;

using strings = std::vector<std::string>;

namespace {

constexpr auto replace = write_mode::replace_table;

/// @returns the key's constraint and its columns, with what they default to.
strings key_of(postgres_warehouse& world) {
  return world.rows(
      "SELECT a.attname, a.attnotnull, coalesce(pg_get_expr(d.adbin, "
      "d.adrelid), '') FROM pg_constraint c CROSS JOIN LATERAL unnest(c.conkey)"
      " WITH ORDINALITY k(n, o) JOIN pg_attribute a ON a.attrelid = c.conrelid "
      "AND a.attnum = k.n LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND "
      "d.adnum = a.attnum WHERE c.contype = 'p' AND c.conrelid = '"
      + world.schema + ".t'::regclass ORDER BY k.o");
}

} // namespace

TEST_CASE("the key is made, kept, changed and dropped") {
  postgres_warehouse world;
  commit(world.send(keyed("t", {"k", "id"}), {R"({"id":1,"k":"x","v":1})"}));
  CHECK(key_of(world) == strings{"k|t|''::text", "id|t|0"});
  const auto name = "SELECT conname FROM pg_constraint WHERE conrelid = '"
                    + world.schema + ".t'::regclass AND contype = 'p'";
  const auto first = world.rows(name);
  CHECK_THAT(first.at(0), Catch::Matchers::StartsWith("jitsu_pk_"));
  CHECK(first.at(0).size() == 9 + 32);
  commit(world.send(keyed("t", {"k", "id"}), {R"({"id":2,"k":"x"})"}));
  CHECK(world.rows(name) == first);
  commit(world.send(keyed("t", {"id"}), {R"({"id":3,"k":"x"})"}));
  CHECK(key_of(world) == strings{"id|t|0"});
  commit(world.send(request_for("t"), {R"({"id":3,"k":"x"})"}));
  CHECK(key_of(world).empty());
  // There are two rows of one key now: none of them may be chosen.
  const auto refused = world.send(keyed("t", {"id"}), {R"({"id":4,"k":"x"})"});
  CHECK(code_of(refused) == ec::destination_rejected);
  CHECK_THAT(reason(refused), ContainsSubstring("cannot get the key (\"id\")"));
  CHECK(world.rows("SELECT count(*) FROM " + world.schema + ".t")
        == strings{"4"});
  CHECK(world.tables() == strings{"t"});
}

TEST_CASE("a table that another program made keeps its key and its types") {
  postgres_warehouse world;
  world.database->query("CREATE SCHEMA " + world.schema);
  world.database->query(
      "CREATE TABLE " + world.schema
      + ".t (id int PRIMARY KEY, n numeric(4,1), s varchar(5), t date, j json, "
        "x real, u uuid, made int GENERATED ALWAYS AS (id + 1) STORED, d text "
        "DEFAULT 'default')");
  commit(world.send(
      keyed("t", {"id"}),
      {R"({"id":1,"n":5,"s":"abc","t":"2024-01-02T03:04:05Z","j":[1],)"
       R"("x":1.5,"u":"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11","made":5})",
       R"({"id":2,"n":"text","s":"much too long","t":"no time",)"
       R"("j":"no json","x":7})",
       R"({"id":3,"n":1234.5})"}));
  CHECK(world.rows("SELECT id, n, s, t, j, x, made, d, _unmapped_data FROM "
                   + world.schema + ".t ORDER BY id")
        == strings{R"(1|5.0|abc|2024-01-02|[1]|1.5|2|default|{"made": 5})",
                   R"(2|-|-|-|-|7|3|default|{"j": "no json", "n": "text", )"
                   R"("s": "much too long", "t": "no time"})",
                   R"(3|-|-|-|-|-|4|default|{"n": 1234.5})"});
  // A key of other columns than the table's: rows are merged without an index.
  commit(world.send(keyed("t", {"s"}),
                    {R"({"id":7,"s":"abc","x":9})", R"({"id":8,"s":"new"})"}));
  CHECK(world.rows("SELECT id, s, x FROM " + world.schema
                   + ".t WHERE id > 3 ORDER BY id")
        == strings{"7|abc|9", "8|new|-"});
  CHECK(key_of(world) == strings{"id|t|"});
}

TEST_CASE("a value that another program's type does not take is no error") {
  postgres_warehouse world;
  world.database->query("CREATE SCHEMA " + world.schema);
  world.database->query("CREATE TYPE " + world.schema
                        + ".\"Mood\" AS ENUM ('sad', 'very ''happy''')");
  world.database->query("CREATE DOMAIN " + world.schema + ".small AS smallint");
  world.database->query("CREATE TABLE " + world.schema + ".t (id int, m "
                        + world.schema + ".\"Mood\", u uuid, s " + world.schema
                        + ".small)");
  const std::string uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
  commit(world.send(
      request_for("t"),
      {R"({"id":1,"m":"very 'happy'","u":")" + uuid + R"(","s":5})",
       R"({"id":2,"m":"Sad","u":"a0eebc99","s":40000})",
       R"({"id":3,"m":"sad","u":"A0EEBC999C0B4EF8BB6D6BB9BD380A11","s":"7"})",
       R"({"id":4,"m":1,"u":"","s":null})"}));
  CHECK(world.rows("SELECT id, m, u, s, _unmapped_data FROM " + world.schema
                   + ".t ORDER BY id")
        == strings{"1|very 'happy'|" + uuid + "|5|-",
                   R"(2|-|-|-|{"m": "Sad", "s": 40000, "u": "a0eebc99"})",
                   "3|sad|" + uuid + "|7|-", R"(4|-|-|-|{"m": 1, "u": ""})"});
}

TEST_CASE("a domain counts as the type below all domains, with its choices") {
  postgres_warehouse world;
  const auto& in = world.schema;
  world.database->query("CREATE SCHEMA " + in);
  for (const std::string type :
       {"TYPE $.mood AS ENUM ('', 'sad')", "TYPE $.none AS ENUM ('')",
        "DOMAIN $.one AS $.mood", "DOMAIN $.two AS $.one",
        "DOMAIN $.short AS varchar(2)", "DOMAIN $.shorter AS $.short",
        "DOMAIN $.count AS int", "DOMAIN $.counts AS $.count"}) {
    auto text = "CREATE " + type;
    for (auto at = text.find('$'); at != std::string::npos; at = text.find('$'))
      text.replace(at, 1, in);
    world.database->query(text);
  }
  const auto table = in + ".t";
  world.database->query("CREATE TABLE " + table + " (id int, m " + in
                        + ".mood, n " + in + ".none, d " + in + ".two, s " + in
                        + ".shorter, c " + in + ".counts)");
  commit(world.send(request_for("t"),
                    {R"({"id":1,"m":"","n":"","d":"","s":"ab","c":"7"})",
                     R"({"id":2,"m":"sad","n":null,"d":"sad","s":"","c":8})",
                     R"({"id":3,"m":"x","n":"x","d":"x","s":"abc","c":"x"})"}));
  CHECK(world.rows("SELECT id, m, n, d, s, c FROM " + table + " ORDER BY id")
        == strings{"1||||ab|7", "2|sad|-|sad||8", "3|-|-|-|-|-"});
  CHECK(world.rows("SELECT _unmapped_data FROM " + table + " WHERE id = 3")
        == strings{R"({"c": "x", "d": "x", "m": "x", "n": "x", "s": "abc"})"});
}

TEST_CASE("a decimal whose digits do not reach the point keeps its bounds") {
  postgres_warehouse world;
  const auto table = world.schema + ".t";
  world.database->query("CREATE SCHEMA " + world.schema);
  world.database->query("CREATE TABLE " + table
                        + " (a numeric(3,5), b numeric(5,-2))");
  commit(world.send(request_for("t"),
                    {R"({"a":0.00123,"b":1234567})",
                     R"({"a":0.5,"b":1e7,)"
                     R"_("c":1.25,"__sql_type_c":"numeric(4, 2)"})_"}));
  CHECK(
      world.rows("SELECT a, b, c, _unmapped_data FROM " + table + " ORDER BY a")
      == strings{"0.00123|1234600|-|-",
                 R"(-|-|1.25|{"a": 0.5, "b": 10000000})"});
  commit(world.send(request_for("t"), {R"({"c":123.4})"}));
  CHECK(world.rows("SELECT _unmapped_data FROM " + table
                   + " WHERE a IS NULL AND c IS NULL")
        == strings{R"({"c": 123.4})"});
  // A key is not rounded.
  CHECK(code_of(world.send(keyed("t", {"b"}), {R"({"b":1234567})"}))
        == ec::destination_rejected);
}

TEST_CASE("a view on the table and a foreign key to it outlive a replace") {
  postgres_warehouse world;
  commit(world.send(keyed("t", {"id"}, replace), {R"({"id":1})"}));
  world.database->query("CREATE VIEW " + world.schema + ".v AS SELECT id FROM "
                        + world.schema + ".t");
  world.database->query("CREATE TABLE " + world.schema
                        + ".f (id bigint "
                          "REFERENCES "
                        + world.schema + ".t)");
  commit(world.send(keyed("t", {"id"}, replace), {R"({"id":2})"}));
  CHECK(world.rows("SELECT id FROM " + world.schema + ".v") == strings{"2"});
  const auto refused = world.send(request_for("v"), {R"({"id":2})"});
  CHECK(code_of(refused) == ec::destination_rejected);
  CHECK_THAT(reason(refused), ContainsSubstring("is no table"));
}

TEST_CASE("keys named like system columns of Postgres get another name") {
  postgres_warehouse world;
  commit(
      world.send(keyed("t", {"xmin"}),
                 {R"({"xmin":1,"ctid":"a","tableoid":2,"oid":3,"CTID":4})"}));
  CHECK(world.rows("SELECT _xmin, _ctid, _tableoid, oid, \"CTID\" FROM "
                   + world.schema + ".t")
        == strings{"1|a|2|3|4"});
}

TEST_CASE("a row that lacks what the table demands fails the request") {
  postgres_warehouse world;
  world.database->query("CREATE SCHEMA " + world.schema);
  world.database->query("CREATE TABLE " + world.schema
                        + ".t (id bigint, v bigint NOT NULL)");
  const auto refused = world.send(request_for("t"), {R"({"id":1})"});
  CHECK(code_of(refused) == ec::destination_rejected);
  CHECK_THAT(reason(refused), ContainsSubstring("23502"));
  const auto keyless =
      world.send(keyed("new", {"id"}), {R"({"id":null,"v":1})"});
  CHECK(code_of(keyless) == ec::destination_rejected);
  CHECK_THAT(reason(keyless),
             ContainsSubstring("row 1 of the request lacks a value of "
                               "its key (id)"));
  const auto bare = world.send(request_for("bare", replace), {"{}"});
  CHECK_THAT(reason(bare), ContainsSubstring("the rows have no columns"));
  CHECK(world.tables() == strings{"t"});
}

TEST_CASE("a server that ends the connection in mid-COPY is tried again") {
  postgres_warehouse world;
  upload_probe upload{*world.to, request_for("t", replace)};
  upload.write({R"({"id":1})"});
  REQUIRE(upload.wait_until_taken());
  // Its connection waits for the next block, or is idle: killed either way.
  const auto killed =
      world.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
                 "application_name = 'motorcade t1'");
  REQUIRE_FALSE(killed.empty());
  upload.write({R"({"id":2})"});
  const auto lost = upload.finish();
  CHECK(code_of(lost) == ec::destination_unavailable);
  commit(world.send(request_for("t", replace), {R"({"id":3})"}));
  CHECK(world.rows("SELECT id FROM " + world.schema + ".t") == strings{"3"});
  CHECK(world.tables() == strings{"t"});
}

TEST_CASE("a commit waits for a lock, and reports it if it stays") {
  postgres_warehouse world;
  commit(world.send(request_for("t", replace), {R"({"id":1})"}));
  // The limit of the role goes before ours.
  const auto user = test::environment("PGUSER");
  const auto other = test::postgres_world();
  world.database->query("ALTER ROLE \"" + user + "\" SET lock_timeout TO '1s'");
  auto locked = postgres_warehouse::open(world.schema, "t2");
  std::thread holder{[&] {
    other->query("DO $$ BEGIN LOCK TABLE " + world.schema
                 + ".t; PERFORM pg_sleep(6); END $$");
  }};
  // Not before it is held.
  while (world
             .rows("SELECT 1 FROM pg_locks WHERE relation = '" + world.schema
                   + ".t'::regclass AND mode = 'AccessExclusiveLock' AND "
                     "granted")
             .empty())
    std::this_thread::yield();
  upload_probe upload{*locked, request_for("t", replace)};
  upload.write({R"({"id":2})"});
  const auto late = upload.finish();
  holder.join();
  world.database->query("ALTER ROLE \"" + user + "\" RESET lock_timeout");
  CHECK(code_of(late) == ec::destination_unavailable);
  CHECK_THAT(reason(late), ContainsSubstring("holds a lock on the table"));
  CHECK(world.rows("SELECT id FROM " + world.schema + ".t") == strings{"1"});
  CHECK(world.tables() == strings{"t"});
}

TEST_CASE("a request that loses a deadlock is tried again") {
  postgres_warehouse world;
  commit(world.send(keyed("t", {"id"}),
                    {R"({"id":1,"v":"a"})", R"({"id":2,"v":"a"})"}));
  const auto table = world.schema + ".t";
  const auto until = [](const std::string& what) {
    return "WHILE NOT EXISTS (SELECT FROM pg_locks WHERE " + what
           + ") LOOP PERFORM pg_sleep(0.01); END LOOP; ";
  };
  // Our transaction has the first row when the trigger is at the second. It
  // says so by a lock, and goes on once the other side waits for the first.
  world.database->query("CREATE FUNCTION " + world.schema
                        + ".meet() RETURNS trigger AS $$ BEGIN PERFORM "
                          "pg_advisory_xact_lock(4711); "
                        + until("locktype = 'transactionid' AND NOT granted")
                        + "RETURN NEW; END $$ LANGUAGE plpgsql");
  world.database->query("CREATE TRIGGER meet BEFORE INSERT ON " + table
                        + " FOR EACH ROW WHEN (NEW.id = 2) EXECUTE FUNCTION "
                        + world.schema + ".meet()");
  const auto other = test::postgres_world();
  // It never looks for a deadlock itself.
  std::thread holder{[&] {
    other->query("DO $$ BEGIN SET LOCAL deadlock_timeout TO '1h'; UPDATE "
                 + table + " SET v = 'h' WHERE id = 2; "
                 + until("locktype = 'advisory' AND objid = 4711 AND granted")
                 + "UPDATE " + table + " SET v = 'h' WHERE id = 1; END $$");
  }};
  const strings rows = {R"({"id":1,"v":"x"})", R"({"id":2,"v":"x"})"};
  const auto lost = world.send(keyed("t", {"id"}), rows);
  holder.join();
  CHECK(code_of(lost) == ec::destination_unavailable);
  CHECK_THAT(reason(lost), ContainsSubstring("deadlock detected")
                               && ContainsSubstring("40P01"));
  CHECK(world.rows("SELECT id, v FROM " + table + " ORDER BY id")
        == strings{"1|h", "2|h"});
  CHECK(world.tables() == strings{"t"});
  world.database->query("DROP TRIGGER meet ON " + table);
  commit(world.send(keyed("t", {"id"}), rows));
  CHECK(world.rows("SELECT id, v FROM " + table + " ORDER BY id")
        == strings{"1|x", "2|x"});
}

TEST_CASE("a role without CREATE gets an error that names the privilege") {
  postgres_warehouse world;
  world.database->query("CREATE SCHEMA " + world.schema);
  const auto role = test::fresh_name("poor");
  world.database->query("CREATE ROLE " + role + " LOGIN PASSWORD 'hush-poor'");
  destination_settings settings;
  settings.url =
      test::postgres_address(role, "hush-poor", "schema=" + world.schema);
  auto poor = open_destination(settings, "", "t1");
  REQUIRE(poor);
  auto try_it = [&] {
    upload_probe upload{**poor, request_for("t")};
    upload.write({R"({"id":1})"});
    return upload.finish();
  };
  CHECK_THAT(reason(try_it()),
             ContainsSubstring("permission denied for schema")
                 && ContainsSubstring("grant the role CREATE"));
  world.database->query("ALTER ROLE " + role + " PASSWORD 'other'");
  poor->reset();
  poor = open_destination(settings, "", "t1");
  const auto wrong = try_it();
  CHECK(code_of(wrong) == ec::invalid_argument);
  CHECK_THAT(reason(wrong), ContainsSubstring("password authentication failed")
                                && !ContainsSubstring("hush-poor"));
  poor->reset();
  world.database->query("DROP ROLE " + role);
}

TEST_CASE(
    "tables of killed attempts are swept, those of other programs are not") {
  postgres_warehouse world;
  world.database->query("CREATE SCHEMA " + world.schema);
  const auto make = [&](const std::string& name, const std::string& comment) {
    world.database->query("CREATE TABLE " + world.schema + '.' + name
                          + " (a int)");
    world.database->query("COMMENT ON TABLE " + world.schema + '.' + name
                          + " IS '" + comment + "'");
  };
  make("t_tmp1600000000000123", ""); // Years old.
  make("t_tmp1600000000000124", "made by another");
  const auto now = staging_names{"t", 63}.make();
  make(now, staging_names::comment("sync-1", "dead"));
  const auto others = staging_names{"t", 63}.make();
  make(others, staging_names::comment("sync-2", "dead"));
  const auto own = staging_names{"t", 63}.make();
  make(own, staging_names::comment("sync-1", "t1"));
  make("t_tmpfoo", "");
  make("u_tmp1600000000000123", "");
  commit(world.send(request_for("t"), {R"({"id":1})"}));
  strings left = {"t",
                  others,
                  own,
                  "t_tmpfoo",
                  "t_tmp1600000000000124",
                  "u_tmp1600000000000123"};
  std::sort(left.begin(), left.end());
  CHECK(world.tables() == left);
}
