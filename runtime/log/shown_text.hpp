#pragma once

#include "runtime/log/withheld_lines.hpp"
#include "schema/log/log_text.hpp"

#include <cstddef>
#include <string>
#include <string_view>

// What the log keeps of a line of text that a connector printed.
namespace motorcade {

/// The bytes of a line that are looked at for its line of log: those that the
/// log keeps, and enough behind them to know a secret that is cut.
inline constexpr size_t longest_head = longest_log_text + (8u << 10);

/// @returns the first `longest_head` bytes of a line of text, fit for the log.
/// Secrets of a line that is going to be cut are masked, since half a secret
/// would not be known.
std::string clean_head_of(std::string_view line);

/// @returns a line of text for the log, without what may be a connector's
/// config in it. If a JSON object that is whole cites the config, only the
/// config's values are masked (`mask_cited_config`).
/// @param config Where a config may begin, by `find_connector_config`.
/// @param mixed The line holds messages, too, or broken ones: secrets under
/// their keys are masked as in excerpts.
std::string hide_secrets_of_text(std::string_view text, size_t config,
                                 bool mixed);

/// @returns a line of text as the log keeps it: without what may be of a
/// connector's config, and cut. Notes a config that begins in it.
/// @param clean The line, of which `clean_head_of` has taken the head.
/// @param mixed The same as for `hide_secrets_of_text`.
/// @param more The bytes behind that head.
std::string shown_text(std::string clean, withheld_lines& withheld, bool mixed,
                       size_t more);

} // namespace motorcade
