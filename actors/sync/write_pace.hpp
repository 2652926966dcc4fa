#pragma once

#include <algorithm>
#include <chrono>

namespace motorcade {

/// Spaces out writes that a later one may take the place of: as long as few
/// came lately each begins at once, then one in each interval.
class write_pace {
public:
  using clock = std::chrono::steady_clock;

  /// @param burst The number of writes, 1 or more, that may begin at once after
  /// a rest of that many intervals.
  /// @param interval The mean distance of writes that go on and on.
  write_pace(unsigned burst, clock::duration interval)
      : slack_{(burst - 1) * interval}, interval_{interval} {}

  /// Asks whether a write may begin; if so, it counts as begun.
  /// @returns zero: it may. Otherwise how long the caller waits before it asks
  /// again.
  clock::duration begin(clock::time_point now) {
    const auto early = even_ - slack_ - now;
    if (early > clock::duration::zero())
      return early;
    even_ = std::max(even_, now) + interval_;
    return clock::duration::zero();
  }

private:
  clock::duration slack_;
  clock::duration interval_;
  /// When the next write would begin if all had kept the interval.
  clock::time_point even_{};
};

} // namespace motorcade
