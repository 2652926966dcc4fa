// Which member of a row has the column of a key, and what a merge sets.

#include "runtime/destination/tables/table_builder.hpp"
#include "schema/base/ascii.hpp"
#include "support/table_rows.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

namespace {

target_column target_of_type(std::string name, column_type type) {
  return {std::move(name), test_dialect().shape_of(type)};
}

} // namespace

TEST_CASE("the member that a key is named after has its column") {
  struct row {
    std::vector<key_path> key;
    const char* line;
    /// Of the first column of the key.
    const char* value;
    const char* unmapped;
  };

  table_rules folding;
  folding.dialect = test_dialect();
  folding.dialect.fold_name = ascii_lower;
  const key_path nested{std::vector<std::string>{"a", "b"}};
  const row rows[] = {
      {{"a_b"}, R"({"a_b":1,"a":{"b":7}})", "1", R"({"a_b":7})"},
      {{"a_b"}, R"({"a":{"b":7},"a_b":1})", "1", R"({"a_b":7})"},
      {{nested}, R"({"a":{"b":1},"a_b":7})", "1", R"({"a_b":7})"},
      {{nested}, R"({"a_b":7,"a":{"b":1}})", "1", R"({"a_b":7})"},
      {{nested}, R"({"a.b":9,"a":{"b":7}})", "7", R"({"a.b":9})"},
      {{nested}, R"({"\u0061":{"\u0062":1},"A":{"b":2}})", "1", R"({"A_b":2})"},
      {{"a.b"}, R"({"a.b":1,"a_b":9})", "1", R"({"a_b":9})"},
      {{"a.b"}, R"({"a_b":9,"a.b":1})", "1", R"({"a_b":9})"},
      {{"a.b"}, R"({"a.b":1,"a":{"b":7}})", "1", R"({"a_b":7})"},
      {{"id"}, R"({"ID":5,"id":2})", "2", R"({"ID":5})"},
      {{"id"}, R"({"id":2,"ID":5,"Id":6})", "2", R"({"ID":5,"Id":6})"},
      {{"ID"}, R"({"id":2,"ID":5})", "5", R"({"id":2})"},
  };
  for (const auto& [key, line, value, unmapped] : rows) {
    INFO(line);
    auto rules = folding;
    rules.key = key;
    const auto got = build_table({line}, rules);
    REQUIRE(got.error.empty());
    REQUIRE(got.rows.size() == 1);
    auto found = got.rows[0];
    // Of names that differ in case the first one names the column.
    auto in_column = std::string{};
    for (const auto& [name, text] : found)
      if (name != "_unmapped_data")
        in_column = text;
    CHECK(in_column == value);
    CHECK(found["_unmapped_data"] == unmapped);
  }
}

TEST_CASE("a row that lacks the key's own member is refused") {
  struct row {
    key_path key;
    const char* line;
    const char* told;
  };

  const key_path nested{std::vector<std::string>{"a", "b"}};
  for (
      const auto& [key, line, told] : std::vector<row>{
          {"a_b", R"({"a":{"b":7}})", R"("a_b" would be that column, but)"},
          {nested, R"({"a_b":7})",
           R"(its member "a_b" would be that column, but the key names "a.b")"},
          {nested, R"({"a":{"b":null},"a_b":7})", R"(its member "a_b")"},
          {nested, R"({"x":{"a":{"b":1}}})", "lacks a value of its key (a_b);"},
          {"id!", R"({"id?":1})",
           R"(its member "id?" would be that column, but the key names "id!")"},
          {"id", R"({"ID":1})", R"(its member "ID" would be that column)"},
      }) {
    INFO(key.to_text() << " of " << line);
    table_rules rules;
    rules.dialect = test_dialect();
    rules.dialect.fold_name = ascii_lower;
    rules.key = {key};
    const auto got = build_table({line}, rules);
    CHECK(got.rows.empty());
    CHECK_THAT(got.error,
               ContainsSubstring("row 1 of the request lacks a value")
                   && ContainsSubstring(told)
                   && ContainsSubstring("DEDUPLICATE=false"));
  }
}

TEST_CASE("members of a key that would be one column are refused") {
  table_rules rules;
  rules.dialect = test_dialect();
  rules.dialect.fold_name = ascii_lower;
  for (const auto& key :
       {std::vector<key_path>{"A", "a"},
        {"a.b", "a_b"},
        {"x", "y", "X"},
        {key_path{std::vector<std::string>{"a", "b"}}, "a_b"}}) {
    auto with_key = rules;
    with_key.key = key;
    const auto got = build_table({R"({"A":1,"a":2})"}, with_key);
    CHECK(got.rows.empty());
    CHECK_THAT(got.error, ContainsSubstring(key.front().to_text())
                              && ContainsSubstring(key.back().to_text())
                              && ContainsSubstring("DEDUPLICATE=false"));
  }
}

TEST_CASE("null in a row that is merged is null in its table") {
  table_rules rules;
  rules.dialect = test_dialect();
  rules.key = {"id"};
  rules.target = {target_of_type("id", column_type::integer),
                  target_of_type("c", column_type::string),
                  target_of_type("other", column_type::string),
                  target_of_type("_unmapped_data", column_type::json)};
  // The rows have these columns, so that a merge sets them.
  const auto got = build_table({R"({"id":1,"c":null,"new":null})"}, rules);
  CHECK(got.types.contains("c"));
  CHECK(got.types.contains("_unmapped_data"));
  CHECK_FALSE(got.types.contains("other"));
  CHECK_FALSE(got.types.contains("new"));
  // Rows that are appended have null anyhow.
  rules.key.clear();
  CHECK(build_table({R"({"id":1,"c":null})"}, rules).types.size() == 1);
}
