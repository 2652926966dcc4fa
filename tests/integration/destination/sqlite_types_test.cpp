// What SQLite makes of values by the declared types of columns.
#include "support/warehouse_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::support;
using Catch::Matchers::ContainsSubstring;

using strings = std::vector<std::string>;

TEST_CASE("a text that SQLite would make a number of does not fit its column") {
  const sqlite_warehouse world;
  for (const auto* text : {"007",        "7",
                           " 7",         "7 ",
                           "+7",         "-0",
                           "1e5",        "1E+5",
                           "1.50",       ".5",
                           "5.",         "-.5e-2",
                           "\\t7\\n",    "12345678901234567890",
                           "",           " ",
                           "0x7",        "1e",
                           "1e+",        "e5",
                           ".",          "+",
                           "7 7",        "7a",
                           "- 7",        "--7",
                           "1.2.3",      "inf",
                           "nan",        "7_0",
                           "2024-01-02", "true"}) {
    CAPTURE(text);
    // SQLite itself says what it makes of the text.
    world.run("DROP TABLE IF EXISTS t; CREATE TABLE t (v STRING, w TEXT)");
    commit(world.send(request_for("t"), {R"({"v":")" + std::string{text}
                                         + R"(","w":")" + text + "\"}"}));
    world.run("CREATE TABLE IF NOT EXISTS n (v NUMERIC); DELETE FROM n; "
              "INSERT INTO n SELECT w FROM t");
    const auto is_text = world.rows("SELECT typeof(v) FROM n").at(0) == "text";
    CHECK(world.rows("SELECT v IS w FROM t").at(0) == (is_text ? "1" : "0"));
    CHECK(world
              .rows("SELECT count(*) FROM pragma_table_info('t') WHERE name = "
                    "'_unmapped_data'")
              .at(0)
          == (is_text ? "0" : "1"));
  }
}

TEST_CASE("types that SQLite takes for numbers keep texts and numbers apart") {
  struct row {
    std::string type;
    std::string fits;
    std::string unmapped;
  };

  const sqlite_warehouse world;
  for (const auto& one : std::vector<row>{
           {"STRING", "-|7|1.5|true|x", R"({"a":"007"})"},
           {"UUID", "-|7|1.5|true|x", R"({"a":"007"})"},
           {"DATE", "-|7|1.5|true|x", R"({"a":"007"})"},
           {"JSON", "-|7|1.5|true|x", R"({"a":"007"})"},
           {"ANY", "-|7|1.5|true|x", R"({"a":"007"})"},
           {"TEXT", "007|7|1.5|true|x", "-"},
           {"VARCHAR(9)", "007|7|1.5|true|x", "-"},
           {"BLOB", "007|7|1.5|true|x", "-"},
           {"", "007|7|1.5|true|x", "-"},
       }) {
    CAPTURE(one.type);
    world.run("DROP TABLE IF EXISTS t; CREATE TABLE t (a " + one.type + ", b "
              + one.type + ", c " + one.type + ", d " + one.type + ", e "
              + one.type + ", _unmapped_data TEXT)");
    commit(world.send(request_for("t"),
                      {R"({"a":"007","b":7,"c":1.5,"d":true,"e":"x"})"}));
    CHECK(world.rows("SELECT a, b, c, d, e FROM t") == strings{one.fits});
    CHECK(world.rows("SELECT _unmapped_data FROM t") == strings{one.unmapped});
  }
}

TEST_CASE("a column of a STRICT table keeps texts of digits") {
  const sqlite_warehouse world;
  world.run("CREATE TABLE t (id ANY PRIMARY KEY, v TEXT) STRICT");
  commit(world.send(keyed("t", {"id"}),
                    {R"({"id":"007","v":"a"})", R"({"id":"7","v":"b"})"}));
  CHECK(world.rows("SELECT id, v FROM t ORDER BY v")
        == strings{"007|a", "7|b"});
}

TEST_CASE("keys that SQLite would make one are refused by name") {
  const sqlite_warehouse world;
  world.run("CREATE TABLE t (id STRING PRIMARY KEY, v INTEGER)");
  for (const auto* id :
       {"\"007\"", "\"7\"", "12345678901234567890", "0.12345678901234567891"}) {
    CAPTURE(id);
    const auto refused = world.send(
        keyed("t", {"id"}), {R"({"id":)" + std::string{id} + R"(,"v":1})"});
    CHECK(code_of(refused) == ec::destination_rejected);
    CHECK_THAT(reason(refused),
               ContainsSubstring("a value of its key (id) that the column does "
                                 "not take as it is: STRING"));
  }
  commit(world.send(keyed("t", {"id"}),
                    {R"({"id":7,"v":1})", R"({"id":"0x7","v":2})",
                     R"({"id":0.1,"v":3})", R"({"id":7,"v":4})"}));
  CHECK(world.rows("SELECT id, v FROM t ORDER BY v")
        == strings{"0x7|2", "0.1|3", "7|4"});
}

TEST_CASE("a column whose type a row asks for keeps texts") {
  struct row {
    std::string asked;
    std::string got;
  };

  const sqlite_warehouse world;
  for (const auto& one : std::vector<row>{{"string", "TEXT"},
                                          {"uuid", "TEXT"},
                                          {"Date", "TEXT"},
                                          {"json", "TEXT"},
                                          {"varchar", "varchar"},
                                          {"blob", "BLOB"}}) {
    CAPTURE(one.asked);
    world.run("DROP TABLE IF EXISTS t");
    commit(world.send(request_for("t"),
                      {R"({"v":"007","__sql_type_v":")" + one.asked + "\"}"}));
    CHECK(world.rows("SELECT v, typeof(v) FROM t") == strings{"007|text"});
    CHECK(world.columns("t") == strings{"v|" + one.got});
  }
}

TEST_CASE("whole numbers of 64 bits keep their digits in decimal columns") {
  const sqlite_warehouse world;
  for (const auto* type : {"NUMERIC", "DECIMAL(20,0)"}) {
    CAPTURE(type);
    world.run("DROP TABLE IF EXISTS t; CREATE TABLE t (v " + std::string{type}
              + ")");
    commit(world.send(request_for("t"),
                      {R"({"v":1234567890123456789})",
                       R"({"v":-999999999999999999})",
                       R"({"v":"9223372036854775807"})",
                       R"({"v":-9223372036854775808})", R"({"v":0.5})"}));
    CHECK(world.rows("SELECT v, typeof(v) FROM t ORDER BY rowid")
          == strings{"1234567890123456789|integer",
                     "-999999999999999999|integer",
                     "9223372036854775807|integer",
                     "-9223372036854775808|integer", "0.5|real"});
  }
}
