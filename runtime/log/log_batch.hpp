#pragma once

#include "runtime/base/byte_window.hpp"
#include "runtime/base/clock.hpp"
#include "schema/lines/message_kind.hpp"
#include "schema/log/log_level.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Lines of log, packed, so that many short ones cost no more than one long
/// one.
class log_batch {
public:
  struct entry {
    log_level level;
    std::string_view text;
  };

  /// Adds a line. Escape sequences and control characters are taken out, and a
  /// long text is cut (`clean_log_text`, `cut_log_text`). All lines that are
  /// shown or stored pass through here.
  /// @param read_at When the line was read: a time of `next_time`, not before
  /// that of the line before.
  void add(log_level level, std::string_view text,
           wall_time read_at = next_time());

  /// Another text for a line of the batch.
  struct replacement {
    size_t line;
    std::string text;
  };

  /// Replaces the texts of some lines, which are given in their order, without
  /// repetition, and fit for the log.
  void replace(const std::vector<replacement>& lines);

  /// Sets the level of a line.
  void set_level(size_t i, log_level level) noexcept {
    entries_[i].level = static_cast<uint32_t>(level);
  }

  /// @returns the number of lines.
  size_t size() const noexcept { return entries_.size(); }

  /// @returns whether there are no lines.
  bool empty() const noexcept { return entries_.empty(); }

  /// @returns a line, counted from 0, whose text is valid until the batch
  /// changes.
  entry operator[](size_t i) const;

  /// @returns the time at which a line was read. Lines of one time were read at
  /// once.
  wall_time time_of(size_t i) const noexcept {
    return time_ + std::chrono::microseconds{entries_[i].since};
  }

  /// @returns the time at which the first line was read. Precondition: the
  /// batch is not empty.
  wall_time time() const noexcept { return time_; }

  /// @returns the memory that it takes, about.
  size_t bytes() const noexcept {
    return text_.size() + entries_.size() * sizeof(packed);
  }

  /// Messages of a connector among lines of its stderr, by kind; those that
  /// cannot be read count if a line begins with one.
  std::array<uint64_t, message_kind_count> messages = {};
  /// The program that the lines come from: `source`, `sidecar`.
  std::string_view logger = "source";
  window_share share;
  /// The number of lines at the start that continue a line of an earlier batch.
  size_t continued = 0;
  /// The level for a line that continues the last one; nothing: all lines
  /// continue an earlier batch.
  std::optional<log_level> head;

private:
  struct packed {
    uint32_t end;
    uint32_t level : 8;
    /// Microseconds after the first line, as far as they fit.
    uint32_t since : 24;
  };

  wall_time time_ = {};
  std::string text_;
  std::vector<packed> entries_;
};

using log_batch_ptr = std::shared_ptr<const log_batch>;

} // namespace motorcade
