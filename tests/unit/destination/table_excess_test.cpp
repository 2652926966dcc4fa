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

TEST_CASE("objects of a long path are JSON as a whole") {
  struct row {
    const char* name;
    size_t depth;
    size_t length;
    /// Levels that are flattened; the name of the column has no more.
    size_t flat;
  };

  for (const auto& [name, depth, length, flat] : std::vector<row>{
           {"few levels", 3, 60, 3},
           {"some levels", 20, 60, 17},
           {"many levels of short keys", 20'000, 1, 513},
           {"many levels of long keys", 6'000, 150, 7},
           {"one long key", 2, 100'000, 1},
       }) {
    INFO(name);
    const std::string key(length, 'k');
    std::string path;
    std::string line;
    std::string value;
    for (size_t i = 0; i < depth; ++i) {
      line += "{\"" + key + "\":";
      if (i < flat)
        path += (i == 0 ? "" : "_") + key;
      else
        value += "{\"" + key + "\":";
    }
    line += '1' + std::string(depth, '}');
    value += '1' + std::string(depth - flat, '}');
    const auto got = build_table({line}, {});
    REQUIRE(got.rows.size() == 1);
    REQUIRE(got.rows[0].size() == 1);
    const auto& [column, kept] = *got.rows[0].begin();
    CHECK(column == path.substr(0, 63));
    CHECK(kept == value);
  }
}

TEST_CASE("long keys that are data do not fill memory") {
  row_paths paths{{}, test_dialect(), false};
  size_t bytes = 0;
  for (size_t i = 0; bytes < 4 * row_paths::most_kept_bytes; ++i) {
    const auto key = std::string(20'000, 'k') + std::to_string(i);
    bytes += key.size();
    // A key is found whether it is kept or not.
    CHECK(paths.find(row_paths::root, i, key).key == key);
    paths.end_row();
  }
  CHECK(paths.kept_bytes() < row_paths::most_kept_bytes + 30'000);
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
