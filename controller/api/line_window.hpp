#pragma once

#include "runtime/records/task_records.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <utility>

namespace motorcade {

/// Remembers the last lines that a follower of a log was given, so that lines
/// that are stored late, among or before those, are found, and none is given
/// twice.
///
/// A sidecar and syncctl write one log, and each stores its lines some time
/// after their date. So the newest lines are read again, up to `most` of them:
/// a late line that belongs before more than `most` others is not given.
class line_window {
public:
  static constexpr size_t usual_most = 5000;

  /// @param after The place where following begins: no earlier line is given.
  explicit line_window(log_position after, size_t most = usual_most)
      : begin_{std::move(after)}, end_{begin_}, most_{most} {}

  /// @returns the place from which lines are read again.
  const log_position& begin() const { return begin_; }

  /// @returns the last line so far.
  const log_position& end() const { return end_; }

  /// @returns the number of lines that are remembered.
  size_t size() const { return known_.size(); }

  /// Notes a line.
  /// @returns false if it was given already.
  bool add(const log_row& row);

private:
  using place = std::pair<wall_time, std::string>;

  log_position begin_;
  log_position end_;
  size_t most_;
  /// Behind `begin_`.
  std::set<place> known_;
};

} // namespace motorcade
