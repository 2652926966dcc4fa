#pragma once

#include <string>
#include <string_view>

namespace motorcade {

/// @returns the value of a hexadecimal digit; -1 if it is none.
constexpr int hex_value(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

/// Replaces each `%XX` by its byte. A `%` without two hexadecimal digits stays:
/// for texts of others that may not be encoded at all. `percent_decode` refuses
/// those.
inline std::string decode_percents(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const auto low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (text[i] == '%' && high >= 0 && low >= 0) {
      out += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

} // namespace motorcade
