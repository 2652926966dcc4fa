#pragma once

#include "runtime/base/byte_window.hpp"
#include "runtime/log/withheld_lines.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The lines of text at the start of a slab, up to its first message, and what
/// the slab's end tells of the next slab.
///
/// Slabs are parsed by several threads. Whether these lines are the rest of a
/// config that began in an earlier slab is known once the slabs are in order
/// again: `log_joint` looks at them then.
class leading_lines {
public:
  /// A line of text.
  struct line {
    /// The text of its `line_head`.
    std::string_view clean;
    /// A parameter of `shown_text`.
    bool mixed;
    /// The bytes behind the text.
    uint64_t more;
    /// Its place in the slab's batch; `not_kept`: it is not in there.
    size_t entry;
  };

  static constexpr size_t not_kept = UINT32_MAX;

  /// Adds the next line of text, if the lead has not ended. Behind so many
  /// lines that no rest of a config can reach further, it ends.
  void add(const line& next);

  /// Notes that what follows does not depend on earlier slabs: a message came,
  /// or the beginning of a broken one.
  void end() noexcept { ended_ = true; }

  /// @returns whether the slab has nothing but these lines.
  bool are_all() const noexcept { return !ended_; }

  /// @returns whether there are no lines.
  bool empty() const noexcept { return lines_.empty(); }

  /// @returns the number of lines.
  size_t size() const noexcept { return lines_.size(); }

  /// @returns a line, counted from 0, whose text is valid until a line is
  /// added.
  line operator[](size_t i) const;

  /// @returns the memory that they take, about.
  size_t bytes() const noexcept {
    return text_.size() + lines_.size() * sizeof(packed);
  }

  /// The state of withholding behind the slab's last line, if no line came
  /// before the slab.
  withheld_lines at_end;
  /// The share of these lines in the byte window.
  window_share share;

private:
  /// A `line` without its text.
  struct packed {
    /// Where its text ends in `text_`; it begins where that before it ends.
    size_t end;
    uint64_t more;
    uint32_t entry;
    bool mixed;
  };

  /// The lines' texts, one right behind the other.
  std::string text_;
  std::vector<packed> lines_;
  bool ended_ = false;
};

} // namespace motorcade
