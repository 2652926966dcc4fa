#include "schema/base/ascii.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <string_view>

using namespace motorcade;

TEST_CASE("only letters and digits of ASCII are recognised") {
  const std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const std::string_view digits = "0123456789";
  for (int byte = 0; byte < 256; ++byte) {
    const auto c = static_cast<char>(byte);
    INFO(byte);
    const auto letter = letters.find(c) != std::string_view::npos;
    const auto digit = digits.find(c) != std::string_view::npos;
    CHECK(is_ascii_letter(c) == letter);
    CHECK(is_ascii_digit(c) == digit);
    CHECK(is_ascii_alphanumeric(c) == (letter || digit));
  }
}

TEST_CASE("the printable part of a text is found, 8 bytes at a time") {
  CHECK(printable_ascii_length("") == 0);
  CHECK(printable_ascii_length("1234567") == 0);
  CHECK(printable_ascii_length("12345678") == 8);
  CHECK(printable_ascii_length("12345678 ~") == 8);
  for (int byte = 0; byte < 256; ++byte)
    for (size_t at = 0; at < 24; ++at)
      // Of its neighbours, none carries into or borrows from the next.
      for (const char neighbour : {' ', '~', 'a'}) {
        std::string text(24, neighbour);
        text[at] = static_cast<char>(byte);
        INFO(byte << " at " << at << " among " << neighbour);
        const auto printable = byte >= 0x20 && byte < 0x7f;
        CHECK(printable_ascii_length(text) == (printable ? 24 : at / 8 * 8));
      }
}
