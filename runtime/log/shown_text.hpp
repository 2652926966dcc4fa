#pragma once

#include "runtime/log/withheld_lines.hpp"
#include "schema/log/log_text.hpp"
#include "schema/secrets/secret_mask.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What the log keeps of a line of text that a connector printed.
namespace motorcade {

/// The bytes of a line that are looked at for its line of log: those that the
/// log keeps, and enough behind them to know a secret that is cut.
inline constexpr size_t longest_head =
    longest_log_text + secret_mask::longest_spelling;

/// The first part of a line of text.
struct line_head {
  /// Fit for the log. If the line is going to be cut its secrets are masked,
  /// since half a secret would not be known.
  std::string text;
  /// The bytes of the line behind that part. If there are any, the end of
  /// `text` may be half a secret: see `without_doubtful_end`.
  uint64_t more = 0;
};

/// @returns the head of a line of text, of `longest_head` bytes if the line has
/// them.
/// @param bytes The length of the line, of which `line` may be a part.
line_head head_of_line(std::string_view line, uint64_t bytes);

/// @returns a masked text, behind which there was more, without the part of its
/// end that may be half a secret.
std::string_view without_doubtful_end(std::string_view masked);

/// @returns a line of text for the log, without what may be a connector's
/// config in it. If a JSON object that is whole cites the config, only the
/// config's values are masked (`mask_cited_config`).
/// @param config Where a config may begin, by `find_connector_config`.
/// @param mixed The line holds messages, too, or broken ones: secrets under
/// their keys are masked as in excerpts.
std::string hide_secrets_of_text(std::string_view text, size_t config,
                                 bool mixed);

/// @returns a line of text as the log keeps it: without what may be of a
/// connector's config or half a secret, and cut. Notes a config that begins in
/// it.
/// @param mixed The same as for `hide_secrets_of_text`.
std::string shown_text(line_head head, withheld_lines& withheld, bool mixed);

} // namespace motorcade
