#pragma once

#include "runtime/records/task_records.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <utility>

namespace motorcade {

/// What somebody who follows a task's log was given last, so that lines that
/// are stored late, among or before those, are found and none is given twice.
///
/// Several write one log, a sidecar and syncctl, and each stores its lines some
/// time after it dated them. So the newest lines are read again. Those that a
/// late line may stand before are bounded: of a line that belongs before more
/// than `most` others nobody who follows hears.
class line_window {
public:
  static constexpr size_t usual_most = 5000;

  /// @param after Where the following begins: nothing before it is wanted.
  explicit line_window(log_position after, size_t most = usual_most)
      : begin_{std::move(after)}, end_{begin_}, most_{most} {}

  /// @returns behind which line late ones may come: where reading again begins.
  const log_position& begin() const { return begin_; }

  /// @returns the last line so far: where reading on begins.
  const log_position& end() const { return end_; }

  size_t size() const { return known_.size(); }

  /// Notes a line that is given now.
  /// @returns false where it was given already.
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
