#pragma once

#include <string_view>

namespace motorcade {

/// The blanks of JSON, and of files that people write.
inline constexpr std::string_view json_blanks = " \t\r\n";

/// @returns whether a character is one of `json_blanks`.
constexpr bool is_json_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// The blanks around a value of an HTTP header (OWS of RFC 9110).
inline constexpr std::string_view header_blanks = " \t";

/// @returns `text` without those characters at its beginning.
inline std::string_view trim_left(std::string_view text,
                                  std::string_view characters = json_blanks) {
  const auto begin = text.find_first_not_of(characters);
  return text.substr(begin == std::string_view::npos ? text.size() : begin);
}

/// @returns `text` without those characters at its end.
inline std::string_view trim_right(std::string_view text,
                                   std::string_view characters = json_blanks) {
  return text.substr(0, text.find_last_not_of(characters) + 1);
}

/// @returns `text` without those characters at both of its ends.
inline std::string_view trim(std::string_view text,
                             std::string_view characters = json_blanks) {
  return trim_left(trim_right(text, characters), characters);
}

/// @returns whether `text` is empty or holds nothing but blanks.
inline bool is_blank(std::string_view text) {
  return text.find_first_not_of(json_blanks) == std::string_view::npos;
}

} // namespace motorcade
