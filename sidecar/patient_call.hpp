#pragma once

#include "runtime/base/log.hpp"
#include "runtime/base/stop_signals.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <string_view>

namespace motorcade {

/// Repeats a call while it fails because a database or a destination is away,
/// until the time is over or a signal asks to stop, which must be blocked.
/// @param what The thing that is called, for the log.
/// @returns the last answer.
template <class Call>
auto call_patiently(std::chrono::milliseconds longest, std::string_view what,
                    const Call& call) {
  using clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds pause{500};
  const auto until = clock::now() + longest;
  for (auto first = true;; first = false) {
    auto answer = call();
    if (answer
        || (answer.error().code != ec::database_unavailable
            && answer.error().code != ec::destination_unavailable))
      return answer;
    if (first)
      log::warn("{} is not available, trying again: {}", what,
                answer.error().what);
    if (clock::now() >= until || told_to_stop_within(pause))
      return answer;
  }
}

} // namespace motorcade
