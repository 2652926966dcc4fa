// The properties of SQLite alone: its names and types, foreign files, and
// locks.
#include "support/warehouse_world.hpp"

#include <catch2/catch_all.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

using namespace motorcade;
using namespace motorcade::support;
using Catch::Matchers::ContainsSubstring;

using strings = std::vector<std::string>;

namespace {

constexpr auto replace = write_mode::replace_table;

strings keys_of(const sqlite_warehouse& world) {
  return world.rows("SELECT i.name FROM pragma_index_list('t') l, "
                    "pragma_index_info(l.name) i ORDER BY i.seqno");
}

} // namespace

TEST_CASE("values keep their storage class") {
  const sqlite_warehouse world;
  commit(world.send(
      request_for("t", replace),
      {R"({"i":9223372036854775807,"r":0.1,"b":true,"s":"7","a":[1, 2],)"
       R"("w":2,"at":"2024-01-02T03:04:05+02:00"})",
       R"({"i":-1,"r":5,"b":false,"s":"x","w":2.5})"}));
  CHECK(world.rows("SELECT i, typeof(i), r, typeof(r), b, typeof(b), s, "
                   "typeof(s), a, w, typeof(w), at FROM t ORDER BY i DESC")
        == strings{"9223372036854775807|integer|0.1|real|1|integer|7|text|"
                   "[1,2]|2.0|real|2024-01-02T03:04:05+02:00",
                   "-1|integer|5.0|real|0|integer|x|text|-|2.5|real|-"});
}

TEST_CASE("a number that becomes a text keeps all of its digits") {
  const sqlite_warehouse world;
  commit(world.send(request_for("t", replace),
                    {R"({"v":0.1})", R"({"v":1.0000000000000002})",
                     R"({"v":1e300})", R"({"v":7})", R"({"v":"x"})"}));
  CHECK(world.rows("SELECT v, typeof(v) FROM t ORDER BY rowid")
        == strings{"0.1|text", "1.0000000000000002|text", "1.0e+300|text",
                   "7|text", "x|text"});
}

TEST_CASE("names that differ in case are one table and one column") {
  const sqlite_warehouse world;
  commit(world.send(request_for("Users", replace), {R"({"Id":1,"name":"a"})"}));
  commit(world.send(request_for("users"), {R"({"ID":2,"NAME":"b"})"}));
  commit(
      world.send(request_for("users"), {R"({"id":3,"name":"c","Name":"d"})"}));
  CHECK(world.tables() == strings{"Users"});
  CHECK(world.rows("SELECT id, name, _unmapped_data FROM users ORDER BY id")
        == strings{"1|a|-", "2|b|-", "3|c|{\"Name\":\"d\"}"});
}

TEST_CASE("names that SQLite reserves get another beginning") {
  const sqlite_warehouse world;
  commit(world.send(request_for("sqlite_users", replace),
                    {R"({"rowid":2,"oid":"x"})", R"({"rowid":1})"}));
  CHECK(world.tables() == strings{"_sqlite_users"});
  CHECK_THAT(world.to->locate(request_for("sqlite_users")),
             ContainsSubstring("rows.db _sqlite_users"));
  commit(world.send(keyed("t", {"id"}),
                    {R"({"id":1,"rowid":9,"_rowid_":9,"oid":9,"v":"a"})",
                     R"({"id":1,"rowid":1,"_rowid_":1,"oid":1,"v":"b"})"}));
  CHECK(world.rows("SELECT v FROM t") == strings{"b"});
}

TEST_CASE("a key is made, kept, changed and dropped in SQLite") {
  const sqlite_warehouse world;
  commit(world.send(keyed("t", {"k", "id"}), {R"({"id":1,"k":"x","v":1})"}));
  CHECK(keys_of(world) == strings{"k", "id"});
  commit(world.send(keyed("t", {"k", "id"}), {R"({"id":1,"k":"x","v":2})"}));
  CHECK(world.rows("SELECT v FROM t") == strings{"2"});
  commit(world.send(keyed("t", {"id"}), {R"({"id":3,"k":"x"})"}));
  CHECK(keys_of(world) == strings{"id"});
  commit(world.send(request_for("t"), {R"({"id":3,"k":"x"})"}));
  CHECK(keys_of(world).empty());
  const auto refused = world.send(keyed("t", {"id"}), {R"({"id":4,"k":"x"})"});
  CHECK(code_of(refused) == ec::destination_rejected);
  CHECK_THAT(reason(refused), ContainsSubstring("cannot get the key (\"id\")"));
  CHECK(world.rows("SELECT count(*) FROM t") == strings{"3"});
}

TEST_CASE("a table of another program keeps its key and its types") {
  const sqlite_warehouse world;
  world.run("CREATE TABLE t (id INTEGER PRIMARY KEY, n NUMERIC, s VARCHAR(5), "
            "f BOOLEAN, made INT GENERATED ALWAYS AS (id + 1) STORED, d TEXT "
            "DEFAULT 'default')");
  commit(world.send(keyed("t", {"id"}),
                    {R"({"id":1,"n":"1.5","s":7,"f":1,"made":5})",
                     R"({"id":"2","n":"no number","f":"no boolean"})",
                     R"({"id":1,"n":2,"s":"again","f":false})"}));
  CHECK(world.rows("SELECT id, n, s, f, made, d FROM t ORDER BY id")
        == strings{"1|2|again|0|2|default", "2|-|-|-|3|default"});
  CHECK(world.rows("SELECT _unmapped_data FROM t ORDER BY id")
        == strings{"-", R"({"n":"no number","f":"no boolean"})"});
  CHECK(world.rows("SELECT count(*) FROM pragma_index_list('t')")
        == strings{"0"});
  world.run("CREATE VIEW v AS SELECT 1 AS a");
  const auto refused = world.send(request_for("v"), {R"({"a":1})"});
  CHECK(code_of(refused) == ec::destination_rejected);
  CHECK_THAT(reason(refused), ContainsSubstring("v is a view"));
}

TEST_CASE("tables with states and tasks take no rows") {
  const sqlite_warehouse world;
  world.run(
      "CREATE TABLE source_state (sync_id TEXT, stream TEXT, state TEXT)");
  for (const auto* name :
       {"source_state", "Source_State", "_motorcade_commits"}) {
    const auto refused = world.send(request_for(name), {R"({"stream":"x"})"});
    CHECK(code_of(refused) == ec::destination_rejected);
    CHECK_THAT(reason(refused),
               ContainsSubstring("holds what motorcade itself keeps"));
  }
  // A stream of that name alone is none of them.
  commit(world.send(request_for("task_log"), {R"({"text":"x"})"}));
}

TEST_CASE("a commit waits for another writer of the file, unless it is told to "
          "stop") {
  const sqlite_warehouse world;
  commit(world.send(request_for("t"), {R"({"id":1})"}));
  sqlite_handle other{world.path()};
  other.run("BEGIN IMMEDIATE");
  upload_probe waits{*world.to, request_for("t")};
  waits.write({R"({"id":2})"});
  REQUIRE(waits.wait_until_taken());
  waits->finish();
  CHECK(waits.calls() == 0);
  other.run("COMMIT");
  commit(waits.wait());
  other.run("BEGIN IMMEDIATE");
  upload_probe stopped{*world.to, request_for("t")};
  stopped.write({R"({"id":3})"});
  REQUIRE(stopped.wait_until_taken());
  stopped->finish();
  stopped->abort();
  CHECK(code_of(stopped.wait()) == ec::cancelled);
  other.run("COMMIT");
  CHECK(world.rows("SELECT id FROM t ORDER BY id") == strings{"1", "2"});
}

TEST_CASE("nothing is committed to a file that is not in its place any more") {
  const sqlite_warehouse world;
  commit(world.send(request_for("t"), {R"({"id":1})"}));
  const auto aside = world.path() + ".aside";
  std::filesystem::rename(world.path(), aside);
  const auto refuse = [&] {
    const auto refused = world.send(request_for("t"), {R"({"id":2})"});
    CHECK(code_of(refused) == ec::destination_unavailable);
    CHECK_THAT(reason(refused),
               ContainsSubstring("sqlite file " + world.path()
                                 + ": it was removed, or another file is in "
                                   "its place"));
  };
  refuse();
  std::ofstream{world.path()} << "";
  refuse();
  // What waited goes on once the file is back.
  std::filesystem::rename(aside, world.path());
  commit(world.send(request_for("t"), {R"({"id":3})"}));
  CHECK(world.rows("SELECT id FROM t ORDER BY id") == strings{"1", "3"});
}

TEST_CASE("the file is for its owner and group, and needs its folder") {
  const sqlite_warehouse world;
  commit(world.send(request_for("t"), {R"({"id":1})"}));
  struct stat found = {};
  REQUIRE(::stat(world.path().c_str(), &found) == 0);
  CHECK((found.st_mode & 07777) == 0640);
  destination_settings settings;
  settings.url = "sqlite://" + world.path() + "/none/rows.db";
  const auto nowhere = open_destination(settings, "", "t1");
  REQUIRE(nowhere);
  const auto refused = send_rows(**nowhere, request_for("t"), {R"({"id":1})"});
  CHECK(code_of(refused) == ec::destination_rejected);
  CHECK_THAT(reason(refused), ContainsSubstring("sqlite file " + world.path()));
}

TEST_CASE("a destinationConfig names the file") {
  const sqlite_warehouse world;
  const auto open = [](const std::string& config) {
    return open_destination({}, config, "t1");
  };
  const auto made =
      open(R"({"destinationType":"sqlite","path":")" + world.path() + "\"}");
  REQUIRE(made);
  commit(send_rows(**made, request_for("t"), {R"({"id":1})"}));
  CHECK(world.rows("SELECT id FROM t") == strings{"1"});
  for (const auto* path : {R"("rows.db")", R"("/folder/")", "null", "7"}) {
    const auto refused = open(R"({"destinationType":"sqlite","path":)"
                              + std::string{path} + "}");
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().what,
               ContainsSubstring("absolute path of a file"));
  }
}
