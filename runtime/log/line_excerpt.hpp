#pragma once

#include "schema/log/log_text.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace motorcade {

/// @returns an excerpt: printable text of a line from around a fault, for a
/// message. Secrets are masked before it is cut: registered ones, and values
/// under keys that name secrets. Of a line with a connector's config nothing is
/// shown.
/// @param at The place of the fault.
std::string make_line_excerpt(std::string_view line, size_t at);

/// @returns a line of text for the log, without what may be a connector's
/// config in it. Of one that a whole JSON object cites only the values are
/// masked (`mask_cited_config`).
/// @param config Where one may begin, as `find_connector_config` has it.
/// @param mixed The line holds messages, too, or broken ones: secrets under
/// their keys are masked as in excerpts.
std::string hide_secrets_of_text(std::string_view text, size_t config,
                                 bool mixed);

/// How much of a line its line of log is made of: what the log keeps, and so
/// much behind it that a secret across the cut is known.
inline constexpr size_t longest_head = longest_log_text + (8u << 10);

/// @returns the first `longest_head` bytes of a line of text, fit for the log.
/// Secrets of a line that is going to be cut are masked, since half a secret
/// would not be known.
std::string clean_head_of(std::string_view line);

} // namespace motorcade
