#pragma once

#include "runtime/base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// Decides which failures are logged while an unreachable server is tried again
/// and again: the first one, and further ones after growing pauses, so that the
/// log says why nothing goes on and does not fill up. Not thread-safe.
class retry_notice {
public:
  using time = std::chrono::steady_clock::time_point;

  /// The shortest and the longest pause between two lines.
  static constexpr std::chrono::seconds first_pause{10};
  static constexpr std::chrono::seconds longest_pause{300};

  /// @param subject What is tried, with its place and without credentials, e.g.
  /// `the destination postgres://db:5432/app public.users`.
  explicit retry_notice(std::string subject) : subject_{std::move(subject)} {}

  /// Notes that an attempt failed and that another one follows.
  /// @param reason Without credentials.
  /// @param until The moment after which it is given up.
  /// @returns the line for the log; nothing if the last one was written lately.
  std::optional<std::string> failed(std::string_view reason, time now,
                                    wall_time until);

  /// Notes that an attempt succeeded.
  /// @returns the line for the log; nothing if no line said that it failed.
  std::optional<std::string> succeeded(time now);

private:
  const std::string subject_;
  /// The failed attempts since the last one that succeeded, and the first one's
  /// time.
  uint64_t failures_ = 0;
  time began_ = {};
  bool told_ = false;
  /// The time of the last line; nothing: there was none.
  std::optional<time> last_line_;
  std::chrono::seconds pause_ = first_pause;
};

} // namespace motorcade
