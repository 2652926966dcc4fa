#pragma once

#include "schema/base/trim.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns the words of a text, which blanks and line ends separate.
inline std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> out;
  for (text = trim(text); !text.empty(); text = trim_left(text)) {
    const auto end = text.find_first_of(json_blanks);
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  }
  return out;
}

/// @returns the texts between separators, of which any may be empty; views into
/// the text.
/// @param separators Each of these characters is one.
inline std::vector<std::string_view> split(std::string_view text,
                                           std::string_view separators) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto end = text.find_first_of(separators);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos)
      return out;
    text.remove_prefix(end + 1);
  }
}

/// @returns texts as a list for a person or for SQL: `a, b, c`.
inline std::string join(const std::vector<std::string>& all) {
  std::string out;
  for (const auto& one : all)
    out += (out.empty() ? "" : ", ") + one;
  return out;
}

} // namespace motorcade
