// The properties of MySQL alone: keys, types, names, and others' tables.
#include "support/log_capture.hpp"
#include "support/mysql_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::support;
using Catch::Matchers::ContainsSubstring;

using strings = std::vector<std::string>;

namespace {

constexpr auto replace = write_mode::replace_table;

/// @returns the columns of our key, with what they default to.
strings key_of(mysql_warehouse& world) {
  return world.rows(
      "SELECT s.COLUMN_NAME, c.IS_NULLABLE, c.COLUMN_DEFAULT FROM "
      "information_schema.STATISTICS s JOIN information_schema.COLUMNS c USING "
      "(TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME) WHERE s.TABLE_SCHEMA = '"
      + world.schema
      + "' AND s.TABLE_NAME = 't' AND s.INDEX_NAME LIKE 'jitsu_pk_%' ORDER BY "
        "s.SEQ_IN_INDEX");
}

std::string deep(size_t levels, const std::string& inside = "") {
  return std::string(levels, '[') + inside + std::string(levels, ']');
}

} // namespace

TEST_CASE("the key is made, kept, changed and dropped") {
  mysql_warehouse world;
  commit(world.send(keyed("t", {"k", "id"}), {R"({"id":1,"k":"x","v":1})"}));
  CHECK(key_of(world) == strings{"k|NO|''", "id|NO|0"});
  const auto name = "SELECT DISTINCT INDEX_NAME FROM "
                    "information_schema.STATISTICS WHERE TABLE_SCHEMA = '"
                    + world.schema + "' AND TABLE_NAME = 't'";
  const auto first = world.rows(name);
  CHECK(first.at(0).size() == 9 + 32);
  commit(world.send(keyed("t", {"k", "id"}), {R"({"id":2,"k":"x"})"}));
  CHECK(world.rows(name) == first);
  commit(world.send(keyed("t", {"id"}), {R"({"id":3,"k":"x"})"}));
  CHECK(key_of(world) == strings{"id|NO|0"});
  commit(world.send(request_for("t"), {R"({"id":3,"k":"x"})"}));
  CHECK(key_of(world).empty());
  // There are two rows of one key now: none of them may be chosen.
  const auto refused = world.send(keyed("t", {"id"}), {R"({"id":4,"k":"x"})"});
  CHECK(code_of(refused) == ec::destination_rejected);
  CHECK_THAT(reason(refused), ContainsSubstring("cannot get the key (\"id\")")
                                  && ContainsSubstring("Duplicate entry …"));
  CHECK(world.rows("SELECT count(*) FROM " + world.schema + ".t")
        == strings{"4"});
  // A full refresh makes it good.
  commit(world.send(keyed("t", {"id"}, replace),
                    {R"({"id":5,"k":"x"})", R"({"id":5,"k":"y"})"}));
  CHECK(key_of(world) == strings{"id|NO|0"});
  CHECK(world.rows("SELECT id, k FROM " + world.schema + ".t")
        == strings{"5|y"});
  CHECK(world.tables() == strings{"t"});
}

TEST_CASE("keys are told apart byte for byte, and never cut") {
  mysql_warehouse world;
  const auto row = [](const std::string& key, int value) {
    return R"({"k":")" + key + R"(","v":)" + std::to_string(value) + "}";
  };
  const std::string longest(255, 'x');
  commit(world.send(keyed("t", {"k"}),
                    {row("a", 1), row("A", 2), row("a ", 3), row("á", 4),
                     row("", 5), row("ß", 6), row("ss", 7), row(longest, 8),
                     row("😀", 9), row("a", 10)}));
  CHECK(world.rows("SELECT v FROM " + world.schema + ".t ORDER BY v")
        == strings{"2", "3", "4", "5", "6", "7", "8", "9", "10"});
  const auto refused =
      world.send(keyed("t", {"k"}), {row("b", 1), row(longest + 'y', 2)});
  CHECK(code_of(refused) == ec::destination_rejected);
  CHECK_THAT(reason(refused),
             ContainsSubstring("row 2 of the request has a value of its key "
                               "(k) that the column does not take as it is: "
                               "varchar(255)"));
  CHECK(world.rows("SELECT count(*) FROM " + world.schema + ".t")
        == strings{"9"});
  // Five texts share what an index takes.
  commit(world.send(keyed("five", {"a", "b", "c", "d", "e"}),
                    {R"({"a":"1","b":"1","c":"1","d":"1","e":"1"})",
                     R"({"a":"1","b":"1","c":"1","d":"1","e":"2"})"}));
  CHECK(world.rows("SELECT count(*) FROM " + world.schema + ".five")
        == strings{"2"});
}

TEST_CASE("a key whose collation takes different texts for the same is warned "
          "of") {
  struct row {
    std::string collation;
    std::string other;
    bool apart;
  };

  const test::log_capture log;
  for (const auto& one : std::vector<row>{{"utf8mb4_general_ci", "A", false},
                                          {"utf8mb4_bin", "a ", false},
                                          {"latin1_bin", "a ", false},
                                          {"utf8mb4_nopad_bin", "a ", true}}) {
    CAPTURE(one.collation);
    mysql_warehouse world;
    world.rows("CREATE DATABASE " + world.schema);
    world.rows("CREATE TABLE " + world.schema
               + ".t (k varchar(9) CHARACTER SET "
               + one.collation.substr(0, one.collation.find('_')) + " COLLATE "
               + one.collation + " PRIMARY KEY, v int) ENGINE=InnoDB");
    commit(world.send(
        keyed("t", {"k"}),
        {R"({"k":"a","v":1})", R"({"k":")" + one.other + R"(","v":2})"}));
    CHECK(world.rows("SELECT v FROM " + world.schema + ".t ORDER BY v")
          == (one.apart ? strings{"1", "2"} : strings{"2"}));
    CHECK(log.has("the column k of \"" + world.schema
                  + "\".\"t\" takes some values of a key for the same")
          != one.apart);
  }
}

TEST_CASE("a table that another program made keeps its keys and its types") {
  mysql_warehouse world;
  world.rows("CREATE DATABASE " + world.schema);
  world.rows(
      "CREATE TABLE " + world.schema
      + ".t (id int PRIMARY KEY, n decimal(4,1), s varchar(5), t date, j json, "
        "x float, at timestamp(6) NULL, e enum('a','b'), bits bit(8), y year, "
        "l varchar(9) CHARACTER SET latin1, u varchar(9) CHARACTER SET utf8mb3,"
        " tiny tinyint unsigned, made int AS (id + 1) STORED, d text DEFAULT "
        "'default') ENGINE=InnoDB");
  commit(world.send(
      keyed("t", {"id"}),
      {R"({"id":1,"n":5,"s":"abc","t":"2024-01-02T03:04:05Z","j":[1],"x":1.5,)"
       R"("at":"2024-01-02T03:04:05.5+01:00","e":"a","l":"abc","u":"é",)"
       R"("tiny":255,"made":5})",
       R"({"id":2,"n":"text","s":"much too long","t":"no time",)"
       R"("j":"no json","x":7,"at":"1970-01-01T00:00:00Z","e":"1",)"
       R"("bits":1,"y":70,"l":"é","u":"😀","tiny":256})",
       R"({"id":3,"n":1234.5})"}));
  const auto columns = "SELECT id, n, s, t, j, x, at, e, bits, y, l, u, tiny, "
                       "made, d, _unmapped_data FROM "
                       + world.schema + ".t ORDER BY id";
  CHECK(world.rows(columns)
        == strings{
            R"(1|5.0|abc|2024-01-02|[1]|1.5|2024-01-02 02:04:05.500000|a|-|-|)"
            R"(abc|é|255|2|default|{"made":5})",
            R"(2|-|-|-|-|7|-|-|-|-|-|-|-|3|default|{"bits":1,"y":70,)"
            R"("n":"text","s":"much too long","t":"no time","j":"no json",)"
            R"("at":"1970-01-01T00:00:00Z","e":"1","l":"é","u":"😀",)"
            R"("tiny":256})",
            R"(3|-|-|-|-|-|-|-|-|-|-|-|-|4|default|{"n":1234.5})"});
  // A key of other columns than the table's: the table's own stays.
  commit(world.send(keyed("t", {"s"}),
                    {R"({"id":7,"s":"abc","x":8})",
                     R"({"id":7,"s":"abc","x":9})", R"({"id":8,"s":"new"})"}));
  CHECK(world.rows("SELECT id, s, x FROM " + world.schema
                   + ".t WHERE id > 3 ORDER BY id")
        == strings{"7|abc|9", "8|new|-"});
  // The table's own key is broken: no other row is changed for it.
  const auto refused =
      world.send(keyed("t", {"s"}), {R"({"id":8,"s":"third"})"});
  CHECK(code_of(refused) == ec::destination_rejected);
  CHECK_THAT(reason(refused), ContainsSubstring("Duplicate entry …"));
}

TEST_CASE(
    "columns of text that a table of another charset gets hold all texts") {
  for (const std::string charset : {"latin1", "utf8mb3", "utf8mb4"}) {
    CAPTURE(charset);
    mysql_warehouse world;
    world.rows("CREATE DATABASE " + world.schema);
    world.rows("CREATE TABLE " + world.schema
               + ".t (id int) ENGINE=InnoDB CHARACTER SET " + charset);
    commit(world.send(request_for("t"),
                      {R"({"id":1,"v":"日本😀","w":"x",)"
                       R"_("__sql_type_w":"varchar(9)","b":"日本",)_"
                       R"("__sql_type_b":"blob"})",
                       R"({"id":"日本"})"}));
    CHECK(world.rows("SELECT v, w, b, _unmapped_data FROM " + world.schema
                     + ".t ORDER BY v DESC")
          == strings{"日本😀|x|日本|-", R"(-|-|-|{"id":"日本"})"});
  }
}

TEST_CASE("a text without a length may be a key") {
  mysql_warehouse world;
  commit(world.send(request_for("t"), {R"({"k":"a","v":1})"}));
  commit(
      world.send(keyed("t", {"k"}), {R"({"k":"a","v":2})", R"({"k":"A","v":3})",
                                     R"({"k":"A","v":4})"}));
  CHECK(world.rows("SELECT k, v FROM " + world.schema + ".t ORDER BY v")
        == strings{"a|2", "A|4"});
  CHECK(key_of(world).empty());
}

TEST_CASE("columns that differ in case alone are one in MySQL") {
  mysql_warehouse world;
  commit(world.send(request_for("t"),
                    {R"({"É":1,"Name":"a"})", R"({"é":2,"name":"b"})",
                     R"({"Name":"c","NAME":"d"})"}));
  commit(world.send(request_for("t"), {R"({"NAME":"e"})"}));
  CHECK(world.rows("SELECT \"É\", \"Name\", _unmapped_data FROM " + world.schema
                   + ".t ORDER BY 2")
        == strings{"1|a|-", "2|b|-", R"(-|c|{"NAME":"d"})", "-|e|-"});
}

TEST_CASE("names that InnoDB has or does not take get another form") {
  mysql_warehouse world;
  commit(world.send(
      request_for("t "),
      {R"({"db_row_id":1,"FTS_DOC_ID":2,"x ":3,"𝒜b":4,"_rowid":5,"a'b":6})"}));
  CHECK(world.rows("SELECT _db_row_id, \"_FTS_DOC_ID\", x_, _b, _rowid, a_b "
                   "FROM "
                   + world.schema + ".t_")
        == strings{"1|2|3|4|5|6"});
}

TEST_CASE("values beyond the limits of MySQL's types go to _unmapped_data") {
  mysql_warehouse world;
  const std::string text(65'535, 'x');
  auto request = request_for("t");
  request.fields = {{"t", field_type::timestamp}};
  commit(world.send(
      request,
      {R"({"n":1,"t":"0001-01-01T00:00:00Z","i":9223372036854775807,)"
       R"("d":5e-324,"s":")"
           + text + R"(","j":[]})",
       R"({"n":2,"t":"9999-12-31T23:59:59.999999Z","i":-9223372036854775808,)"
       R"("d":-0.0,"s":")"
           + text + R"(y"})",
       R"({"n":3,"t":"1969-07-20T20:17:40.123456789+02:00","d":1.7e308,)"
       R"("s":""})"}));
  CHECK(world.rows("SELECT n, t, i, d, length(s), length(_unmapped_data) FROM "
                   + world.schema + ".t ORDER BY n")
        == strings{"1|0001-01-01 00:00:00.000000|9223372036854775807|5e-324|"
                   "65535|-",
                   "2|9999-12-31 23:59:59.999999|-9223372036854775808|0|-|"
                   "65544",
                   "3|1969-07-20 18:17:40.123456|-|1.7e308|0|-"});
  // A value over max_allowed_packet.
  const std::string huge(20u << 20, 'h');
  commit(world.send(request_for("big"), {R"({"s":")" + huge + "\"}"}));
  CHECK(
      world.rows("SELECT length(_unmapped_data) FROM " + world.schema + ".big")
      == strings{std::to_string(huge.size() + 8)});
}

TEST_CASE(
    "JSON is kept as JSON as deep as MariaDB takes it, and deeper as a text") {
  mysql_warehouse world;
  auto request = request_for("t");
  request.fields = {{"j", field_type::json}};
  commit(world.send(request,
                    {"{\"j\":" + deep(31) + "}", "{\"j\":" + deep(32) + "}",
                     R"({"j":{"a":[1, "b"]},"x":{"y":)" + deep(40) + "}}"}));
  CHECK(world.rows("SELECT j FROM " + world.schema + ".t ORDER BY length(j)")
        == strings{"{\"a\":[1,\"b\"]}", deep(31), '"' + deep(32) + '"'});
  CHECK(world.rows("SELECT x_y FROM " + world.schema
                   + ".t WHERE x_y IS NOT "
                     "NULL")
        == strings{deep(40)});
}

TEST_CASE("a table without transactions, and a view, are refused") {
  mysql_warehouse world;
  world.rows("CREATE DATABASE " + world.schema);
  world.rows("CREATE TABLE " + world.schema + ".m (id int) ENGINE=MyISAM");
  world.rows("CREATE VIEW " + world.schema + ".v AS SELECT 1 AS id");
  for (const auto* table : {"m", "v"}) {
    const auto refused = world.send(request_for(table), {R"({"id":1})"});
    CHECK(code_of(refused) == ec::destination_rejected);
    CHECK_THAT(reason(refused), ContainsSubstring("no transactions")
                                    || ContainsSubstring("is no table"));
  }
  CHECK(world.tables() == strings{"m", "v"});
}

TEST_CASE("a view of a table outlives a replace") {
  mysql_warehouse world;
  commit(world.send(request_for("t", replace), {R"({"id":1})"}));
  world.rows("CREATE VIEW " + world.schema + ".v AS SELECT id FROM "
             + world.schema + ".t");
  mysql_client reader;
  reader.rows("START TRANSACTION WITH CONSISTENT SNAPSHOT");
  reader.rows("SELECT id FROM " + world.schema + ".t");
  commit(world.send(request_for("t", replace), {R"({"id":2})"}));
  CHECK(world.rows("SELECT id FROM " + world.schema + ".v") == strings{"2"});
  // A reader in an older snapshot sees what was there.
  CHECK(reader.rows("SELECT id FROM " + world.schema + ".t") == strings{"1"});
}

TEST_CASE("a column with AUTO_INCREMENT keeps counting") {
  mysql_warehouse world;
  world.rows("CREATE DATABASE " + world.schema);
  world.rows("CREATE TABLE " + world.schema
             + ".t (n bigint AUTO_INCREMENT PRIMARY KEY, k varchar(9), v int) "
               "ENGINE=InnoDB");
  for (const auto* row : {R"({"k":"a","v":1})", R"({"k":"a","v":2})"})
    commit(world.send(keyed("t", {"k"}), {row}));
  CHECK(world.rows("SELECT k, v FROM " + world.schema + ".t")
        == strings{"a|2"});
}

TEST_CASE("a row that lacks what the table demands fails the request") {
  mysql_warehouse world;
  world.rows("CREATE DATABASE " + world.schema);
  world.rows("CREATE TABLE " + world.schema
             + ".t (id bigint, v bigint NOT NULL) ENGINE=InnoDB");
  const auto refused = world.send(request_for("t"), {R"({"id":1})"});
  CHECK(code_of(refused) == ec::destination_rejected);
  CHECK_THAT(reason(refused), ContainsSubstring("(error 1364)"));
  const auto bare = world.send(request_for("bare", replace), {"{}"});
  CHECK_THAT(reason(bare), ContainsSubstring("the rows have no columns"));
  CHECK(world.tables() == strings{"t"});
}

TEST_CASE(
    "a wide table is made, and a row that InnoDB cannot keep is reported") {
  mysql_warehouse world;
  const auto row = [](const std::string& text) {
    std::string out = "{";
    for (int i = 0; i < 1'000; ++i)
      out += (i == 0 ? "" : ",") + std::string{"\"c"} + std::to_string(i)
             + "\":\"" + (i < 300 || i > 900 ? text : "") + '"';
    return out + '}';
  };
  commit(world.send(request_for("t"), {row("x")}));
  CHECK(world.rows("SELECT count(*) FROM information_schema.COLUMNS WHERE "
                   "TABLE_SCHEMA = '"
                   + world.schema + "' AND TABLE_NAME = 't'")
        == strings{"900"});
  CHECK(world.rows("SELECT _unmapped_data LIKE '{\"c899\":%' FROM "
                   + world.schema + ".t")
        == strings{"1"});
  const auto refused =
      world.send(request_for("t"), {row(std::string(40, 'x'))});
  CHECK(code_of(refused) == ec::destination_rejected);
  CHECK_THAT(reason(refused), ContainsSubstring("select fewer columns"));
}

TEST_CASE("rows go to the database of the namespace") {
  mysql_warehouse world;
  auto request = request_for("t");
  request.target_namespace = test::fresh_name("other");
  CHECK_THAT(world.to->locate(request),
             Catch::Matchers::StartsWith("mysql://")
                 && Catch::Matchers::EndsWith(request.target_namespace + ".t"));
  commit(world.send(request, {R"({"id":1})"}));
  CHECK(world.rows("SELECT id FROM " + request.target_namespace + ".t")
        == strings{"1"});
  world.rows("DROP DATABASE " + request.target_namespace);
}
