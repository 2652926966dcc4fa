#pragma once

#include <optional>
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

/// @returns two lower-case digits for each byte.
std::string to_hex(std::string_view bytes);

/// The inverse of `to_hex`, for digits of either case.
/// @returns nothing if the text holds anything else, or half a byte.
std::optional<std::string> from_hex(std::string_view text);

/// Appends `%XX`, with upper-case digits.
void append_percent(std::string& out, char byte);

/// Replaces each `%XX` by its byte. A `%` without two hexadecimal digits stays:
/// for texts of others that may not be encoded at all. `percent_decode` refuses
/// those.
std::string decode_percents(std::string_view text);

} // namespace motorcade
