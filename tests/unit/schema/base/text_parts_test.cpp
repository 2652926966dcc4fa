#include "schema/base/hex.hpp"
#include "schema/base/trim.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("blanks are taken from both ends alone", "[trim]") {
  const auto [text, wanted] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {" \t\r\n", ""},
      {"a", "a"},
      {"\n a b\t\r\n", "a b"},
      {"\va", "\va"},
  }));
  CHECK(trim(text, json_blanks) == wanted);
  CHECK(trim("\r a \t", header_blanks) == "\r a");
}

TEST_CASE("blanks are taken from one end alone", "[trim]") {
  const auto [text, left, right] =
      GENERATE(table<std::string, std::string, std::string>({
          {"", "", ""},
          {" \t\r\n", "", ""},
          {" a b\n", "a b\n", " a b"},
          {"a", "a", "a"},
      }));
  CHECK(trim_left(text) == left);
  CHECK(trim_right(text) == right);
  CHECK(trim_right("a/b//", "/") == "a/b");
  CHECK(is_blank(text) == left.empty());
}

TEST_CASE("bytes become digits, and digits become bytes", "[hex]") {
  const std::string bytes{"\x00\x0f\xf0\xff"
                          "a",
                          5};
  CHECK(to_hex(bytes) == "000ff0ff61");
  CHECK(from_hex("000ff0ff61") == bytes);
  CHECK(from_hex("0aFF") == "\x0a\xff");
  CHECK(from_hex("") == "");
  for (const auto* text : {"0", "0g", "g0", "00 ", " 0"})
    CHECK_FALSE(from_hex(text));
  std::string out = "a";
  append_percent(out, '/');
  append_percent(out, '\xe9');
  CHECK(out == "a%2F%E9");
}

TEST_CASE("only whole escapes are decoded", "[hex]") {
  const auto [text, wanted] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"%41%6a%6A", "Ajj"},
      {"100%", "100%"},
      {"%4", "%4"},
      {"%4G%G4%%41", "%4G%G4%A"},
      {"a%20b", "a b"},
  }));
  CHECK(decode_percents(text) == wanted);
}

TEST_CASE("a digit has its value in either case", "[hex]") {
  CHECK(hex_value('0') == 0);
  CHECK(hex_value('9') == 9);
  CHECK(hex_value('a') == 10);
  CHECK(hex_value('F') == 15);
  CHECK(hex_value('g') == -1);
  CHECK(hex_value('/') == -1);
  CHECK(hex_value(':') == -1);
}
