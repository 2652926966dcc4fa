#include "runtime/destination/tables/time_text.hpp"

#include <chrono>
#include <cstdio>
#include <utility>

namespace motorcade {

namespace {

/// Reads a text from its start.
class time_reader {
public:
  explicit time_reader(std::string_view text) : rest_{text} {}

  bool number(size_t digits, unsigned& out) {
    if (rest_.size() < digits)
      return false;
    out = 0;
    for (size_t i = 0; i < digits; ++i) {
      const auto digit = static_cast<unsigned>(rest_[i] - '0');
      if (digit > 9)
        return false;
      out = out * 10 + digit;
    }
    rest_.remove_prefix(digits);
    return true;
  }

  bool take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_[0]) == std::string_view::npos)
      return false;
    rest_.remove_prefix(1);
    return true;
  }

  bool done() const { return rest_.empty(); }

private:
  std::string_view rest_;
};

bool read_date(time_reader& in, time_parts& out) {
  unsigned year = 0;
  if (!in.number(4, year) || !in.take("-") || !in.number(2, out.month)
      || !in.take("-") || !in.number(2, out.day) || year == 0)
    return false;
  out.year = static_cast<int>(year);
  return std::chrono::year_month_day{std::chrono::year{out.year},
                                     std::chrono::month{out.month},
                                     std::chrono::day{out.day}}
      .ok();
}

bool read_fraction(time_reader& in, time_parts& out) {
  if (!in.take("."))
    return true;
  for (unsigned digit = 0; in.number(1, digit); ++out.fraction_digits)
    if (out.fraction_digits < 6)
      out.microsecond = out.microsecond * 10 + digit;
  for (auto digits = out.fraction_digits; digits < 6; ++digits)
    out.microsecond *= 10;
  return out.fraction_digits > 0;
}

bool read_offset(time_reader& in, time_parts& out) {
  if (in.done() || in.take("Zz"))
    return in.done();
  const auto east = in.take("+");
  if (!east && !in.take("-"))
    return false;
  unsigned hours = 0;
  unsigned minutes = 0;
  if (!in.number(2, hours))
    return false;
  if (!in.done()) {
    in.take(":");
    if (!in.number(2, minutes))
      return false;
  }
  if (!in.done() || hours > 23 || minutes > 59)
    return false;
  const auto offset = static_cast<int>(hours * 60 + minutes);
  out.offset_minutes = east ? offset : -offset;
  return true;
}

/// @returns the time in UTC, to the second.
std::chrono::sys_seconds to_utc(const time_parts& time) {
  using namespace std::chrono;
  return sys_days{year{time.year} / month{time.month} / day{time.day}}
         + hours{time.hour} + minutes{time.minute} + seconds{time.second}
         - minutes{time.offset_minutes};
}

} // namespace

bool looks_like_timestamp(std::string_view text) {
  if (text.size() < 19 || text.size() > 35 || (text[0] != '1' && text[0] != '2')
      || text[10] != 'T' || text[16] != ':')
    return false;
  // The offset of RFC 3339 has minutes and a capital Z.
  const auto last = text.back();
  if (last == 'z')
    return false;
  const auto sign = text.find_first_of("+-", 19);
  if (sign != std::string_view::npos && text.size() - sign < 5)
    return false;
  return parse_time(text).has_value();
}

std::optional<time_parts> parse_time(std::string_view text) {
  time_reader in{text};
  time_parts out;
  if (!read_date(in, out))
    return std::nullopt;
  if (in.done())
    return out;
  if (!in.take("Tt ") || !in.number(2, out.hour) || !in.take(":")
      || !in.number(2, out.minute))
    return std::nullopt;
  if (in.take(":") && (!in.number(2, out.second) || !read_fraction(in, out)))
    return std::nullopt;
  if (!read_offset(in, out) || out.hour > 23 || out.minute > 59
      || out.second > 59)
    return std::nullopt;
  return out;
}

std::optional<std::string> to_utc_text(const time_parts& time, time_form form) {
  using namespace std::chrono;
  const auto utc = to_utc(time);
  const auto date = floor<days>(utc);
  const year_month_day ymd{date};
  const hh_mm_ss clock{utc - date};
  if (ymd.year() < year{1} || ymd.year() > year{9999})
    return std::nullopt;
  char buffer[64];
  std::snprintf(
      buffer, sizeof buffer, "%04d-%02u-%02u", static_cast<int>(ymd.year()),
      static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()));
  std::string out = buffer;
  if (form == time_form::date)
    return out;
  std::snprintf(buffer, sizeof buffer, "T%02d:%02d:%02d",
                static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  out += buffer;
  if (time.microsecond != 0) {
    std::snprintf(buffer, sizeof buffer, ".%06u", time.microsecond);
    out += buffer;
  }
  if (form == time_form::zoned)
    out += 'Z';
  return out;
}

int compare_times(std::string_view one, std::string_view other) {
  const auto moment = parse_time(one);
  const auto other_moment = parse_time(other);
  if (!moment || !other_moment)
    return moment ? 1 : other_moment ? -1 : one.compare(other);
  const auto at = std::pair{to_utc(*moment), moment->microsecond};
  const auto other_at =
      std::pair{to_utc(*other_moment), other_moment->microsecond};
  return at < other_at ? -1 : at > other_at ? 1 : 0;
}

} // namespace motorcade
