#pragma once

#include "schema/base/ascii.hpp"
#include "schema/log/log_level.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace motorcade {

/// @returns whether a character may be one of a class's or a module's full
/// name.
constexpr bool is_name_character(char c) {
  return is_ascii_word(c) || c == '.' || c == '$';
}

/// @returns the letters of ASCII that stand at `at`.
std::string_view letters_at(std::string_view text, size_t at);

/// @returns the level that a logger's word means, in any case: those of the
/// protocol, and NOTICE, SEVERE, FINE, CRIT, WRN and their like, and `ERROR+2`
/// of Go's slog.
std::optional<log_level> level_of_word(std::string_view word);

/// @returns the level that stands at the head of a line, behind a time, names
/// and brackets.
std::optional<log_level> level_in_head(std::string_view line);

/// @returns the level of a severity of syslog, 0 to 7.
std::optional<log_level> level_of_syslog(int severity);

} // namespace motorcade
