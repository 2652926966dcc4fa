#pragma once

#include <string_view>

namespace motorcade {

/// @returns `text` without those characters at both of its ends.
inline std::string_view trim(std::string_view text,
                             std::string_view characters) {
  const auto begin = text.find_first_not_of(characters);
  if (begin == std::string_view::npos)
    return text.substr(0, 0);
  return text.substr(begin, text.find_last_not_of(characters) - begin + 1);
}

/// The blanks of JSON, and of files that people write.
inline constexpr std::string_view json_blanks = " \t\r\n";

/// The blanks around a value of an HTTP header (OWS of RFC 9110).
inline constexpr std::string_view header_blanks = " \t";

} // namespace motorcade
