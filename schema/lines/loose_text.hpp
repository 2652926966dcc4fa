#pragma once

#include <cstddef>
#include <string_view>

namespace motorcade {

/// Stands for a character that is not one of ASCII.
inline constexpr char other_character = '\x7f';

/// A character of text as a person reads it, and how many bytes it has.
struct loose_character {
  /// ASCII; quotes of all styles are `"`, blanks of all styles are ` `, other
  /// characters are `other_character`. NUL: it has no meaning.
  char value = '\0';
  size_t length = 1;
  /// It is written as an escape of some notation, or behind a backslash.
  bool escaped = false;
};

/// Reads the character at `at`, which may be written in JSON's, C's, HTML's or
/// URLs' notation (`\u0022`, `\x22`, `&quot;`, `%22`, twice over as well), as a
/// typographic quote, or with NUL bytes around it (UTF-16). A backslash by
/// itself has no meaning.
/// @param at Within the text.
loose_character read_loose_character(std::string_view text, size_t at);

} // namespace motorcade
