#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace motorcade {

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

} // namespace motorcade
