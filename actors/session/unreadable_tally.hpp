#pragma once

#include "runtime/stream/slab_parser.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace motorcade {

/// Counts the parts of a connector's output that could not be read, over a
/// whole task.
class unreadable_tally {
public:
  /// Adds what a slab counts of messages that could not be read.
  void add(const parsed_slab& slab);

  /// Notes a TRACE that cannot be read, with its text.
  void add(const line_report& report, uint64_t lines_before);

  /// Notes the messages among lines of stderr, which are not read.
  /// @returns a line for the log for each kind that comes for the first time.
  std::vector<std::string> add_stderr(const log_batch& lines);

  /// @returns the number of messages that were read out of a line with other
  /// text.
  uint64_t found_in_text() const { return found_in_text_; }

  /// @returns the numbers of messages that could not be read, by their kind.
  const std::array<uint64_t, message_kind_count>& by_kind() const {
    return unreadable_;
  }

  /// @returns the numbers of messages that came on stderr, by their kind.
  const std::array<uint64_t, message_kind_count>& on_stderr() const {
    return on_stderr_;
  }

  /// @returns the reason for which the task cannot be a SUCCESS; empty: there
  /// is none.
  /// @param unattributed Unreadable RECORDs whose stream is not known. Those of
  /// a known stream make that stream PARTIAL instead.
  std::string doubt(uint64_t unattributed) const;

  /// @returns the text of the first TRACE ERROR that could not be read, and its
  /// place; empty: nothing.
  const std::string& first_trace_error() const { return trace_error_; }

private:
  std::array<uint64_t, message_kind_count> unreadable_ = {};
  std::array<uint64_t, message_kind_count> on_stderr_ = {};
  uint64_t found_in_text_ = 0;
  std::string trace_error_;
  /// The place of the first TRACE that cannot be read.
  std::string trace_;
};

} // namespace motorcade
