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

/// Lines of log, packed: many short ones must not cost more than one long.
class log_batch {
public:
  struct entry {
    log_level level;
    std::string_view text;
  };

  /// Adds a line. Escape sequences and control characters are taken out, and
  /// what is too long is cut (`clean_log_text`, `cut_log_text`): whatever is
  /// shown or stored of a line has come through here.
  /// @param read_at When the line was read: a time of `next_time`, not before
  /// that of the line before.
  void add(log_level level, std::string_view text,
           wall_time read_at = next_time());

  size_t size() const noexcept { return entries_.size(); }

  bool empty() const noexcept { return entries_.empty(); }

  entry operator[](size_t i) const;

  /// @returns when a line was read. Lines of one time have been read at once.
  wall_time time_of(size_t i) const noexcept {
    return time_ + std::chrono::microseconds{entries_[i].since};
  }

  /// @returns when the first line was read; the batch is not empty.
  wall_time time() const noexcept { return time_; }

  /// The memory it takes, about.
  size_t bytes() const noexcept {
    return text_.size() + entries_.size() * sizeof(packed);
  }

  /// Valid messages of a connector among lines of its stderr, by kind.
  std::array<uint64_t, message_kind_count> messages = {};
  /// Which program the lines come from: `source`, `sidecar`.
  std::string_view logger = "source";
  window_lease lease;
  /// How many of the first lines continue one of an earlier batch.
  size_t continued = 0;
  /// The level of a line that would continue the last one; nothing: only such
  /// lines came.
  std::optional<log_level> head;

private:
  friend class log_joint;

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

/// Gives lines that continue one of an earlier batch of the same pipe the level
/// of that one. Batches are parsed by several threads, so this is done where
/// they are in order again.
class log_joint {
public:
  void join(log_batch& next);

private:
  std::optional<log_level> head_;
};

} // namespace motorcade
