#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/stop_signals.hpp"
#include "runtime/destination/retry_notice.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// Repeats a call while it fails because a database or a destination is away,
/// until the time is over or a signal asks to stop, which must be blocked.
/// @param what The thing that is called, with its place, for the log.
/// @param tell Is given the lines about it besides the log of this process.
/// @returns the last answer.
template <class Call>
auto call_patiently(
    std::chrono::milliseconds longest, std::string_view what, const Call& call,
    const std::function<void(log_level, const std::string&)>& tell = {}) {
  using clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds pause{500};
  const auto until = clock::now() + longest;
  const auto end = utc_now() + longest;
  retry_notice notice{std::string{what}};
  const auto say = [&tell](log_level level,
                           const std::optional<std::string>& line) {
    if (!line)
      return;
    log::write_at(level, "{}", *line);
    if (tell)
      tell(level, *line);
  };
  for (;;) {
    auto answer = call();
    if (answer)
      say(log_level::info, notice.succeeded(clock::now()));
    if (answer
        || (answer.error().code != ec::database_unavailable
            && answer.error().code != ec::destination_unavailable))
      return answer;
    say(log_level::warn, notice.failed(answer.error().what, clock::now(), end));
    if (clock::now() >= until || told_to_stop_within(pause))
      return answer;
  }
}

} // namespace motorcade
