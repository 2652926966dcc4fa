#pragma once

#include "schema/base/result.hpp"

#include <array>
#include <bitset>
#include <chrono>
#include <optional>
#include <string_view>

namespace date {
class time_zone;
} // namespace date

namespace motorcade {

/// A moment, to the second.
using schedule_time = std::chrono::sys_seconds;

/// A time zone of the IANA database, e.g. `Europe/Berlin`, as this machine has
/// it in /usr/share/zoneinfo. Cheap to copy.
class time_zone {
public:
  /// @returns invalid_argument, naming what is wrong, if there is no such zone
  /// or the machine has no database.
  static result<time_zone> find(std::string_view name);

  /// @returns the zone without daylight saving, which needs no database.
  static time_zone utc() { return {}; }

  /// @returns what clocks of the zone show at a moment, as seconds since
  /// 1970-01-01 00:00 by such clocks.
  std::chrono::seconds local(schedule_time moment) const;

  /// @returns the moment at which clocks of the zone show that local time: the
  /// first of two when clocks were set back; the moment when clocks were set
  /// forward if they never showed it.
  schedule_time moment(std::chrono::seconds local) const;

private:
  time_zone() = default;

  /// Lives in the library's database as long as the process. Null: UTC.
  const date::time_zone* zone_ = nullptr;
};

/// A rule of five fields, as `crontab(5)` has it: minute, hour, day of the
/// month, month, day of the week. A field is `*`, a number, a name (`jan`,
/// `mon`), a range, one of these with `/step`, or a list with commas; 0 and 7
/// are Sunday. If both days are restricted, one of them has to fit.
class cron_rule {
public:
  /// @returns invalid_argument with the field and what is wrong with it, or if
  /// no day of any year fits.
  static result<cron_rule> parse(std::string_view text);

  /// @returns the first moment behind `after` at which the rule fits, on a full
  /// minute; nothing if none comes within 40 years.
  ///
  /// If the hour is restricted, each local time counts once: one that clocks
  /// skip comes at the moment when they were set forward, and of two equal ones
  /// the first counts. If every hour fits, the rule goes by elapsed time: it
  /// fits in both of the hours that have the same name.
  std::optional<schedule_time> next(schedule_time after,
                                    const time_zone& zone) const;

private:
  /// @returns whether the rule fits on that day of the zone.
  bool fits(std::chrono::sys_days local_day) const;
  /// @returns as `next`, of a rule for every hour.
  std::optional<schedule_time> next_elapsed(schedule_time after,
                                            const time_zone& zone) const;
  /// @returns as `next`, of a rule for certain hours.
  std::optional<schedule_time> next_local(schedule_time after,
                                          const time_zone& zone) const;

  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  /// Bits 1 to 31, 1 to 12, and 0 (Sunday) to 6.
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<7> weekdays_;
  bool any_day_ = true;
  bool any_weekday_ = true;
};

} // namespace motorcade
