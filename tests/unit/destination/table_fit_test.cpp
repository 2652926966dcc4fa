// What columns of a warehouse with narrow types and names take.
#include "runtime/destination/tables/table_builder.hpp"
#include "schema/base/ascii.hpp"
#include "support/table_rows.hpp"

#include <catch2/catch_all.hpp>

#include <functional>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

namespace {

using rows = std::vector<table_rows::row>;

/// A warehouse whose keys are short, and whose names have no `e`.
table_dialect narrow_dialect() {
  auto out = test_dialect();
  out.make_shape = [](column_type type, size_t key_columns) {
    column_shape shape;
    shape.type = type;
    shape.sql = test_dialect().sql_types[static_cast<size_t>(type)];
    if (key_columns > 0 && type >= column_type::string) {
      shape.type = column_type::string;
      shape.max_characters = static_cast<uint32_t>(6 / key_columns);
      shape.sql = "short" + std::to_string(shape.max_characters);
    }
    return shape;
  };
  out.fold_name = ascii_lower;
  out.fit_name = [](std::string name) {
    std::replace(name.begin(), name.end(), 'e', '_');
    return name;
  };
  return out;
}

/// @returns a column of the target that takes less than its type says.
column_shape column(column_type type,
                    const std::function<void(column_shape&)>& narrow) {
  column_shape out;
  out.type = type;
  narrow(out);
  return out;
}

} // namespace

TEST_CASE("a value that a column does not take goes to _unmapped_data") {
  using shape = column_shape;

  struct row {
    const char* name;
    column_shape column;
    std::vector<std::string> fits;
    std::vector<std::string> does_not;
  };

  const std::vector<row> table = {
      {"bytes",
       column(column_type::string, [](shape& to) { to.max_bytes = 4; }),
       {R"("abcd")", R"("éé")", R"("")"},
       {R"("abcde")", R"("ééé")", "[1, 2]"}},
      {"characters of three bytes",
       column(column_type::string,
              [](shape& to) { to.last_character = 0xFFFF; }),
       {R"("é€")", "5"},
       {R"("a😀")", R"("\ud83d\ude00")"}},
      {"ASCII",
       column(column_type::string, [](shape& to) { to.last_character = 0x7F; }),
       {R"("abc")"},
       {R"("é")"}},
      {"choices",
       column(column_type::string,
              [](shape& to) {
                to.choices = {"a", "b c"};
              }),
       {R"("a")", R"("b c")"},
       {R"("c")", R"("A")", "1", R"("")"}},
      {"UUIDs",
       column(column_type::string, [](shape& to) { to.is_uuid = true; }),
       {R"("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")",
        R"("A0EEBC999C0B4EF8BB6D6BB9BD380A11")"},
       {R"("")", "5", R"("a0eebc99")",
        R"("a0eebc999-c0b-4ef8-bb6d-6bb9bd380a11")",
        R"("g0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")",
        R"("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11 ")"}},
      {"times",
       column(column_type::timestamp,
              [](shape& to) {
                to.first_time = "1970-01-01T00:00:01";
                to.last_time = "2038-01-19T03:14:07";
              }),
       {R"("1970-01-01T00:00:01Z")", R"("2038-01-19T03:14:07.999999Z")",
        R"("1970-01-01T01:00:00+00:30")"},
       {R"("1970-01-01T00:00:00Z")", R"("2038-01-19T03:14:08Z")",
        R"("1970-01-01T01:00:00+01:00")", R"("0001-01-01T00:00:00+01:00")"}},
  };
  for (const auto& [name, to, fits, does_not] : table) {
    INFO(name);
    table_rules rules;
    rules.dialect = test_dialect();
    rules.target = {{"v", to}};
    for (const auto& value : fits) {
      INFO(value);
      const auto got = build_table({"{\"v\":" + value + "}"}, rules);
      CHECK(got.rows.at(0).contains("v"));
      CHECK_FALSE(got.rows.at(0).contains("_unmapped_data"));
    }
    for (const auto& value : does_not) {
      INFO(value);
      const auto got = build_table({"{\"v\":" + value + "}"}, rules);
      CHECK_FALSE(got.rows.at(0).contains("v"));
      CHECK(got.rows.at(0).contains("_unmapped_data"));
    }
  }
}

TEST_CASE("JSON that is too deep for its column is kept as a text of JSON") {
  table_rules rules;
  rules.dialect = test_dialect();
  rules.target = {{"v", column(column_type::json,
                               [](column_shape& to) { to.max_depth = 2; })}};
  CHECK(build_table({R"({"v":[{"a":"]["}]})"}, rules).rows
        == rows{{{"v", R"([{"a":"]["}])"}}});
  CHECK(build_table({R"({"v":[[["\"["]],1]})"}, rules).rows
        == rows{{{"v", R"("[[[\"\\\"[\"]],1]")"}}});
}

TEST_CASE("text columns of a key get a type that an index takes") {
  table_rules rules;
  rules.dialect = narrow_dialect();
  rules.key = {"K", "n"};
  const auto got =
      build_table({R"({"K":"abc","n":1,"t":"any length"})"}, rules);
  CHECK(got.types
        == std::map<std::string, std::string>{
            {"K", "short3"}, {"n", "int"}, {"t", "text"}});
  CHECK(got.error.empty());
  CHECK_THAT(
      build_table({R"({"K":"abcd","n":1})"}, rules).error,
      ContainsSubstring("row 1 of the request has a value of its key "
                        "(K) that the column does not take as it is: short3"));
  CHECK_THAT(build_table({R"({"K":"abc"})"}, rules).error,
             ContainsSubstring("lacks a value of its key (K, n)"));
  // A column that turns out to be a text later.
  CHECK(
      build_table({R"({"K":1,"n":1})", R"({"K":"b","n":1})"}, rules).types["K"]
      == "short3");
}

TEST_CASE("a warehouse may change names, and take two for one") {
  table_rules rules;
  rules.dialect = narrow_dialect();
  static constexpr std::array<std::string_view, 1> taken = {"MIN_"};
  rules.dialect.taken_names = taken;
  const auto got = build_table({R"({"here":1,"mine":2,"a":3,"A":4})"}, rules);
  CHECK(got.rows
        == rows{{{"h_r_", "1"},
                 {"_min_", "2"},
                 {"a", "3"},
                 {"_unmapped_data", R"({"A":4})"}}});
}
