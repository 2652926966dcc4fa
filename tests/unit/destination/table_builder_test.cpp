#include "runtime/destination/tables/table_builder.hpp"

#include "support/table_rows.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

using rows = std::vector<table_rows::row>;

table_rules with_fields(std::vector<schema_field> fields) {
  table_rules out;
  out.fields = std::move(fields);
  return out;
}

target_column existing(std::string name, column_type type) {
  return {std::move(name), test_dialect().shape_of(type)};
}

} // namespace

TEST_CASE("columns without a schema get the types of their values") {
  const auto one = build_table(
      {R"({"i":9007199254740993,"neg":-5,"f":1.5,"whole":1.0,"exp":1e3,)"
       R"("b":true,"s":"ünï \ud83d\ude00","n":null,)"
       R"("o":{"a":1,"b":{"c":"d","e":[1,{"z": 2}]}},)"
       R"("arr":[1, "a", null, {"x" : 1}],"eo":{},"ea":[],)"
       R"("ts":"2024-01-02T03:04:05Z","ts2":"2024-01-02T03:04:05.123456+02:00",)"
       R"("ts3":"2024-01-02 03:04:05","d":"2024-01-02","tm":"03:04:05",)"
       R"("bad":"2024-13-45T00:00:00Z","empty":""})"});
  const std::map<std::string, std::string> types = {
      {"i", "int"},       {"neg", "int"},   {"f", "float"},
      {"whole", "float"}, {"exp", "float"}, {"b", "bool"},
      {"s", "text"},      {"o_a", "int"},   {"o_b_c", "text"},
      {"o_b_e", "text"},  {"arr", "text"},  {"ea", "text"},
      {"ts", "time"},     {"ts2", "time"},  {"ts3", "text"},
      {"d", "text"},      {"tm", "text"},   {"bad", "text"},
      {"empty", "text"}};
  CHECK(one.types == types);
  const table_rows::row row = {{"i", "9007199254740993"},
                               {"neg", "-5"},
                               {"f", "1.5"},
                               {"whole", "1.0"},
                               {"exp", "1e3"},
                               {"b", "true"},
                               {"s", "ünï 😀"},
                               {"o_a", "1"},
                               {"o_b_c", "d"},
                               {"o_b_e", R"([1,{"z":2}])"},
                               {"arr", R"([1,"a",null,{"x":1}])"},
                               {"ea", "[]"},
                               {"ts", "2024-01-02T03:04:05Z"},
                               {"ts2", "2024-01-02T03:04:05.123456+02:00"},
                               {"ts3", "2024-01-02 03:04:05"},
                               {"d", "2024-01-02"},
                               {"tm", "03:04:05"},
                               {"bad", "2024-13-45T00:00:00Z"},
                               {"empty", ""}};
  CHECK(one.rows == rows{row});
}

TEST_CASE("a new column takes the common ancestor of its values' types") {
  struct conflict {
    std::string first;
    std::string second;
    std::string type;
  };

  const std::vector<conflict> table = {
      {"1", "\"text\"", "text"},
      {"\"text\"", "1", "text"},
      {"1", "1.5", "float"},
      {"1.5", "1", "float"},
      {"\"2024-01-02T03:04:05Z\"", "\"x\"", "text"},
      {"\"2024-01-02T03:04:05Z\"", "5", "text"},
      {"[1]", "1", "text"},
      {"true", "\"x\"", "text"},
      {"true", "2", "int"},
      {"true", "2.5", "float"},
      {"null", "1", "int"},
      {"9223372036854775808", "1", "text"},
  };
  for (const auto& [first, second, type] : table) {
    INFO(first << " then " << second);
    auto got = build_table({"{\"a\":" + first + "}", "{\"a\":" + second + "}"});
    CHECK(got.types == std::map<std::string, std::string>{{"a", type}});
    CHECK(got.unmapped == 0);
    CHECK(got.error.empty());
    CHECK(got.rows.size() == 2);
  }
}

TEST_CASE("an object and a scalar of one name get two columns") {
  for (const auto& lines :
       {std::vector<std::string>{R"({"a":1})", R"({"a":{"b":2}})"},
        std::vector<std::string>{R"({"a":{"b":2}})", R"({"a":1})"}}) {
    auto got = build_table(lines);
    CHECK(got.types
          == std::map<std::string, std::string>{{"a", "int"}, {"a_b", "int"}});
  }
}

TEST_CASE(
    "of equal column names the last has the column, and no value is lost") {
  struct meeting {
    std::string row;
    std::string column;
    std::string value;
    std::string unmapped;
  };

  const std::string many(70, 'n');
  const std::vector<meeting> table = {
      {R"({"o":{"a":1},"o_a":"x"})", "o_a", "x", R"({"o_a":1})"},
      {R"({"o_a":"x","o":{"a":1}})", "o_a", "1", R"({"o_a":"x"})"},
      {R"({"a.b":1,"a_b":2})", "a_b", "2", R"({"a.b":1})"},
      {R"({"a.b":1,"a/b":2,"a_b":3})", "a_b", "3", R"({"a.b":1,"a/b":2})"},
      {R"({"a.b":{"c":[1, 2]},"a_b_c":3})", "a_b_c", "3", R"({"a.b_c":[1,2]})"},
      {"{\"" + many + "x\":1,\"" + many + "y\":2}", many.substr(0, 63), "2",
       "{\"" + many + "x\":1}"},
      // The same key twice is one key, as JSON has it.
      {R"({"a":1,"a":2})", "a", "2", ""},
  };
  for (const auto& one : table) {
    INFO(one.row);
    auto rules = with_fields({});
    rules.dialect = test_dialect();
    rules.dialect.max_name_bytes = 63;
    const auto got = build_table({one.row}, rules);
    REQUIRE(got.rows.size() == 1);
    auto row = got.rows.front();
    CHECK(row[one.column] == one.value);
    if (one.unmapped.empty())
      CHECK(row.count("_unmapped_data") == 0);
    else
      CHECK(row["_unmapped_data"] == one.unmapped);
  }
  // A later row is another row.
  const auto got = build_table({R"({"a.b":1})", R"({"a_b":2})"});
  CHECK(got.unmapped == 0);
  CHECK(got.rows == rows{{{"a_b", "1"}}, {{"a_b", "2"}}});
}

TEST_CASE("empty keys get a name") {
  const auto got = build_table({R"({"":2,"x":{"":3}})"});
  CHECK(got.rows == rows{{{"_unnamed", "2"}, {"x__unnamed", "3"}}});
}

TEST_CASE("column names follow the rules") {
  struct rule {
    std::string path;
    std::string name;
    bool same_case = false;
  };

  const std::string x70(70, 'x');
  const std::string x62(62, 'x');
  const std::vector<rule> table = {
      {"plain", "plain"},
      {"a.b", "a_b"},
      {"a..!b", "a_b"},
      {"a b$c-d", "a b$c-d"},
      {"\"; drop table t; --", "_ drop table t_ --"},
      {"Größe", "Größe"},
      {"名前", "名前"},
      {"price €", "price _"},
      {"smile 😀!", "smile _"},
      {std::string{"nul\0x", 5}, "nul_x"},
      {x70, x70.substr(0, 63)},
      // Never cut within a character.
      {x62 + "é", x62},
      {"MiX", "mix", true},
  };
  for (const auto& [path, name, same_case] : table)
    CHECK(make_column_name(path, 63, same_case) == name);
  for (const auto* none : {"", "_", ".", "!!"}) {
    CHECK_THAT(make_column_name(none, 63, false),
               Catch::Matchers::StartsWith("column_"));
    CHECK_THAT(make_table_name(none, 63, false),
               Catch::Matchers::StartsWith("table_"));
  }
  CHECK(make_column_name("!", 63, false) != make_column_name("?", 63, false));
}

TEST_CASE("a schema makes its columns, and beats what is inferred") {
  auto got =
      build_table({R"({"id":1,"a":1,"s":"x","b":true,"extra":5,"o":{"x":1}})",
                   R"({"id":2,"a":"text","s":7,"b":"true"})",
                   R"({"id":3,"a":1.5,"s":{"x": 1},"b":1,"d":"2024-01-02"})"},
                  with_fields({{"id", field_type::int64},
                               {"a", field_type::int64},
                               {"s", field_type::string},
                               {"b", field_type::boolean},
                               {"o", field_type::json},
                               {"d", field_type::timestamp},
                               {"never", field_type::float64}}));
  CHECK(got.types
        == std::map<std::string, std::string>{{"id", "int"},
                                              {"a", "int"},
                                              {"s", "text"},
                                              {"b", "bool"},
                                              {"o", "json"},
                                              {"d", "time"},
                                              {"never", "float"},
                                              {"extra", "int"},
                                              {"_unmapped_data", "json"}});
  CHECK(got.rows
        == rows{{{"id", "1"},
                 {"a", "1"},
                 {"s", "x"},
                 {"b", "true"},
                 {"extra", "5"},
                 {"o", R"({"x":1})"}},
                {{"id", "2"},
                 {"s", "7"},
                 {"b", "true"},
                 {"_unmapped_data", R"({"a":"text"})"}},
                {{"id", "3"},
                 {"s", R"({"x":1})"},
                 {"b", "true"},
                 {"d", "2024-01-02T00:00:00Z"},
                 {"_unmapped_data", R"({"a":1.5})"}}});
  CHECK(got.unmapped == 2);
}

TEST_CASE("columns of the target keep their types") {
  table_rules rules;
  rules.target = {existing("id", column_type::integer),
                  existing("a", column_type::integer),
                  existing("c", column_type::integer),
                  existing("d", column_type::integer),
                  existing("e", column_type::string),
                  existing("rest", column_type::string)};
  auto got =
      build_table({R"({"id":2,"a":"text"})", R"({"id":3,"a":7,"c":true})",
                   R"({"id":5,"d":{"x":1},"e":5})"},
                  std::move(rules));
  CHECK(got.rows
        == rows{{{"id", "2"}, {"_unmapped_data", R"({"a":"text"})"}},
                {{"id", "3"}, {"a", "7"}, {"c", "1"}},
                {{"id", "5"}, {"d_x", "1"}, {"e", "5"}}});
  // What no row has is left alone.
  CHECK(got.types.count("rest") == 0);
}

TEST_CASE("numbers beyond the limits become text") {
  auto got =
      build_table({R"({"a":9223372036854775807,"b":-9223372036854775808,)"
                   R"("c":18446744073709551615,"d":1e400,"e":1e21,"f":-0.0,)"
                   R"("g":1e-400,"h":123456789012345678901234567890})"});
  CHECK(got.types
        == std::map<std::string, std::string>{{"a", "int"},
                                              {"b", "int"},
                                              {"c", "text"},
                                              {"d", "text"},
                                              {"e", "float"},
                                              {"f", "float"},
                                              {"g", "float"},
                                              {"h", "text"}});
  CHECK(got.rows[0]["d"] == "1e400");
  CHECK(got.rows[0]["g"] == "0");
  auto whole = build_table({R"({"a":1.0})", R"({"a":1e3})", R"({"a":1.5})",
                            R"({"a":9223372036854775808})"},
                           with_fields({{"a", field_type::int64}}));
  CHECK(whole.rows
        == rows{{{"a", "1"}},
                {{"a", "1000"}},
                {{"_unmapped_data", R"({"a":1.5})"}},
                {{"_unmapped_data", R"({"a":"9223372036854775808"})"}}});
  auto number = build_table({R"({"a":9223372036854775808})", R"({"a":1e400})"},
                            with_fields({{"a", field_type::float64}}));
  CHECK(number.rows
        == rows{{{"a", "9223372036854775808"}},
                {{"_unmapped_data", R"({"a":"1e400"})"}}});
}

TEST_CASE("text arrives as it is, but for NUL and lone surrogates") {
  auto got =
      build_table({R"({"a":"line\nb\\s\t\r","b":"\\N","c":"\u2028 \u0001",)"
                   R"("e":"a,b;\"q\"","n":"nul \u0000 in it",)"
                   R"("s":"\ud800 lone"})"});
  CHECK(got.rows
        == rows{{{"a", "line\nb\\s\t\r"},
                 {"b", "\\N"},
                 {"c", "\u2028 \x01"},
                 {"e", "a,b;\"q\""},
                 {"n", "nul  in it"},
                 {"s", "\uFFFD lone"}}});
}

TEST_CASE("JSON is written as jsonb takes it") {
  auto got =
      build_table({R"({"j":{ "a" : "x\u0000y\ud800" , "b":[1e5, 1e99999],)"
                   R"( "c":"\ud83d\ude00 \\u0000" }})"},
                  with_fields({{"j", field_type::json}}));
  CHECK(got.rows
        == rows{{{"j", R"({"a":"xy\ufffd","b":[1e5,"1e99999"],)"
                       R"("c":"\ud83d\ude00 \\u0000"})"}}});
}

TEST_CASE("numbers that no decimal holds are strings in JSON") {
  const auto tiny = "0." + std::string(7'000, '0') + "1";
  const auto small = "0." + std::string(400, '0') + "1";
  const auto got = build_table(
      {"{\"j\":[" + tiny + "," + small + "]}", "{\"n\":" + tiny + "}",
       "{\"n\":" + small + "}", R"({"n":1e-99999})", R"({"j":1e-99999})"},
      with_fields({{"j", field_type::json}, {"n", field_type::timestamp}}));
  CHECK(got.rows
        == rows{{{"j", "[\"" + tiny + "\"," + small + "]"}},
                {{"_unmapped_data", "{\"n\":\"" + tiny + "\"}"}},
                {{"_unmapped_data", "{\"n\":" + small + "}"}},
                {{"_unmapped_data", R"({"n":"1e-99999"})"}},
                {{"j", R"("1e-99999")"}}});
}

TEST_CASE("a row without a value of its key is refused") {
  table_rules rules;
  rules.key = {"Id"};
  rules.to_same_case = true;
  CHECK(build_table({R"({"Id":1})"}, rules).error.empty());
  for (const auto* bad : {R"({"Id":null})", R"({"v":2})", R"({})"})
    CHECK_THAT(build_table({R"({"Id":1})", bad}, rules).error,
               Catch::Matchers::ContainsSubstring(
                   "row 2 of the request lacks a value of its key "
                   "(id)"));
}

TEST_CASE("a row may ask for the SQL type of a new column") {
  table_rules rules;
  rules.dialect = test_dialect();
  rules.dialect.shape_of_sql = [](std::string_view sql) {
    column_shape shape;
    shape.sql = sql;
    return sql == "uuid" ? std::optional{shape} : std::nullopt;
  };
  auto got = build_table({R"({"u":"x","__sql_type_u":["uuid","uuid not null"],)"
                          R"("v":1,"__sql_type_v":"text; drop table t"})"},
                         std::move(rules));
  CHECK(got.types
        == std::map<std::string, std::string>{{"u", "uuid"}, {"v", "int"}});
}

TEST_CASE("rows without columns count") {
  CHECK(build_table({R"({})", R"({"id":1})"}).rows == rows{{}, {{"id", "1"}}});
  auto known = build_table({R"({})", R"({"id":1})"},
                           with_fields({{"id", field_type::int64}}));
  CHECK(known.rows == rows{{}, {{"id", "1"}}});
}
