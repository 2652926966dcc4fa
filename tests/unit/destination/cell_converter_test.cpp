#include "runtime/destination/tables/cell_converter.hpp"

#include "runtime/destination/tables/copy_text.hpp"
#include "runtime/destination/tables/time_text.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

/// A JSON scalar, object or array as the builder sees it.
cell cell_of(std::string_view json) {
  if (json[0] == '"') {
    const auto text = json.substr(1, json.size() - 2);
    const auto escaped = text.find('\\') != std::string_view::npos;
    return {looks_like_timestamp(text) ? column_type::timestamp
                                       : column_type::string,
            escaped ? cell_form::escaped : cell_form::plain, text};
  }
  if (json[0] == '{' || json[0] == '[')
    return {column_type::json, cell_form::json, json};
  if (json == "true" || json == "false")
    return {column_type::boolean, cell_form::plain, json};
  return number_cell(json);
}

/// @returns what COPY gets, or `-` if the value does not convert.
std::string convert(std::string_view json, const column_shape& to) {
  cell_converter converter;
  const auto got = converter.convert(cell_of(json), to);
  if (!got)
    return "-";
  CHECK(got->type == to.type);
  copy_text wire;
  wire_buffer out;
  wire.begin_row(out);
  wire.put(out, *got);
  return std::string{out.view()};
}

column_shape shape(column_type type) {
  column_shape out;
  out.type = type;
  return out;
}

} // namespace

TEST_CASE("every conversion between a value and a column has its result") {
  // In the order of column_type.
  struct row {
    std::string_view value;
    std::array<std::string_view, column_type_count> as;
  };

  const std::vector<row> table = {
      // value, boolean, integer, floating, string, timestamp, json
      {"true", {"true", "1", "1", "true", "-", "true"}},
      {"false", {"false", "0", "0", "false", "-", "false"}},
      {"0", {"false", "0", "0", "0", "-", "0"}},
      {"1", {"true", "1", "1", "1", "-", "1"}},
      {"7", {"-", "7", "7", "7", "-", "7"}},
      {"1.5", {"-", "-", "1.5", "1.5", "-", "1.5"}},
      {"-2.00", {"-", "-2", "-2.00", "-2.00", "-", "-2.00"}},
      {"1e3", {"-", "1000", "1e3", "1e3", "-", "1e3"}},
      {"1e-3", {"-", "-", "1e-3", "1e-3", "-", "1e-3"}},
      {"9223372036854775808",
       {"-", "-", "9223372036854775808", "9223372036854775808", "-",
        "9223372036854775808"}},
      {"1e400", {"-", "-", "-", "1e400", "-", "1e400"}},
      {R"("")", {"-", "-", "-", "", "-", "-"}},
      {R"("text")", {"-", "-", "-", "text", "-", "-"}},
      {R"("TRUE")", {"true", "-", "-", "TRUE", "-", "-"}},
      {R"("12")", {"-", "12", "12", "12", "-", "12"}},
      {R"("\u0031")", {"true", "1", "1", "1", "-", "1"}},
      {R"(" 1")", {"-", "-", "-", " 1", "-", "1"}},
      {R"("1.5")", {"-", "-", "1.5", "1.5", "-", "1.5"}},
      {R"("{\"a\": 1}")", {"-", "-", "-", R"({"a": 1})", "-", R"({"a":1})"}},
      {R"("a\tb\\c\n")", {"-", "-", "-", R"(a\tb\\c\n)", "-", "-"}},
      {R"("2024-01-02T03:04:05Z")",
       {"-", "-", "-", "2024-01-02T03:04:05Z", "2024-01-02T03:04:05Z", "-"}},
      {R"("2024-01-02")",
       {"-", "-", "-", "2024-01-02", "2024-01-02T00:00:00Z", "-"}},
      {R"([1, "a\n"])", {"-", "-", "-", R"([1,"a\\n"])", "-", R"([1,"a\\n"])"}},
  };
  for (const auto& [value, as] : table)
    for (size_t i = 0; i < as.size(); ++i) {
      const auto type = static_cast<column_type>(i);
      INFO(value << " as " << to_string(type));
      CHECK(convert(value, shape(type)) == as[i]);
    }
}

TEST_CASE("a whole number becomes an integer digit for digit, or none") {
  const std::vector<std::pair<std::string_view, std::string_view>> table = {
      {"1234567890123456789e0", "1234567890123456789"},
      {"1.234567890123456789E18", "1234567890123456789"},
      {"1.234567890123456788e+18", "1234567890123456788"},
      {"12345678901234567890e-1", "1234567890123456789"},
      {"9223372036854775807e0", "9223372036854775807"},
      {"-9223372036854775808.0", "-9223372036854775808"},
      {"-922337203685477580.8e1", "-9223372036854775808"},
      {"9223372036854775807.0", "9223372036854775807"},
      {"1.50e1", "15"},
      {"0e5", "0"},
      {"-0.0", "0"},
      {"0.0e99999999999999999999", "0"},
      {"9223372036854775808e0", "-"},
      {"-9223372036854775809.0", "-"},
      {"9007199254740992.5e0", "-"},
      {"1234567890123456789.00000000000000001", "-"},
      {"1.5", "-"},
      {"15e-1", "-"},
      {"1e19", "-"},
      {"1e20", "-"},
      {"1e300", "-"},
      {"1e-300", "-"},
      {"1e-99999999999999999999", "-"},
      {"1e99999999999999999999", "-"},
  };
  for (const auto& [value, integer] : table) {
    INFO(value);
    CHECK(convert(value, shape(column_type::integer)) == integer);
  }
}

TEST_CASE("numbers of many digits are written as warehouses take them") {
  auto decimal = shape(column_type::floating);
  decimal.float_bits = 0;
  const auto behind_zeros = [](size_t zeros, const char* rest) {
    return "0." + std::string(zeros, '0') + rest;
  };
  const auto real = shape(column_type::floating);
  // Nearer to zero than any double.
  for (const auto& number :
       {behind_zeros(400, "1"), '-' + behind_zeros(400, "1"),
        behind_zeros(400, "1e5"), behind_zeros(20'000, "1"),
        '"' + behind_zeros(400, "1") + '"', std::string{"1e-400"}})
    CHECK(convert(number, real) == "0");
  for (const auto& number :
       {behind_zeros(290, "1"), behind_zeros(310, "1"), behind_zeros(299, "5"),
        "1." + std::string(400, '3'), std::string(305, '9') + ".5"})
    CHECK(convert(number, real) == number);
  // Postgres's numeric has 16,383 digits behind the point.
  for (const auto& number : {behind_zeros(400, "1"), behind_zeros(15'000, "1"),
                             behind_zeros(400, "1e-9000")})
    CHECK(convert(number, decimal) == number);
  for (const auto& number :
       {behind_zeros(20'000, "1"), behind_zeros(9'000, "1e-9000"),
        std::string(20'000, '1')})
    CHECK(convert(number, decimal) == "-");
}

TEST_CASE("narrow columns take only values that fit") {
  auto small = shape(column_type::integer);
  small.integer_bits = 16;
  CHECK(convert("32767", small) == "32767");
  CHECK(convert("-32768", small) == "-32768");
  CHECK(convert("32768", small) == "-");
  CHECK(convert("40000.0", small) == "-");
  auto real = shape(column_type::floating);
  real.float_bits = 32;
  CHECK(convert("1.5", real) == "1.5");
  CHECK(convert("1e39", real) == "-");
  CHECK(convert("1e-60", real) == "0");
  auto decimal = shape(column_type::floating);
  decimal.float_bits = 0;
  CHECK(convert("1e400", decimal) == "1e400");
  CHECK(convert("1e99999", decimal) == "-");
  CHECK(convert("123456789012345678901234567890", decimal)
        == "123456789012345678901234567890");
  decimal.whole_digits = 3;
  decimal.fraction_digits = 2;
  CHECK(convert("999.99", decimal) == "999.99");
  CHECK(convert("999.996", decimal) == "-");
  // 0.00 and three digits.
  decimal.whole_digits = -2;
  decimal.fraction_digits = 5;
  CHECK(convert("0.00999", decimal) == "0.00999");
  CHECK(convert("-0.01", decimal) == "-");
  CHECK(convert("0.5", decimal) == "-");
  // Five digits and two zeros.
  decimal.whole_digits = 7;
  decimal.fraction_digits = -2;
  CHECK(convert("9999949", decimal) == "9999949");
  CHECK(convert("9999950", decimal) == "-");
  auto text = shape(column_type::string);
  text.max_characters = 5;
  CHECK(convert(R"("größe")", text) == "größe");
  CHECK(convert(R"("größer")", text) == "-");
  CHECK(convert(R"("\u0067röße")", text) == "größe");
  CHECK(convert("123456", text) == "-");
  text.read_only = true;
  CHECK(convert("1", text) == "-");
}

TEST_CASE("a date and a time without a zone hold UTC") {
  auto column = shape(column_type::timestamp);
  constexpr auto late = R"("2024-01-02T23:30:00.5-01:00")";
  CHECK(convert(late, column) == "2024-01-02T23:30:00.5-01:00");
  column.time = time_form::unzoned;
  CHECK(convert(late, column) == "2024-01-03T00:30:00.500000");
  column.time = time_form::date;
  CHECK(convert(late, column) == "2024-01-03");
}

TEST_CASE("a column of times takes times in several forms") {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"2024-01-02T03:04:05.123456789Z", "2024-01-02T03:04:05.123456Z"},
      {"2024-01-02T03:04:05+0200", "2024-01-02T03:04:05+0200"},
      {"2024-01-02T03:04:05+23:00", "2024-01-01T04:04:05Z"},
      {"2024-01-02 03:04:05Z", "2024-01-02T03:04:05Z"},
      {"2024-01-02T03:04Z", "2024-01-02T03:04:00Z"},
      {"2024-01-02T03:04:05", "2024-01-02T03:04:05Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
      {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"},
      {"2023-02-29T00:00:00Z", "-"},
      {"2024-13-01T00:00:00Z", "-"},
      {"2024-02-29T23:59:60Z", "-"},
      {"2024-02-29T24:00:00Z", "-"},
      {"0000-01-01T00:00:00Z", "-"},
      {"10000-01-01T00:00:00Z", "-"},
      {"0001-01-01 00:00:00+23:00", "-"},
      {"2024-01-02T03:04:05.Z", "-"},
      {"2024-01-02T03:04:05+2", "-"},
      {"2024-01-02T03:04:05 UTC", "-"},
      {"now", "-"},
      {"infinity", "-"},
  };
  for (const auto& [text, want] : table) {
    INFO(text);
    CHECK(convert('"' + text + '"', shape(column_type::timestamp)) == want);
  }
}

TEST_CASE("only texts in one form are taken for timestamps") {
  for (const auto* text :
       {"2024-01-02T03:04:05", "2024-01-02T03:04:05Z", "1999-12-31T23:59:59Z",
        "2024-01-02T03:04:05+0200", "2024-01-02T03:04:05.123456789+02:00"})
    CHECK(looks_like_timestamp(text));
  for (const auto* text :
       {"", "2024-01-02", "2024-01-02 03:04:05", "2024-01-02T03:04Z",
        "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2024-01-02T03:04:05z",
        "2024-01-02T03:04:05+02", "2024-02-30T03:04:05Z",
        "2024-01-02T03:04:05.1234567890123456Z"})
    CHECK_FALSE(looks_like_timestamp(text));
}
