#pragma once

#include "schema/base/result.hpp"
#include "schema/schedule/cron_rule.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace motorcade {

/// When a sync runs by itself. Its moments depend on the rule and on the sync's
/// id alone, not on when a process asks, so that every process finds the same
/// ones, also after a restart.
class sync_schedule {
public:
  /// The shortest and the longest interval.
  static constexpr std::chrono::seconds shortest{60};
  static constexpr std::chrono::seconds longest = std::chrono::days{366};

  /// Reads `{"cron": "15 * * * *", "timezone": "Europe/Berlin"}`, in UTC where
  /// no time zone is given, or `{"everySeconds": 3600}`.
  /// @param json A valid JSON object.
  /// @param sync_id Spreads syncs of one rule: a rule of cron comes up to 59 s
  /// later, an interval begins anywhere within itself.
  /// @returns invalid_argument with what is wrong, in words for the person who
  /// wrote it.
  static result<sync_schedule> parse(std::string_view json,
                                     std::string_view sync_id);

  /// @returns the first moment behind `after`; nothing if none comes within 40
  /// years.
  std::optional<schedule_time> next(schedule_time after) const;

private:
  struct interval {
    std::chrono::seconds length;
    /// Less than `length`.
    std::chrono::seconds offset;
  };

  struct clock_rule {
    cron_rule rule;
    time_zone zone;
    std::chrono::seconds delay;
  };

  using kind = std::variant<interval, clock_rule>;

  explicit sync_schedule(const kind& what) : what_{what} {}

  kind what_;
};

} // namespace motorcade
