#include "schema/base/utf8.hpp"

#include <catch2/catch_all.hpp>

#include <tuple>

using namespace motorcade;

TEST_CASE("the first character of well-formed UTF-8 is decoded", "[utf8]") {
  const auto [text, value, size] =
      GENERATE(table<std::string, char32_t, size_t>({
          {"ab", U'a', 1},
          {std::string{"\0", 1}, U'\0', 1},
          {"\x7f", 0x7f, 1},
          {"\xc2\x80", 0x80, 2},
          {"é!", U'é', 2},
          {"\xe0\xa0\x80", 0x800, 3},
          {"\xed\x9f\xbf", 0xd7ff, 3},
          {"€", U'€', 3},
          {"\xf0\x90\x80\x80", 0x10000, 4},
          {"\xf4\x8f\xbf\xbf", 0x10ffff, 4},
      }));
  const auto first = first_code_point(text);
  CHECK(first.value == value);
  CHECK(first.size == size);
  std::string written;
  append_code_point(written, value);
  CHECK(written == text.substr(0, size));
}

TEST_CASE("bytes that are no UTF-8 are taken one by one", "[utf8]") {
  const std::string text = GENERATE(as<std::string>{},
                                    "\x80",         // continues nothing
                                    "\xc0\xaf",     // more bytes than needed
                                    "\xc1\xbf",     //
                                    "\xe0\x9f\xbf", //
                                    "\xf0\x8f\xbf\xbf", //
                                    "\xed\xa0\x80",     // a surrogate
                                    "\xf4\x90\x80\x80", // beyond Unicode
                                    "\xf5\x80\x80\x80", //
                                    "\xff",             //
                                    "\xe2\x82",         // cut off
                                    "\xe2!!");
  CAPTURE(text.size());
  CHECK_FALSE(is_utf8(text));
  CHECK(first_code_point(text).size == 0);
  std::string_view rest{text};
  CHECK(take_code_point(rest) == U'\uFFFD');
  CHECK(rest == text.substr(1));
}

TEST_CASE("an empty text has no first character", "[utf8]") {
  CHECK(first_code_point("").size == 0);
  CHECK(is_utf8(""));
}

TEST_CASE("a text is cut between two characters", "[utf8]") {
  const auto [most, kept] = GENERATE(table<size_t, std::string>({
      {0, ""},
      {1, "a"},
      {2, "a"},
      {3, "a"},
      {4, "a€"},
      {5, "a€"},
      {6, "a€é"},
      {7, "a€éb"},
      {9, "a€éb"},
  }));
  CHECK(cut_bytes("a€éb", most) == kept);
}

TEST_CASE("a place within a character belongs to its start", "[utf8]") {
  const std::string_view text = "a€b";
  CHECK(character_start(text, 0) == 0);
  CHECK(character_start(text, 1) == 1);
  CHECK(character_start(text, 2) == 1);
  CHECK(character_start(text, 3) == 1);
  CHECK(character_start(text, 4) == 4);
  CHECK(character_start(text, 5) == 5);
  CHECK(character_start("\x80\x80", 1) == 0);
  CHECK(count_characters(text) == 3);
}
