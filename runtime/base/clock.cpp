#include "runtime/base/clock.hpp"

#include "schema/base/uuid_v7.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <random>

namespace motorcade {

wall_time utc_now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(
      std::chrono::system_clock::now());
}

std::string to_iso8601_millis(wall_time time) {
  auto text = to_iso8601_micros(time);
  text.erase(text.size() - 4, 3);
  return text;
}

std::string to_iso8601_micros(wall_time time) {
  using namespace std::chrono;
  auto days = floor<std::chrono::days>(time);
  year_month_day date{days};
  hh_mm_ss clock{time - days};
  const auto year = static_cast<int>(date.year());
  constexpr int last_year = 9999;
  // Each line of log has a time, and snprintf takes as long as all else that
  // makes up its row.
  std::string text = "0000-00-00T00:00:00.000000Z";
  auto put = [&text](size_t at, size_t digits, auto value) {
    for (auto i = at + digits; i > at; value /= 10)
      text[--i] = static_cast<char>('0' + value % 10);
  };
  put(5, 2, static_cast<unsigned>(date.month()));
  put(8, 2, static_cast<unsigned>(date.day()));
  put(11, 2, clock.hours().count());
  put(14, 2, clock.minutes().count());
  put(17, 2, clock.seconds().count());
  put(20, 6, clock.subseconds().count());
  if (year >= 0 && year <= last_year) {
    put(0, 4, year);
    return text;
  }
  std::array<char, 16> other{};
  const auto length = std::snprintf(other.data(), other.size(), "%04d", year);
  return text.replace(0, 4, other.data(), static_cast<size_t>(length));
}

std::optional<wall_time> from_iso8601_micros(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view pattern = "0000-00-00T00:00:00.000000Z";
  if (text.size() != pattern.size())
    return std::nullopt;
  for (size_t i = 0; i < text.size(); ++i)
    if (pattern[i] == '0' ? text[i] < '0' || text[i] > '9'
                          : text[i] != pattern[i])
      return std::nullopt;
  auto number = [&](size_t at, size_t digits) {
    unsigned value = 0;
    for (auto c : text.substr(at, digits))
      value = value * 10 + static_cast<unsigned>(c - '0');
    return value;
  };
  year_month_day date{year{static_cast<int>(number(0, 4))}, month{number(5, 2)},
                      day{number(8, 2)}};
  if (!date.ok() || number(11, 2) > 23 || number(14, 2) > 59
      || number(17, 2) > 59)
    return std::nullopt;
  return sys_days{date} + hours{number(11, 2)} + minutes{number(14, 2)}
         + seconds{number(17, 2)} + microseconds{number(20, 6)};
}

wall_time next_time() {
  static rising_clock clock;
  return clock.next(utc_now());
}

std::string make_uuid() {
  return make_line_id(next_time(), 0);
}

std::string make_line_id(wall_time time, size_t index) {
  thread_local std::mt19937_64 random{(uint64_t{std::random_device{}()} << 32)
                                      | std::random_device{}()};
  return make_uuid_v7(time, static_cast<uint32_t>(index % uuid_v7_counters),
                      random());
}

} // namespace motorcade
