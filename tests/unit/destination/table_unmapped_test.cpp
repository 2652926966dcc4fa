// Values that no column takes, where `_unmapped_data` is not as usual.
#include "runtime/destination/tables/table_builder.hpp"
#include "schema/base/ascii.hpp"
#include "support/table_rows.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

namespace {

target_column column_there(std::string name, column_type type,
                           bool read_only = false) {
  target_column out{std::move(name), test_dialect().shape_of(type)};
  out.shape.read_only = read_only;
  return out;
}

} // namespace

TEST_CASE("a row is refused if there can be no _unmapped_data for its values") {
  struct row {
    const char* name;
    std::vector<target_column> target;
    std::string key;
    const char* line;
    std::vector<std::string> told;
  };

  const auto id = column_there("id", column_type::integer);
  const auto full =
      std::vector<target_column>{id, column_there("b", column_type::string),
                                 column_there("c", column_type::string)};
  const auto narrow = [&](const char* sql, column_type type, size_t most = 0) {
    auto own = column_there("_unmapped_data", type);
    own.shape.sql = sql;
    own.shape.max_characters = static_cast<uint32_t>(most);
    return std::vector<target_column>{id, own};
  };
  const auto generated = std::vector<target_column>{
      id, column_there("_unmapped_data", column_type::json, true)};
  for (const auto& [name, target, key, line, told] : std::vector<row>{
           {"a full table, a value that does not fit",
            full,
            "",
            R"({"id":"x"})",
            {"row 2", R"(("id") that does not fit its column)", "3 columns",
             "drop some", "_unmapped_data (json) by hand"}},
           {"a full table, a member without a column",
            full,
            "",
            R"({"id":1,"more":"x"})",
            {R"(("more") that has no column)", "3 columns"}},
           {"a full table whose rows are merged",
            full,
            "id",
            R"({"id":1,"more":"x"})",
            {R"(("more") that has no column)", "3 columns"}},
           {"a generated column, a value that does not fit",
            generated,
            "",
            R"({"id":"x"})",
            {R"(("id") that does not fit its column)", "generated column",
             "drop or rename"}},
           {"a generated column, rows that are merged",
            generated,
            "id",
            R"({"id":1,"_unmapped_data":"mine"})",
            {R"(("_unmapped_data") that has no column)", "generated column"}},
           {"a column of numbers",
            narrow("int4", column_type::integer),
            "",
            R"({"id":"x"})",
            {"row 2", R"(("id") that does not fit its column)",
             "_unmapped_data, where it would go, does not take it: that column "
             "is int4; make it json"}},
           {"a column of numbers, rows that are merged",
            narrow("float8", column_type::floating),
            "id",
            R"({"id":1,"_unmapped_data":1})",
            {R"(("_unmapped_data") that has no column)", "column is float8"}},
           {"a column of short texts",
            narrow("varchar(9)", column_type::string, 9),
            "",
            R"({"id":"long"})",
            {R"(("id") that does not fit its column)", "is varchar(9)"}},
       }) {
    INFO(name);
    table_rules rules;
    rules.dialect = test_dialect();
    rules.dialect.max_columns = 3;
    rules.target = target;
    if (!key.empty())
      rules.key = {key};
    const auto got = build_table({R"({"id":1})", line}, rules);
    for (const auto& part : told)
      CHECK_THAT(got.error, ContainsSubstring(part));
  }
}

TEST_CASE("a full table that has _unmapped_data takes values there") {
  table_rules rules;
  rules.dialect = test_dialect();
  rules.dialect.max_columns = 2;
  rules.target = {column_there("id", column_type::integer),
                  column_there("b", column_type::string),
                  column_there("_unmapped_data", column_type::json)};
  const auto got = build_table({R"({"id":"x","more":1})"}, rules);
  CHECK(got.error.empty());
  CHECK(got.rows
        == std::vector<table_rows::row>{
            {{"_unmapped_data", R"({"more":1,"id":"x"})"}}});
}

TEST_CASE("a row's own _unmapped_data, however spelled, keeps no value out") {
  struct row {
    const char* name;
    bool folds;
    std::vector<std::string> lines;
    std::vector<table_rows::row> rows;
  };

  const auto int64 = field_type::int64;
  for (const auto& [name, folds, lines, rows] : std::vector<row>{
           {"the very name",
            false,
            {R"({"id":1,"_unmapped_data":"m"})", R"({"id":"x"})"},
            {{{"id", "1"}, {"_unmapped_data", R"({"_unmapped_data":"m"})"}},
             {{"_unmapped_data", R"({"id":"x"})"}}}},
           {"another case, names of which are one",
            true,
            {R"({"id":1,"_Unmapped_Data":"m"})",
             R"({"id":"x","_Unmapped_Data":"n"})", R"({"id":"y"})"},
            {{{"id", "1"}, {"_unmapped_data", R"({"_Unmapped_Data":"m"})"}},
             {{"_unmapped_data", R"({"_Unmapped_Data":"n","id":"x"})"}},
             {{"_unmapped_data", R"({"id":"y"})"}}}},
           {"another case, names of which are two",
            false,
            {R"({"id":"x","_Unmapped_Data":"n"})"},
            {{{"_Unmapped_Data", "n"}, {"_unmapped_data", R"({"id":"x"})"}}}},
       }) {
    INFO(name);
    for (const auto* declared : {"", "_unmapped_data", "_Unmapped_Data"}) {
      INFO("the schema names " << declared);
      table_rules rules;
      rules.dialect = test_dialect();
      if (folds)
        rules.dialect.fold_name = ascii_lower;
      rules.fields = {{"id", int64}};
      if (*declared != 0)
        rules.fields.push_back({declared, int64});
      const auto got = build_table(lines, rules);
      CHECK(got.error.empty());
      // A column of its own takes no text.
      if (folds || std::string_view{declared} != "_Unmapped_Data")
        CHECK(got.rows == rows);
    }
  }
}

TEST_CASE("_unmapped_data names each value by its path, and none twice") {
  struct row {
    const char* name;
    const char* line;
    const char* unmapped;
  };

  table_rules rules;
  rules.dialect = test_dialect();
  rules.to_same_case = true;
  rules.dialect.max_name_bytes = 8;
  rules.dialect.max_columns = 4;
  rules.fields = {{"id", field_type::int64}, {"a_b", field_type::int64}};
  for (const auto& [name, line, unmapped] : std::vector<row>{
           {"one that does not fit", R"({"id":"x"})", R"({"id":"x"})"},
           {"one whose column has another name", R"({"A.b":"x"})",
            R"({"A.b":"x"})"},
           {"one within an object", R"({"a":{"b":"x"}})", R"({"a_b":"x"})"},
           {"names with and without NUL", R"({"i\u0000d":1,"id":"x","i_d":2})",
            R"({"i_d":1,"id":"x"})"},
           {"two of one column, of which the last does not fit",
            R"({"id":1,"a_b":"x","a.b":"y"})", R"({"a_b":"x","a.b":"y"})"},
           {"two of one path, of which the last does not fit",
            R"({"id":1,"a_b":"x","a":{"b":"y"}})",
            R"({"a_b":"x","a_b_2":"y"})"},
           {"three of one path and one that has the name of the second",
            R"({"a_b_2":0,"a_b":1,"a":{"b":2,"b_2":3},"a_b":"x"})",
            R"({"a_b":1,"a_b_2":0,"a_b_3":2,"a_b_4":"x"})"},
           {"those without room, with their whole names",
            R"({"one":1,"many letters":2,"many let":3})",
            R"({"many letters":2,"many let":3})"},
       }) {
    INFO(name);
    const auto got = build_table({line}, rules);
    REQUIRE(got.rows.size() == 1);
    CHECK(got.rows[0].at("_unmapped_data") == unmapped);
  }
}

TEST_CASE("a text of one's own that is long enough takes _unmapped_data") {
  table_rules rules;
  rules.dialect = test_dialect();
  rules.target = {column_there("id", column_type::integer),
                  column_there("_unmapped_data", column_type::string)};
  rules.target[1].shape.max_characters = 10;
  const auto got = build_table({R"({"id":"x"})"}, rules);
  CHECK(got.error.empty());
  CHECK(got.rows
        == std::vector<table_rows::row>{{{"_unmapped_data", R"({"id":"x"})"}}});
}
