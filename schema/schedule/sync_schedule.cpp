#include "schema/schedule/sync_schedule.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/json/json_view.hpp"

#include <cmath>
#include <cstdint>

namespace motorcade {

namespace {

/// @returns a number that is the same for an id in every process: FNV-1a.
uint64_t number_of(std::string_view id) {
  uint64_t out = 14695981039346656037U;
  for (const auto c : id) {
    out ^= static_cast<unsigned char>(c);
    out *= 1099511628211U;
  }
  return out;
}

failure refuse(std::string what) {
  return {ec::invalid_argument, std::move(what)};
}

} // namespace

result<sync_schedule> sync_schedule::parse(std::string_view json,
                                           std::string_view sync_id) {
  const json_view from{json};
  std::optional<std::string> unknown;
  from.for_each_member([&](const std::string& key, json_view) {
    if (key != "cron" && key != "timezone" && key != "everySeconds")
      unknown = key;
  });
  if (unknown)
    return refuse("has a member " + excerpt(*unknown)
                  + "; cron and timezone, or everySeconds, are known");
  const auto cron = from.find("cron");
  const auto zone_name = from.find("timezone");
  const auto every = from.find("everySeconds");
  if (cron && every)
    return refuse("has both cron and everySeconds; give one of them");
  if (every) {
    if (zone_name)
      return refuse("has a timezone, which everySeconds does not depend on; "
                    "it belongs to cron");
    const auto seconds = every->number();
    if (!seconds || std::floor(*seconds) != *seconds
        || *seconds < static_cast<double>(shortest.count())
        || *seconds > static_cast<double>(longest.count()))
      return refuse("has everySeconds "
                    + excerpt(every->is_string() ? every->text()
                                                 : std::string{every->raw()})
                    + "; a whole number from "
                    + std::to_string(shortest.count()) + " to "
                    + std::to_string(longest.count()) + " is needed");
    const std::chrono::seconds length{static_cast<int64_t>(*seconds)};
    const std::chrono::seconds offset{static_cast<int64_t>(
        number_of(sync_id) % static_cast<uint64_t>(length.count()))};
    return sync_schedule{interval{length, offset}};
  }
  if (!cron)
    return refuse("has neither cron nor everySeconds");
  if (!cron->is_string())
    return refuse("has a cron that is no text");
  auto rule = cron_rule::parse(cron->text());
  if (!rule)
    return refuse("cron: " + rule.error().what);
  auto zone = time_zone::utc();
  if (zone_name && !zone_name->is_null()) {
    if (!zone_name->is_string())
      return refuse("has a timezone that is no text");
    auto found = time_zone::find(zone_name->text());
    if (!found)
      return refuse(found.error().what);
    zone = *found;
  }
  const std::chrono::seconds delay{
      static_cast<int64_t>(number_of(sync_id) % 60)};
  return sync_schedule{clock_rule{*rule, zone, delay}};
}

std::optional<schedule_time> sync_schedule::next(schedule_time after) const {
  if (const auto* every = std::get_if<interval>(&what_)) {
    const auto since = after.time_since_epoch() - every->offset;
    auto slots = since / every->length;
    // Division rounds towards zero, but times before 1970 must be rounded down.
    if (since % every->length < std::chrono::seconds{0})
      --slots;
    return schedule_time{every->offset + (slots + 1) * every->length};
  }
  const auto& by_clock = std::get<clock_rule>(what_);
  const auto next = by_clock.rule.next(after - by_clock.delay, by_clock.zone);
  if (!next)
    return {};
  return *next + by_clock.delay;
}

} // namespace motorcade
