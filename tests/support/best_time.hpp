#pragma once

#include <algorithm>
#include <chrono>

namespace motorcade::test {

/// Calls `f` some times.
/// @returns the shortest time that it took: what else the machine does does not
/// count.
template <class F>
std::chrono::microseconds best_time(F f) {
  using clock = std::chrono::steady_clock;
  auto best = clock::duration::max();
  for (int i = 0; i < 10; ++i) {
    const auto begin = clock::now();
    f();
    best = std::min(best, clock::now() - begin);
  }
  return std::chrono::ceil<std::chrono::microseconds>(best);
}

} // namespace motorcade::test
