#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace motorcade {

/// @returns some printable text of a line from around a fault, for a message.
/// Secrets are taken out before it is cut: registered ones, values under keys
/// that name secrets, and of a line with a connector's config everything.
/// @param at Where the fault is.
std::string make_line_excerpt(std::string_view line, size_t at);

/// @returns a line of text for the log: what may be a connector's config in it
/// is left out.
/// @param mixed The line holds messages, too, or broken ones: secrets under
/// their keys are masked as in excerpts.
std::string hide_secrets_of_text(std::string_view text, bool mixed);

} // namespace motorcade
