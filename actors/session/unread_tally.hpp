#pragma once

#include "runtime/stream/slab_parser.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace motorcade {

/// What of a connector's output could not be read, over a whole task.
class unread_tally {
public:
  void add(const parsed_slab& slab);

  /// Notes what a TRACE says that cannot be read.
  void add(const line_report& report, uint64_t lines_before);

  /// Notes the messages among lines of stderr, which are not read.
  /// @returns a line for the log for each kind that comes for the first time.
  std::vector<std::string> add_stderr(const log_batch& lines);

  uint64_t found_in_text() const { return found_in_text_; }

  const std::array<uint64_t, message_kind_count>& by_kind() const {
    return unreadable_;
  }

  const std::array<uint64_t, message_kind_count>& on_stderr() const {
    return on_stderr_;
  }

  /// @returns why the task cannot be a SUCCESS; empty: nothing speaks against
  /// it.
  /// @param unattributed How many of the RECORDs are of a stream that cannot be
  /// told; the others are their streams' matter.
  std::string doubt(uint64_t unattributed) const;

  /// @returns what the first TRACE ERROR that could not be read says all the
  /// same, and where it stands; empty: nothing.
  const std::string& said() const { return said_; }

private:
  std::array<uint64_t, message_kind_count> unreadable_ = {};
  std::array<uint64_t, message_kind_count> on_stderr_ = {};
  uint64_t found_in_text_ = 0;
  std::string said_;
  /// Where the first TRACE stands that cannot be read.
  std::string trace_;
};

} // namespace motorcade
