// Values without a column, and what rows say of them.

#include "runtime/destination/tables/table_builder.hpp"

#include "support/table_rows.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("a column of changes lists the values in _unmapped_data") {
  table_rules rules;
  rules.dialect = test_dialect();
  rules.fields = {{"_airbyte_meta", field_type::json},
                  {"n", field_type::int64}};
  rules.changes_column = "_airbyte_meta";
  const auto meta = [](const std::string& changes) {
    return R"("_airbyte_meta":{"sync_id":"s","changes":[)" + changes + "]}";
  };
  const auto value = [](const std::string& changes) {
    return R"({"sync_id":"s","changes":[)" + changes + "]}";
  };
  const std::string cast =
      R"({"field":"n","change":"NULLED","reason":"DESTINATION_TYPECAST_ERROR"})";
  const std::string own =
      R"({"field":"z","change":"TRUNCATED","reason":"SOURCE_RETRIEVAL_ERROR"})";

  SECTION("each row by itself, behind the connector's own") {
    const auto got = build_table(
        {R"({"n":1,)" + meta("") + "}", R"({"n":"x",)" + meta("") + "}",
         R"({"n":"y",)" + meta(own) + "}", R"({"n":2,)" + meta(own) + "}"},
        rules);
    REQUIRE(got.rows.size() == 4);
    CHECK(got.rows[0].at("_airbyte_meta") == value(""));
    CHECK(got.rows[1].at("_airbyte_meta") == value(cast));
    CHECK(got.rows[1].at("_unmapped_data") == R"({"n":"x"})");
    CHECK(got.rows[2].at("_airbyte_meta") == value(own + "," + cast));
    CHECK(got.rows[3].at("_airbyte_meta") == value(own));
    CHECK(got.unmapped == 2);
  }
  SECTION("a column that has no room") {
    rules.dialect.max_columns = 3;
    const auto got = build_table({R"({"n":1,"more":"m",)" + meta("") + "}",
                                  R"({"n":1,"even":1,)" + meta("") + "}"},
                                 rules);
    REQUIRE(got.rows.size() == 2);
    CHECK_THAT(
        got.rows[1].at("_airbyte_meta"),
        Catch::Matchers::ContainsSubstring(
            R"("change":"NULLED","reason":"DESTINATION_SERIALIZATION_ERROR"})"));
  }
  SECTION("a row's own members of those names") {
    const auto got =
        build_table({R"({"_airbyte_meta":"mine","_airbyte_raw_id":7,)"
                     R"("_airbyte_raw_id":"u",)"
                     + meta("") + "}"},
                    rules);
    REQUIRE(got.rows.size() == 1);
    CHECK(got.rows[0].at("_unmapped_data")
          == R"({"_airbyte_raw_id":7,"_airbyte_meta":"mine"})");
    CHECK_THAT(got.rows[0].at("_airbyte_meta"),
               Catch::Matchers::ContainsSubstring(
                   R"({"field":"_airbyte_meta","change":"NULLED","reason":")"
                   R"(DESTINATION_SERIALIZATION_ERROR"})"));
    CHECK(got.rows[0].at("_airbyte_raw_id") == "u");
  }
  SECTION("a value there that is none of ours stays as it is") {
    const auto got = build_table({R"({"n":"x","_airbyte_meta":[1]})"}, rules);
    REQUIRE(got.rows.size() == 1);
    CHECK(got.rows[0].at("_airbyte_meta") == "[1]");
  }
}

TEST_CASE("columns past the limit go to _unmapped_data") {
  table_rules rules;
  rules.dialect = test_dialect();
  rules.dialect.max_columns = 3;
  auto got = build_table({R"({"a":1,"b":2,"c":"x\u0041","d":{"e":true}})"},
                         std::move(rules));
  CHECK(got.rows
        == decltype(got.rows){
            {{"a", "1"},
             {"b", "2"},
             {"_unmapped_data", R"({"c":"x\u0041","d_e":true})"}}});
}

TEST_CASE("keys that are data do not fill memory") {
  copy_text wire;
  table_rules rules;
  rules.dialect = test_dialect();
  rules.dialect.max_columns = 10;
  table_builder builder{std::move(rules), wire};
  table_rows sink;
  for (size_t i = 0; i < row_paths::most_kept + 100; ++i)
    REQUIRE(builder.add("{\"k" + std::to_string(i) + "\":{\"x\":1}}\n", sink));
  CHECK(builder.layout().columns().size() == 10);
  CHECK(sink.rows.back().begin()->second.find("\"k20099\":{\"x\":1}")
        != std::string::npos);
}
