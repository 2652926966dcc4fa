// Values of a key must differ in the table as they do in the rows.
#include "runtime/destination/tables/exact_value.hpp"
#include "runtime/destination/tables/table_builder.hpp"
#include "support/table_rows.hpp"

#include <catch2/catch_all.hpp>

#include <functional>
#include <string>
#include <vector>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

namespace {

column_shape column(column_type type, const std::string& sql,
                    const std::function<void(column_shape&)>& set = nullptr) {
  column_shape out;
  out.type = type;
  out.sql = sql;
  if (set)
    set(out);
  return out;
}

/// @returns why the rows were refused; empty: they were not.
std::string refusal(const column_shape& key, const std::string& value,
                    bool keeps_values = false) {
  table_rules rules;
  rules.dialect = test_dialect();
  rules.dialect.keeps_values = keeps_values;
  rules.key = {"k"};
  rules.target = {{"k", key}};
  copy_text wire;
  table_builder builder{std::move(rules), wire};
  table_rows sink;
  const auto ok = builder.add("{\"k\":" + value + "}\n", sink);
  return ok ? std::string{} : ok.error().what;
}

} // namespace

TEST_CASE("a value that a key's column would round or change is refused") {
  struct row {
    const char* name;
    column_shape key;
    std::vector<std::string> taken;
    std::vector<std::string> refused;
  };

  const auto real = column_type::floating;
  const auto time = column_type::timestamp;
  for (const auto& [name, key, taken, refused] : std::vector<row>{
           {"double precision",
            column(real, "double"),
            {"1", "-1.5", "9007199254740992", "0.1", "0.30000000000000004",
             "1e300", "1.50e1", "0", "-0", "\"0.5\"", "\"9007199254740992\""},
            {"9007199254740993", "9223372036854775807", "0.1000000000000000055",
             "12345678901234567.5", "1e-400", "\"9007199254740993\""}},
           {"real",
            column(real, "real", [](auto& to) { to.float_bits = 32; }),
            {"1", "0.1", "16777216", "1.5e10"},
            {"16777217", "0.123456789", "1e-46"}},
           {"numeric(10,0)",
            column(real, "numeric(10,0)",
                   [](auto& to) {
                     to.float_bits = 0;
                     to.whole_digits = 10;
                   }),
            {"1", "12.00", "1.2e1", "9999999999"},
            {"0.4", "1.5", "12e-1"}},
           {"numeric(6,2)",
            column(real, "numeric(6,2)",
                   [](auto& to) {
                     to.float_bits = 0;
                     to.whole_digits = 4;
                     to.fraction_digits = 2;
                   }),
            {"0.04", "19.990", "1e-2"},
            {"0.004", "19.999", "1e-3"}},
           {"numeric",
            column(real, "numeric", [](auto& to) { to.float_bits = 0; }),
            {"9007199254740993", "0.1000000000000000055", "1e-400"},
            {}},
           {"a time",
            column(time, "timestamptz"),
            {R"("2024-01-02T03:04:05Z")", R"("2024-01-02T03:04:05.123456Z")",
             R"("2024-01-02T03:04:05.123456000+02:00")"},
            {R"("2024-01-02T03:04:05.1234567Z")",
             R"("2024-01-02T03:04:05.000000001Z")"}},
           {"a time of milliseconds",
            column(time, "timestamp(3)",
                   [](auto& to) { to.second_digits = 3; }),
            {R"("2024-01-02T03:04:05.123Z")", R"("2024-01-02T03:04:05.1230Z")"},
            {R"("2024-01-02T03:04:05.1234Z")"}},
           {"a date",
            column(time, "date", [](auto& to) { to.time = time_form::date; }),
            {R"("2024-01-02")", R"("2024-01-02T00:00:00Z")"},
            {R"("2024-01-02T03:04:05Z")", R"("2024-01-02T00:00:00+02:00")"}},
           {"text",
            column(column_type::string, "text"),
            {R"("a")", R"("\u00e9\ud83d\ude00\\u0000")", R"("\ufffd")", "1"},
            {R"("a\u0000")", R"("\ud800")", R"("\ud800\ud800")",
             R"("\udc00")"}},
           {"an integer",
            column(column_type::integer, "bigint"),
            {"9223372036854775807", "1.0", "\"7\""},
            {"1.5", "9223372036854775808"}}}) {
    INFO(name);
    for (const auto& value : taken) {
      INFO(value);
      CHECK(refusal(key, value).empty());
    }
    for (const auto& value : refused) {
      INFO(value);
      CHECK_THAT(refusal(key, value),
                 ContainsSubstring("has a value of its key (k) that the column "
                                   "does not take as it is: "
                                   + key.sql));
    }
  }
}

TEST_CASE("a warehouse that keeps values rounds numbers of its keys alone") {
  const auto real = column(column_type::floating, "REAL");
  CHECK(refusal(real, "9007199254740992", true).empty());
  CHECK_FALSE(refusal(real, "9007199254740993", true).empty());
  const auto time = column(column_type::timestamp, "TEXT");
  CHECK(refusal(time, R"("2024-01-02T03:04:05.1234567Z")", true).empty());
  CHECK_FALSE(refusal(column(column_type::string, "TEXT"), R"("\ud800")", true)
                  .empty());
}

TEST_CASE("a column that is no key takes what is rounded") {
  table_rules rules;
  rules.dialect = test_dialect();
  rules.target = {{"v", column(column_type::floating, "double")}};
  copy_text wire;
  table_builder builder{std::move(rules), wire};
  table_rows sink;
  REQUIRE(builder.add("{\"v\":9007199254740993}\n", sink));
  CHECK(sink.rows.at(0).at("v") == "9007199254740993");
}

TEST_CASE("the column of an undeclared key tells all its values apart") {
  struct row {
    const char* name;
    std::vector<std::string> values;
    const char* type;
    /// As they are in the table of the request, each in its column's part.
    std::vector<std::string> kept;
  };

  using strings = std::vector<std::string>;
  const strings integers = {"1", "9007199254740993", "9007199254740992"};
  for (const auto& [name, values, type, kept] : std::vector<row>{
           {"integers", integers, "int", integers},
           {"integers that no double holds, then a fraction",
            {"9007199254740993", "9007199254740992", "1.5"},
            "text",
            {"9007199254740993", "9007199254740992", "1.5"}},
           {"a fraction, then an integer that no double holds",
            {"1.5", "9007199254740993", "9007199254740992", "2.5"},
            "text",
            {"1.5", "9007199254740993", "9007199254740992", "2.5"}},
           {"integers that a double holds, and fractions",
            {"1", "1.5", "9007199254740992", "0.30000000000000004"},
            "float",
            {"1", "1.5", "9007199254740992", "0.30000000000000004"}},
           {"fractions that no double holds",
            {"0.1", "0.1000000000000000055"},
            "text",
            {"0.1", "0.1000000000000000055"}},
           {"integers beyond 64 bits",
            {"1", "18446744073709551616", "18446744073709551617"},
            "text",
            {"1", "18446744073709551616", "18446744073709551617"}},
           {"texts of one moment",
            {R"("2024-01-01T00:00:00Z")", R"("2024-01-01T00:00:00.000Z")"},
            "text",
            {"2024-01-01T00:00:00Z", "2024-01-01T00:00:00.000Z"}},
           {"texts of one moment, and another text",
            {R"("2024-01-01T00:00:00Z")", R"("x")",
             R"("2024-01-01T02:00:00+02:00")"},
            "text",
            {"2024-01-01T00:00:00Z", "x", "2024-01-01T02:00:00+02:00"}},
           {"booleans", {"true", "false"}, "bool", {"true", "false"}},
           {"a boolean and a number",
            {"true", "1", "2.5"},
            "text",
            {"true", "1", "2.5"}},
           {"a number and a boolean", {"1", "true"}, "text", {"1", "true"}},
       }) {
    INFO(name);
    table_rules rules;
    rules.key = {"k"};
    std::vector<std::string> lines;
    lines.reserve(values.size());
    for (const auto& value : values)
      lines.push_back("{\"k\":" + value + ",\"t\":" + value + "}");
    auto got = build_table(lines, rules);
    CHECK(got.error.empty());
    CHECK(got.types["k"] == type);
    strings found;
    for (const auto& one : got.rows)
      found.push_back(one.at("k"));
    CHECK(found == kept);
    // The widest parts take all later values.
    CHECK(got.unmapped == 0);
  }
}
