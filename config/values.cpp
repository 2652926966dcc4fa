#include "config/values.hpp"

#include "schema/base/ascii.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

namespace motorcade {

namespace {

using namespace std::chrono;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Takes parts from the front of a text.
class scanner {
public:
  explicit scanner(std::string_view text) : rest_{text} {}

  /// Takes exactly `count` digits with a value from `low` to `high`.
  int number(size_t count, int low, int high) {
    int value = 0;
    for (size_t i = 0; i < count; ++i) {
      if (rest_.empty() || !is_digit(rest_[0])) {
        good_ = false;
        return low;
      }
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    good_ = good_ && value >= low && value <= high;
    return value;
  }

  /// Takes one of the characters, or returns 0.
  char one_of(std::string_view characters) {
    if (rest_.empty() || characters.find(rest_[0]) == std::string_view::npos) {
      good_ = false;
      return 0;
    }
    const char taken = rest_[0];
    rest_.remove_prefix(1);
    return taken;
  }

  bool at(char c) const { return !rest_.empty() && rest_[0] == c; }

  bool at_digit() const { return !rest_.empty() && is_digit(rest_[0]); }

  bool done() const { return good_ && rest_.empty(); }

private:
  std::string_view rest_;
  bool good_ = true;
};

microseconds fraction(scanner& in) {
  in.one_of(".");
  int64_t value = in.number(1, 0, 9);
  int digits = 1;
  while (in.at_digit()) {
    const int digit = in.number(1, 0, 9);
    if (digits < 6) {
      value = value * 10 + digit;
      ++digits;
    }
  }
  for (; digits < 6; ++digits)
    value *= 10;
  return microseconds{value};
}

minutes offset(scanner& in) {
  const char sign = in.one_of("Zz+-");
  if (sign != '+' && sign != '-')
    return minutes{0};
  const hours hour{in.number(2, 0, 23)};
  in.one_of(":");
  const minutes minute{in.number(2, 0, 59)};
  return sign == '-' ? -(hour + minute) : hour + minute;
}

} // namespace

std::optional<bool> parse_boolean(std::string_view text) {
  for (const std::string_view yes : {"true", "1", "yes"})
    if (equal_ignoring_case(text, yes))
      return true;
  for (const std::string_view no : {"false", "0", "no"})
    if (equal_ignoring_case(text, no))
      return false;
  return std::nullopt;
}

std::optional<uint64_t> parse_byte_size(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, int>, 4> suffixes = {
      {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}}};
  uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{})
    return std::nullopt;
  std::string_view suffix{stop, static_cast<size_t>(end - stop)};
  if (suffix.size() > 1 && suffix[0] == ' ')
    suffix.remove_prefix(1);
  for (const auto& [name, shift] : suffixes)
    if (equal_ignoring_case(suffix, name)) {
      if (value > std::numeric_limits<uint64_t>::max() >> shift)
        return std::nullopt;
      return value << shift;
    }
  return std::nullopt;
}

std::optional<milliseconds> parse_duration(std::string_view text,
                                           milliseconds unit) {
  // Only digits and a point are allowed: from_chars would take `inf`, `nan` and
  // `1e3`.
  if (text.find_first_not_of("0123456789.") != std::string_view::npos)
    return std::nullopt;
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end)
    return std::nullopt;
  const double length = value * static_cast<double>(unit.count());
  constexpr milliseconds longest = years{100};
  if (length > static_cast<double>(longest.count()))
    return std::nullopt;
  return milliseconds{std::llround(length)};
}

std::optional<milliseconds> parse_iso8601_duration(std::string_view text) {
  const auto lower = ascii_lower(text);
  std::string_view rest = lower;
  if (!rest.starts_with('p'))
    return std::nullopt;
  rest.remove_prefix(1);
  milliseconds out{0};
  auto in_time = false;
  // Each unit may be there once, from the largest to the smallest.
  std::string_view units = "dthms";
  for (size_t parts = 0; parts == 0 || !rest.empty(); ++parts) {
    if (!in_time && rest.starts_with('t')) {
      in_time = true;
      units = "hms";
      rest.remove_prefix(1);
    }
    const auto end = rest.find_first_not_of("0123456789.");
    if (end == 0 || end == std::string_view::npos)
      return std::nullopt;
    const auto unit = units.find(rest[end]);
    if (unit == std::string_view::npos || rest[end] == 't'
        || (!in_time && rest[end] != 'd'))
      return std::nullopt;
    const auto length = rest[end] == 'd'   ? milliseconds{hours{24}}
                        : rest[end] == 'h' ? milliseconds{hours{1}}
                        : rest[end] == 'm' ? milliseconds{minutes{1}}
                                           : milliseconds{seconds{1}};
    const auto part = parse_duration(rest.substr(0, end), length);
    if (!part)
      return std::nullopt;
    out += *part;
    units.remove_prefix(unit + 1);
    rest.remove_prefix(end + 1);
  }
  if (out > milliseconds{years{100}})
    return std::nullopt;
  return out;
}

std::optional<sys_time<microseconds>> parse_rfc3339(std::string_view text) {
  scanner in{text};
  const year y{in.number(4, 1678, 2261)};
  in.one_of("-");
  const month m{static_cast<unsigned>(in.number(2, 1, 12))};
  in.one_of("-");
  const day d{static_cast<unsigned>(in.number(2, 1, 31))};
  // Section 5.6 of RFC 3339 allows a blank for readability, and lower case.
  in.one_of("Tt ");
  const hours hour{in.number(2, 0, 23)};
  in.one_of(":");
  const minutes minute{in.number(2, 0, 59)};
  in.one_of(":");
  const seconds second{in.number(2, 0, 60)};
  microseconds part{0};
  if (in.at('.'))
    part = fraction(in);
  const auto shift = offset(in);
  const year_month_day date{y, m, d};
  if (!in.done() || !date.ok())
    return std::nullopt;
  if (second == seconds{60})
    part = microseconds{0};
  return sys_days{date} + hour + minute + second + part - shift;
}

} // namespace motorcade
