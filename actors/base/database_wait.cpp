#include "actors/base/database_wait.hpp"

#include "runtime/base/log.hpp"

#include <algorithm>

namespace motorcade {

using namespace std::chrono_literals;

caf::timespan database_wait::after(const failure& reason) {
  constexpr caf::timespan first = 250ms;
  constexpr caf::timespan longest = 2s;
  if (!is_on())
    log::warn("the database is not available, trying again: {}", reason.what);
  pause_ = std::clamp(pause_ * 2, first, longest);
  return pause_;
}

void database_wait::end() {
  if (is_on())
    log::info("the database is available again");
  pause_ = {};
}

} // namespace motorcade
