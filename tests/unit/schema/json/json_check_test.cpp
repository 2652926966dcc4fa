#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"

#include <catch2/catch_all.hpp>

#include <limits>

using namespace motorcade;
using namespace std::string_literals;

namespace {

std::string nested(size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

struct bad {
  std::string text;
  line_fault reason;
  size_t offset;
};

} // namespace

TEST_CASE("JSON is valid exactly as RFC 8259 has it") {
  auto text =
      GENERATE(as<std::string>{}, "{}", "[]", " { } ",
               "{\"a\":[1,2,{\"b\":null}]}", "123456789012345678901234567890",
               "-0", "0.5e-10", "1e400", "1E+400", R"("\ud83d")",
               R"("\ud83d\ude00")", R"("\u0000")", R"("\"\\\/\b\f\n\r\t")",
               "\"\x7f\"", "\"\xC3\xA9\xE2\x88\x92\xF0\x9F\x98\x80\"", "true",
               "\r\n1\t", nested(1000), "{\"a\":1,\"a\":2}");
  INFO(text);
  CHECK_FALSE(check_json(text));
}

TEST_CASE("a file that is not JSON is named with the place of the fault") {
  auto row = GENERATE_COPY(values<bad>({
      {"", line_fault::malformed_json, 0},
      {"{", line_fault::malformed_json, 1},
      {"{\"a\"}", line_fault::malformed_json, 4},
      {"{\"a\":}", line_fault::malformed_json, 5},
      {"{\"a\":1,}", line_fault::malformed_json, 7},
      {"[1,]", line_fault::malformed_json, 3},
      {"[1 2]", line_fault::malformed_json, 3},
      {"[1}", line_fault::malformed_json, 2},
      {"{\"a\":1]", line_fault::malformed_json, 6},
      {"{'a':1}", line_fault::malformed_json, 1},
      {"NaN", line_fault::malformed_json, 0},
      {"[Infinity]", line_fault::malformed_json, 1},
      {"01", line_fault::malformed_json, 1},
      {"[-]", line_fault::malformed_json, 1},
      {"[1.]", line_fault::malformed_json, 1},
      {"[.5]", line_fault::malformed_json, 1},
      {"[1e]", line_fault::malformed_json, 1},
      {"[+1]", line_fault::malformed_json, 1},
      {"[truex]", line_fault::malformed_json, 5},
      {"\"a\" b", line_fault::malformed_json, 4},
      {"\"\\x\"", line_fault::malformed_json, 1},
      {"\"\\u12G4\"", line_fault::malformed_json, 1},
      {"\"\\u12", line_fault::malformed_json, 1},
      {"\"abc", line_fault::malformed_json, 4},
      {"\"a\tb\"", line_fault::control_character, 2},
      {"\"a\0b\""s, line_fault::nul_byte, 2},
      {"[1,\0]"s, line_fault::nul_byte, 3},
      {"\"\xFF\"", line_fault::invalid_utf8, 1},
      {"\"\xC0\x80\"", line_fault::invalid_utf8, 1},
      {"\"\xED\xA0\x80\"", line_fault::invalid_utf8, 1},
      {"\"\xF4\x90\x80\x80\"", line_fault::invalid_utf8, 1},
      {"\"\xE2\x88\"", line_fault::invalid_utf8, 1},
      {"[\xE9]", line_fault::invalid_utf8, 1},
      {nested(1001), line_fault::nesting_too_deep, 1000},
      {nested(100'000), line_fault::nesting_too_deep, 1000},
  }));
  INFO(row.text.substr(0, 60));
  auto fault = check_json(row.text);
  REQUIRE(fault);
  CHECK(fault->reason == row.reason);
  CHECK(fault->offset == row.offset);
  CHECK_FALSE(fault->what.empty());
}

TEST_CASE(
    "a text that ends too early is reported by the part in which it ends") {
  const std::string in_string = "the text ends inside a string";
  const std::string in_value = "the text ends in the middle of a value";
  auto [text, what] = GENERATE_COPY(table<std::string, std::string>({
      {"\"abc", in_string},
      {"{\"a\":\"b", in_string},
      {"{\"a", in_string},
      {"[\"\\\"", in_string},
      {"", in_value},
      {"[1,", in_value},
      {"{\"a\":", in_value},
      {"{\"a\"", in_value},
  }));
  INFO(text);
  auto fault = check_json(text);
  REQUIRE(fault);
  CHECK(fault->reason == line_fault::malformed_json);
  CHECK(fault->offset == text.size());
  CHECK(fault->what == what);
}

TEST_CASE("a view finds members, the last of equal names") {
  json_view view{R"( {"a":1, "b" : {"c":[1,"x]",{}]} ,"a":2,"\u0064":"e"} )"};
  REQUIRE(view.is_object());
  CHECK(view.find("a")->raw() == "2");
  CHECK(view.find("b")->raw() == R"({"c":[1,"x]",{}]})");
  CHECK(view.find("d")->text() == "e");
  CHECK_FALSE(view.find("e"));
  CHECK_FALSE(json_view{"[1]"}.find("a"));
  std::vector<std::string> elements;
  view.find("b")->find("c")->for_each_element(
      [&](json_view x) { elements.emplace_back(x.raw()); });
  CHECK(elements == std::vector<std::string>{"1", "\"x]\"", "{}"});
  CHECK(json_view{"[]"}.is_array());
  CHECK(json_view{"1e400"}.number() == std::numeric_limits<double>::infinity());
  CHECK_FALSE(json_view{"\"1\""}.number());
}

TEST_CASE("strings are decoded, lone surrogates replaced") {
  CHECK(decode_json_string(R"(a\n\"\\\/\u00e9\ud83d\ude00)")
        == "a\n\"\\/\u00e9\U0001F600");
  CHECK(decode_json_string(R"(\ud83dx\ude00)") == "\uFFFDx\uFFFD");
  CHECK(decode_json_string(R"(\ud83d\ud83d\ude00)") == "\uFFFD\U0001F600");
}

TEST_CASE("text for people and databases is clean") {
  CHECK(to_clean_text("plain") == "plain");
  CHECK(to_clean_text("a\xFF"
                      "b")
        == "a\uFFFDb");
  CHECK(to_clean_text("a\0b"s) == "a\uFFFDb");
  CHECK(to_clean_text("tab\tnl\n\u00e9\"\\") == "tab\tnl\n\u00e9\"\\");
  CHECK(encode_json_string("a\"\xFF") == "\"a\\\"\uFFFD\"");
}
