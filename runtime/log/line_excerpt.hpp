#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace motorcade {

/// @returns an excerpt: printable text of a line from around a fault, for a
/// message. Secrets are masked before it is cut. Of a line with a connector's
/// config nothing is shown.
/// @param at The place of the fault.
std::string make_line_excerpt(std::string_view line, size_t at);

/// @returns the text with registered secrets masked, and values under keys that
/// name secrets: for lines that could not be read whole.
std::string mask_by_value_and_key(std::string_view text);

} // namespace motorcade
