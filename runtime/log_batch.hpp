#pragma once

#include "runtime/byte_window.hpp"
#include "schema/log_level.hpp"

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
  void add(log_level level, std::string_view text);

  size_t size() const noexcept { return entries_.size(); }

  bool empty() const noexcept { return entries_.empty(); }

  entry operator[](size_t i) const;

  /// The memory it takes, about.
  size_t bytes() const noexcept {
    return text_.size() + entries_.size() * sizeof(packed);
  }

  std::chrono::sys_time<std::chrono::microseconds> time = {};
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
    log_level level;
  };

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
