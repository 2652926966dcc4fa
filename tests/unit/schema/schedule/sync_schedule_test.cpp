#include "schema/schedule/sync_schedule.hpp"

#include <catch2/catch_all.hpp>

#include <array>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace motorcade;
using namespace std::chrono_literals;

namespace {

schedule_time at(int year, unsigned month, unsigned day, int hour = 0,
                 int minute = 0, int second = 0) {
  return std::chrono::sys_days{std::chrono::year{year} / month / day}
         + std::chrono::hours{hour} + std::chrono::minutes{minute}
         + std::chrono::seconds{second};
}

std::string shown(schedule_time moment) {
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{moment - day};
  std::array<char, 40> out{};
  std::snprintf(
      out.data(), out.size(), "%04d-%02u-%02u %02d:%02d:%02d",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()));
  return out.data();
}

/// @returns the next moments of a rule, in UTC.
std::vector<std::string> moments(const std::string& rule,
                                 const std::string& zone, schedule_time after,
                                 size_t count) {
  auto parsed = cron_rule::parse(rule);
  REQUIRE(parsed);
  auto place = time_zone::find(zone);
  REQUIRE(place);
  std::vector<std::string> out;
  while (out.size() < count) {
    auto next = parsed->next(after, *place);
    REQUIRE(next);
    out.push_back(shown(*next));
    after = *next;
  }
  return out;
}

std::string reason(const std::string& rule) {
  auto parsed = cron_rule::parse(rule);
  return parsed ? "" : parsed.error().what;
}

std::string schedule_fault(const std::string& json) {
  auto parsed = sync_schedule::parse(json, "crm");
  return parsed ? "" : parsed.error().what;
}

} // namespace

TEST_CASE("a rule of cron comes at its moments") {
  struct row {
    const char* rule;
    const char* zone;
    schedule_time after;
    std::vector<std::string> expected;
  };

  const row rows[] = {
      {"* * * * *",
       "UTC",
       at(2026, 1, 1, 0, 0, 59),
       {"2026-01-01 00:01:00", "2026-01-01 00:02:00"}},
      {"* * * * *", "UTC", at(2026, 1, 1), {"2026-01-01 00:01:00"}},
      {"15 * * * *",
       "UTC",
       at(2026, 1, 1, 0, 15),
       {"2026-01-01 01:15:00", "2026-01-01 02:15:00"}},
      {"*/20 * * * *",
       "UTC",
       at(2026, 12, 31, 23, 30),
       {"2026-12-31 23:40:00", "2027-01-01 00:00:00", "2027-01-01 00:20:00"}},
      {"5/25 3 * * *",
       "UTC",
       at(2026, 1, 1),
       {"2026-01-01 03:05:00", "2026-01-01 03:30:00", "2026-01-01 03:55:00",
        "2026-01-02 03:05:00"}},
      {"0 6,18 * * *",
       "Europe/Berlin",
       at(2026, 1, 1),
       {"2026-01-01 05:00:00", "2026-01-01 17:00:00"}},
      {"0 6 * * *", "Europe/Berlin", at(2026, 7, 1), {"2026-07-01 04:00:00"}},
      {"0 0 * * MON-fri",
       "UTC",
       at(2026, 11, 27),
       {"2026-11-30 00:00:00", "2026-12-01 00:00:00"}},
      {"0 0 * * 7", "UTC", at(2026, 11, 27), {"2026-11-29 00:00:00"}},
      {"0 0 * * 5-7",
       "UTC",
       at(2026, 11, 27),
       {"2026-11-28 00:00:00", "2026-11-29 00:00:00", "2026-12-04 00:00:00"}},
      // Both days restricted: one of them has to fit.
      {"0 0 1 * sun",
       "UTC",
       at(2026, 11, 28),
       {"2026-11-29 00:00:00", "2026-12-01 00:00:00", "2026-12-06 00:00:00"}},
      // A day that begins with * restricts together with the other one.
      {"0 0 */2 * sun",
       "UTC",
       at(2026, 11, 28),
       {"2026-11-29 00:00:00", "2026-12-13 00:00:00"}},
      {"0 0 31 * *",
       "UTC",
       at(2026, 1, 31),
       {"2026-03-31 00:00:00", "2026-05-31 00:00:00"}},
      {"30 12 29 feb *",
       "UTC",
       at(2026, 1, 1),
       {"2028-02-29 12:30:00", "2032-02-29 12:30:00"}},
      // Over the century without a leap day.
      {"0 0 29 2 *", "UTC", at(2097, 1, 1), {"2104-02-29 00:00:00"}},
      // Asia/Kolkata is half an hour off.
      {"0 * * * *",
       "Asia/Kolkata",
       at(2026, 1, 1),
       {"2026-01-01 00:30:00", "2026-01-01 01:30:00"}},
      // Berlin, 29 March 2026: 02:00 becomes 03:00, at 01:00 UTC.
      {"30 2 * * *",
       "Europe/Berlin",
       at(2026, 3, 28),
       {"2026-03-28 01:30:00", "2026-03-29 01:00:00", "2026-03-30 00:30:00"}},
      {"0,30 1-3 * * *",
       "Europe/Berlin",
       at(2026, 3, 29),
       {"2026-03-29 00:30:00", "2026-03-29 01:00:00", "2026-03-29 01:30:00",
        "2026-03-29 23:00:00"}},
      {"0 * * * *",
       "Europe/Berlin",
       at(2026, 3, 29),
       {"2026-03-29 01:00:00", "2026-03-29 02:00:00"}},
      // Berlin, 25 October 2026: 03:00 becomes 02:00, at 01:00 UTC.
      {"30 2 * * *",
       "Europe/Berlin",
       at(2026, 10, 24, 12),
       {"2026-10-25 00:30:00", "2026-10-26 01:30:00"}},
      {"30 * * * *",
       "Europe/Berlin",
       at(2026, 10, 25),
       {"2026-10-25 00:30:00", "2026-10-25 01:30:00", "2026-10-25 02:30:00"}},
      // Cairo, 24 April 2026: midnight becomes one o'clock.
      {"0 0 * * *",
       "Africa/Cairo",
       at(2026, 4, 22, 22),
       {"2026-04-23 22:00:00", "2026-04-24 21:00:00"}},
      {"*/30 * * * fri",
       "Africa/Cairo",
       at(2026, 4, 23, 12),
       {"2026-04-23 22:00:00", "2026-04-23 22:30:00"}},
      // Cairo, 29 October 2026: midnight becomes eleven o'clock in the evening.
      {"30 23 * * *",
       "Africa/Cairo",
       at(2026, 10, 29, 12),
       {"2026-10-29 20:30:00", "2026-10-30 21:30:00"}},
      {"0 0 * * *",
       "Africa/Cairo",
       at(2026, 10, 29, 12),
       {"2026-10-29 22:00:00", "2026-10-30 22:00:00"}},
      // Samoa went without 30 December 2011.
      {"0 12 30 12 *",
       "Pacific/Apia",
       at(2011, 12, 29),
       {"2011-12-30 10:00:00", "2012-12-29 22:00:00"}},
  };
  for (const auto& one : rows) {
    INFO(one.rule << " in " << one.zone << " after " << shown(one.after));
    CHECK(moments(one.rule, one.zone, one.after, one.expected.size())
          == one.expected);
  }
}

TEST_CASE("a wrong rule of cron is refused with its field") {
  struct row {
    const char* rule;
    const char* part;
  };

  const row rows[] = {
      {"", "0 fields"},
      {"* * * *", "4 fields"},
      {"* * * * * *", "6 fields"},
      {"60 * * * *", "minute: \"60\" is not between 0 and 59"},
      {"-1 * * * *", "minute"},
      {"* 24 * * *", "hour: \"24\" is not between 0 and 23"},
      {"* * 0 * *", "day of the month: \"0\""},
      {"* * 32 * *", "day of the month: \"32\""},
      {"* * * 13 *", "month: \"13\""},
      {"* * * foo *", "month: \"foo\" is no number"},
      {"* * * * 8", "day of the week: \"8\""},
      {"* * * * mon-", "day of the week: \"\""},
      {"5-1 * * * *", "minute: \"5-1\" ends before it begins"},
      {"*/0 * * * *", "minute: \"*/0\" has a step"},
      {"*/60 * * * *", "minute: \"*/60\" has a step"},
      {"*/x * * * *", "has a step"},
      {"1,,2 * * * *", "minute: \"\" is no number"},
      {"1, * * * *", "minute"},
      {"0 0 30 2 *", "never comes"},
      {"0 0 31 4,6,9,11 *", "never comes"},
      {"99999999999 * * * *", "minute"},
  };
  for (const auto& one : rows) {
    INFO(one.rule);
    CHECK_THAT(reason(one.rule), Catch::Matchers::ContainsSubstring(one.part));
  }
}

TEST_CASE(
    "a rule by elapsed time comes in all minutes that fit, and no other") {
  // The model looks at each minute of three days around changes of clocks.
  std::mt19937 random{20261128};
  const char* zones[] = {"Europe/Berlin", "Africa/Cairo", "UTC",
                         "Australia/Lord_Howe", "America/New_York"};
  for (int round = 0; round < 60; ++round) {
    const auto minute = random() % 60;
    const auto day = 1 + random() % 28;
    const auto weekday = random() % 7;
    const auto rule = std::to_string(minute) + ",7 * " + std::to_string(day)
                      + " * " + std::to_string(weekday);
    const std::string name = zones[random() % std::size(zones)];
    const auto begin = at(2026, 1 + random() % 12, 1 + random() % 28);
    INFO(rule << " in " << name << " from " << shown(begin));
    auto parsed = cron_rule::parse(rule);
    REQUIRE(parsed);
    auto zone = time_zone::find(name);
    REQUIRE(zone);
    std::set<std::string> expected;
    const auto end = begin + std::chrono::days{9};
    for (auto moment = begin + 1min; moment <= end; moment += 1min) {
      const std::chrono::sys_seconds local{zone->local(moment)};
      const auto local_day = std::chrono::floor<std::chrono::days>(local);
      const std::chrono::year_month_day date{local_day};
      const auto of_hour =
          std::chrono::floor<std::chrono::minutes>(local - local_day).count()
          % 60;
      if ((of_hour == static_cast<long>(minute) || of_hour == 7)
          && (static_cast<unsigned>(date.day()) == day
              || std::chrono::weekday{local_day}.c_encoding() == weekday))
        expected.insert(shown(moment));
    }
    std::set<std::string> found;
    for (auto next = parsed->next(begin, *zone); next && *next <= end;
         next = parsed->next(*next, *zone))
      found.insert(shown(*next));
    CHECK(found == expected);
  }
}

TEST_CASE("the moments of an interval depend only on the sync") {
  for (const auto length : {60, 61, 3600, 86400, 31622400}) {
    const auto json = R"({"everySeconds":)" + std::to_string(length) + "}";
    INFO(json);
    auto one = sync_schedule::parse(json, "crm");
    REQUIRE(one);
    const auto first = one->next(at(2026, 1, 1));
    REQUIRE(first);
    CHECK(*first > at(2026, 1, 1));
    CHECK(*first <= at(2026, 1, 1) + std::chrono::seconds{length});
    // Whoever asks between two of them is told the same.
    CHECK(one->next(*first - 1s) == first);
    CHECK(one->next(*first) == *first + std::chrono::seconds{length});
    CHECK(one->next(*first + std::chrono::seconds{length - 1})
          == *first + std::chrono::seconds{length});
    CHECK(*one->next(at(1969, 12, 31)) > at(1969, 12, 31));
  }
  // Of a hundred syncs hardly two begin at one moment.
  std::set<std::string> begun;
  for (int i = 0; i < 100; ++i)
    begun.insert(shown(*sync_schedule::parse(R"({"everySeconds":86400})",
                                             "sync-" + std::to_string(i))
                            ->next(at(2026, 1, 1))));
  CHECK(begun.size() > 95);
}

TEST_CASE("a rule of cron is spread over its minute") {
  std::set<std::string> begun;
  for (int i = 0; i < 200; ++i) {
    auto one = sync_schedule::parse(
        R"({"cron":"0 3 * * *","timezone":"Europe/Berlin"})",
        "sync-" + std::to_string(i));
    REQUIRE(one);
    const auto next = *one->next(at(2026, 1, 1));
    CHECK(next >= at(2026, 1, 1, 2));
    CHECK(next < at(2026, 1, 1, 2, 1));
    // The next one is a day later, not the same minute again.
    CHECK(*one->next(next) == next + 24h);
    begun.insert(shown(next));
  }
  CHECK(begun.size() > 45);
}

TEST_CASE("a wrong schedule is refused in words") {
  struct row {
    const char* json;
    const char* part;
  };

  const row rows[] = {
      {"{}", "neither cron nor everySeconds"},
      {R"({"every":60})", "has a member \"every\""},
      {R"({"cron":"* * * * *","everySeconds":60})", "has both"},
      {R"({"cron":5})", "cron that is no text"},
      {R"({"cron":"* * * *"})", "cron: \"* * * *\" has 4 fields"},
      {R"({"cron":"* * * * *","timezone":"Mars/Olympus"})",
       "time zone \"Mars/Olympus\" is not known"},
      {R"({"cron":"* * * * *","timezone":""})", "time zone \"\""},
      {R"({"cron":"* * * * *","timezone":7})", "timezone that is no text"},
      {R"({"everySeconds":60,"timezone":"UTC"})", "belongs to cron"},
      {R"({"everySeconds":59})", "a whole number from 60 to 31622400"},
      {R"({"everySeconds":60.5})", "a whole number"},
      {R"({"everySeconds":"60"})", "has everySeconds \"60\"; a whole number"},
      {R"({"everySeconds":1e30})", "a whole number"},
      {R"({"everySeconds":-60})", "a whole number"},
      {R"({"everySeconds":null})", "a whole number"},
  };
  for (const auto& one : rows) {
    INFO(one.json);
    CHECK_THAT(schedule_fault(one.json),
               Catch::Matchers::ContainsSubstring(one.part));
  }
}
