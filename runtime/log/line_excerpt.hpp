#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace motorcade {

/// @returns an excerpt: printable text of a line from around a fault, for a
/// message. Secrets are masked before it is cut. Of a line with a connector's
/// config nothing is shown.
/// @param at The place of the fault.
/// @param bytes The length of the line, of which `line` may be the beginning.
std::string make_line_excerpt(std::string_view line, size_t at, uint64_t bytes);

/// @returns the text with registered secrets masked, and values under keys that
/// name secrets: for lines that could not be read whole.
std::string mask_by_value_and_key(std::string_view text);

} // namespace motorcade
