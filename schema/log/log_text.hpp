#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace motorcade {

/// The longest line of log that is kept whole, in bytes.
inline constexpr size_t longest_log_text = 32u << 10;

/// Makes foreign text fit for the log: UTF-8 in which escape sequences
/// (ECMA-48: CSI, OSC and the like, of 7 and of 8 bits) are left out and
/// control characters, those of C1 included, are replaced by U+FFFD; tabs and
/// line ends stay, and a lone carriage return becomes a line end.
std::string clean_log_text(std::string_view text);

/// @returns whether `clean_log_text` would return the text as it is.
bool is_clean_log_text(std::string_view text);

/// @returns the text up to `longest_log_text`, cut between two characters, and
/// how many bytes were cut: `… (cut: 12 bytes more)`.
/// @param already_cut Bytes of the same text that were cut before.
std::string cut_log_text(std::string_view text, size_t already_cut = 0);

} // namespace motorcade
