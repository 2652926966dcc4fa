#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace motorcade {

/// @returns whether a character is 0 to 9, whatever the locale.
constexpr bool is_ascii_digit(char c) {
  return c >= '0' && c <= '9';
}

/// @returns whether a character is A to Z or a to z.
constexpr bool is_ascii_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// @returns whether a character is a letter or a digit of ASCII.
constexpr bool is_ascii_alphanumeric(char c) {
  return is_ascii_letter(c) || is_ascii_digit(c);
}

/// @returns whether a character is one of a word: a letter or a digit of ASCII,
/// or `_`.
constexpr bool is_ascii_word(char c) {
  return is_ascii_alphanumeric(c) || c == '_';
}

/// @returns `c`, with A to Z made lower case. Letters outside of ASCII stay,
/// whatever the locale.
constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// @returns `text` with A to Z made lower case.
inline std::string ascii_lower(std::string_view text) {
  std::string out{text};
  for (auto& c : out)
    c = ascii_lower(c);
  return out;
}

/// @returns whether both texts are the same apart from the case of A to Z.
inline bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return ascii_lower(x) == ascii_lower(y);
  });
}

/// @returns the length of a part at the start of `text` that has nothing but
/// printable ASCII, blanks included: a multiple of 8, found 8 bytes at a time.
inline size_t printable_ascii_length(std::string_view text) {
  constexpr uint64_t each = 0x0101010101010101;
  size_t at = 0;
  for (; at + sizeof(uint64_t) <= text.size(); at += sizeof(uint64_t)) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + at, sizeof(bytes));
    // Above 0x7f, below a blank, or 0x7f. Only a byte that is none of ours
    // carries into the next one.
    if (((bytes | (bytes - each * 0x20) | (bytes + each)) & each * 0x80) != 0)
      break;
  }
  return at;
}

} // namespace motorcade
