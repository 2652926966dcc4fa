#include "schema/schedule/cron_rule.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/base/words.hpp"

#include <date/tz.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <span>
#include <string>
#include <vector>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// The longest time between two moments of a rule: `29 2 *` on a given weekday
/// comes every 28 years, or 40 where a century has no leap day.
constexpr auto longest_pause = std::chrono::days{40 * 366};

constexpr std::array month_names{"jan", "feb", "mar", "apr", "may", "jun",
                                 "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array weekday_names{"sun", "mon", "tue", "wed",
                                   "thu", "fri", "sat"};

/// One of the five fields.
struct cron_field {
  std::string_view name;
  int lowest;
  int highest;
  /// The name of `lowest` and of those behind it.
  std::span<const char* const> names = {};
};

failure refuse(const cron_field& field, std::string_view part,
               std::string_view why) {
  return {ec::invalid_argument, std::string{field.name} + ": " + excerpt(part)
                                    + ' ' + std::string{why}};
}

/// @returns the number of a text, which may be a name.
result<int> read_number(const cron_field& field, std::string_view text) {
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  for (size_t i = 0; i < field.names.size(); ++i)
    if (lower == field.names[i])
      return field.lowest + static_cast<int>(i);
  int out = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()
      || text.front() == '-')
    return refuse(field, text, "is no number");
  if (out < field.lowest || out > field.highest)
    return refuse(field, text,
                  "is not between " + std::to_string(field.lowest) + " and "
                      + std::to_string(field.highest));
  return out;
}

/// Sets the bits of one part of a field, `*`, `5`, `1-5` or `*/5`.
template <size_t N>
result<void> read_part(const cron_field& field, std::string_view part,
                       std::bitset<N>& out) {
  const auto slash = part.find('/');
  const auto span = part.substr(0, slash);
  int step = 1;
  if (slash != std::string_view::npos) {
    const auto text = part.substr(slash + 1);
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), step);
    if (error != std::errc{} || end != text.data() + text.size() || step < 1
        || step > field.highest)
      return refuse(field, part,
                    "has a step that is not between 1 and "
                        + std::to_string(field.highest));
  }
  int first = field.lowest;
  int last = field.highest;
  if (span != "*") {
    const auto dash = span.find('-');
    const auto low = read_number(field, span.substr(0, dash));
    if (!low)
      return low.error();
    first = last = *low;
    if (dash != std::string_view::npos) {
      const auto high = read_number(field, span.substr(dash + 1));
      if (!high)
        return high.error();
      last = *high;
      if (last < first)
        return refuse(field, part, "ends before it begins");
    } else if (slash != std::string_view::npos) {
      // As in crontab, `5/15` means `5-59/15`.
      last = field.highest;
    }
  }
  for (auto i = first; i <= last; i += step)
    // Sunday has two numbers.
    out.set(static_cast<size_t>(N == 7 ? i % 7 : i));
  return {};
}

template <size_t N>
result<void> read_field(const cron_field& field, std::string_view text,
                        std::bitset<N>& out) {
  for (const auto part : split(text, ","))
    if (auto done = read_part(field, part, out); !done)
      return done;
  return {};
}

/// The days that a month has at most, January first.
constexpr std::array most_days{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

} // namespace

result<time_zone> time_zone::find(std::string_view name) {
  try {
    time_zone out;
    out.zone_ = date::locate_zone(std::string{name});
    return out;
  } catch (const std::exception&) {
    return failure{ec::invalid_argument,
                   "time zone " + excerpt(name)
                       + " is not known; a name of the IANA database is "
                         "needed, e.g. Europe/Berlin or UTC"};
  }
}

std::chrono::seconds time_zone::local(schedule_time moment) const {
  if (zone_ == nullptr)
    return moment.time_since_epoch();
  return zone_->to_local(moment).time_since_epoch();
}

schedule_time time_zone::moment(std::chrono::seconds local) const {
  if (zone_ == nullptr)
    return schedule_time{local};
  return zone_->to_sys(date::local_seconds{local}, date::choose::earliest);
}

result<cron_rule> cron_rule::parse(std::string_view text) {
  std::vector<std::string_view> fields;
  for (const auto part : split(text, " \t"))
    if (!part.empty())
      fields.push_back(part);
  if (fields.size() != 5)
    return failure{ec::invalid_argument,
                   excerpt(text) + " has " + std::to_string(fields.size())
                       + " fields; minute, hour, day of the month, month and "
                         "day of the week are needed"};
  cron_rule out;
  if (auto done = read_field({"minute", 0, 59}, fields[0], out.minutes_); !done)
    return done.error();
  if (auto done = read_field({"hour", 0, 23}, fields[1], out.hours_); !done)
    return done.error();
  if (auto done = read_field({"day of the month", 1, 31}, fields[2], out.days_);
      !done)
    return done.error();
  if (auto done =
          read_field({"month", 1, 12, month_names}, fields[3], out.months_);
      !done)
    return done.error();
  if (auto done = read_field({"day of the week", 0, 7, weekday_names},
                             fields[4], out.weekdays_);
      !done)
    return done.error();
  out.any_day_ = fields[2].front() == '*';
  out.any_weekday_ = fields[4].front() == '*';
  // If a weekday is enough, every month has a moment.
  if (!out.any_day_ && out.any_weekday_) {
    auto comes = false;
    for (size_t month = 1; month <= most_days.size(); ++month)
      for (int day = 1; day <= most_days[month - 1]; ++day)
        comes = comes
                || (out.months_.test(month)
                    && out.days_.test(static_cast<size_t>(day)));
    if (!comes)
      return failure{ec::invalid_argument,
                     excerpt(text) + " never comes: no month has such a day"};
  }
  return out;
}

bool cron_rule::fits(std::chrono::sys_days local_day) const {
  const std::chrono::year_month_day day{local_day};
  if (!months_.test(static_cast<unsigned>(day.month())))
    return false;
  const auto by_day = days_.test(static_cast<unsigned>(day.day()));
  const auto by_weekday =
      weekdays_.test(std::chrono::weekday{local_day}.c_encoding());
  return any_day_ || any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

std::optional<schedule_time> cron_rule::next(schedule_time after,
                                             const time_zone& zone) const {
  return hours_.all() ? next_elapsed(after, zone) : next_local(after, zone);
}

std::optional<schedule_time>
cron_rule::next_elapsed(schedule_time after, const time_zone& zone) const {
  std::chrono::sys_time<std::chrono::minutes> moment =
      std::chrono::floor<std::chrono::minutes>(after) + 1min;
  for (const auto end = after + longest_pause; moment < end;) {
    const auto local = zone.local(moment);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    if (!fits(std::chrono::sys_days{day})) {
      // The search goes on at the next day by the clocks of the zone.
      moment =
          std::max(moment + 1min, std::chrono::ceil<std::chrono::minutes>(
                                      zone.moment(day + std::chrono::days{1})));
      continue;
    }
    const auto minute = std::chrono::floor<std::chrono::minutes>(local - day);
    if (minutes_.test(static_cast<size_t>(minute.count() % 60)))
      return moment;
    moment += 1min;
  }
  return {};
}

std::optional<schedule_time>
cron_rule::next_local(schedule_time after, const time_zone& zone) const {
  // The search begins a day earlier: if clocks were set back over midnight, a
  // local time of the day before comes again.
  auto day = std::chrono::floor<std::chrono::days>(zone.local(after))
             - std::chrono::days{1};
  for (const auto end = day + longest_pause; day < end;
       day += std::chrono::days{1}) {
    if (!fits(std::chrono::sys_days{day})
        || zone.moment(day + std::chrono::days{1}) < after)
      continue;
    for (size_t hour = 0; hour < hours_.size(); ++hour) {
      if (!hours_.test(hour))
        continue;
      for (size_t minute = 0; minute < minutes_.size(); ++minute) {
        if (!minutes_.test(minute))
          continue;
        const auto moment = zone.moment(day + std::chrono::hours{hour}
                                        + std::chrono::minutes{minute});
        if (moment > after)
          return moment;
      }
    }
  }
  return {};
}

} // namespace motorcade
