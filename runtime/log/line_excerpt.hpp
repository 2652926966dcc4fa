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
/// config in it.
/// @param mixed The line holds messages, too, or broken ones: secrets under
/// their keys are masked as in excerpts.
std::string hide_secrets_of_text(std::string_view text, bool mixed);

/// How much of a line its line of log is made of: what the log keeps, and so
/// much behind it that a secret across the cut is known.
inline constexpr size_t longest_head = longest_log_text + (8u << 10);

/// @returns the first `longest_head` bytes of a line of text, fit for the log.
/// Secrets of a line that is going to be cut are masked, since half a secret
/// would not be known.
std::string clean_head_of(std::string_view line);

/// Knows which lines of text may be the rest of a connector's config that began
/// in a broken line right before them.
class withheld_lines {
public:
  /// Notes that a config began; it may go on in this line.
  void begin(uint64_t line) { next_ = since_ = line; }

  /// @returns whether the line must not be shown. The next one may follow.
  bool take(uint64_t line) {
    // A config has no end that a line could be known by.
    constexpr uint64_t most = 500;
    if (line != next_ || line - since_ >= most)
      return false;
    ++next_;
    return true;
  }

private:
  static constexpr uint64_t none = UINT64_MAX;

  uint64_t next_ = none;
  uint64_t since_ = none;
};

} // namespace motorcade
