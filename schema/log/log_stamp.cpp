#include "schema/log/log_stamp.hpp"

#include "schema/base/ascii.hpp"

#include <algorithm>
#include <array>

namespace motorcade {

namespace {

/// Reads a line from its start on. Each function returns whether it has read
/// what its name says; if not, the place stays.
class stamp_reader {
public:
  explicit stamp_reader(std::string_view text) : text_{text} {}

  size_t at() const { return at_; }

  bool date() {
    return attempt([this] { return numeric_date(); })
           || attempt([this] { return day_first(); })
           || attempt([this] { return month_first(); });
  }

  bool time() {
    return attempt([this] { return clock(':') && (part_of_day(), true); })
           || attempt([this] { return clock('.') && part_of_day(); });
  }

  /// Seconds since 1970, or a finer unit.
  bool epoch() {
    return attempt([this] {
      auto n = digits();
      if (n != 10 && n != 13 && n != 16 && n != 19)
        return false;
      if ((is('.') || is(',')) && is_ascii_digit(peek(1))) {
        ++at_;
        digits();
      }
      return ends();
    });
  }

  /// `Tue, `
  bool weekday() {
    return attempt([this] {
      constexpr std::array<std::string_view, 7> names = {
          "mon", "tue", "wed", "thu", "fri", "sat", "sun"};
      return name(names) && (skip(','), skip_blanks());
    });
  }

  /// Reads the characters between a date and its time.
  bool joint() {
    return attempt([this] {
      if (is('T') || is('t') || is('_')) {
        ++at_;
        return is_ascii_digit(peek());
      }
      if (is(':') && is_ascii_digit(peek(1))) {
        ++at_;
        return true;
      }
      auto comma = skip(',');
      return (skip_blanks() || comma)
             && (is_ascii_digit(peek()) || (attempt_word("at ") && skip_any()));
    });
  }

  /// Reads a time zone and what may follow it.
  void zone() {
    attempt([this] {
      if (skip('Z') || skip('z'))
        return ends();
      skip_blanks();
      if ((is('+') || is('-')) && is_ascii_digit(peek(1))) {
        ++at_;
        auto n = digits();
        if (skip(':'))
          n += digits();
        return n == 2 || n == 4;
      }
      // `UTC`, `CEST`, `EST5EDT`; a level is none.
      auto begin = at_;
      while (is_ascii_letter(peek()) && peek() <= 'Z')
        ++at_;
      auto word = text_.substr(begin, at_ - begin);
      return ends()
             && (word == "UTC" || word == "GMT"
                 || (word.size() >= 3 && word.size() <= 5
                     && (word.ends_with("ST") || word.ends_with("DT")
                         || word == "CET" || word == "EET" || word == "WET"
                         || word == "MSK")));
    });
    // `[Europe/Berlin]`
    attempt([this] {
      if (!skip('['))
        return false;
      while (is_ascii_letter(peek()) || is('/') || is('_'))
        ++at_;
      return skip(']');
    });
  }

  bool part_of_day() {
    return attempt([this] {
      skip_blanks();
      auto word = ascii_lower(text_.substr(at_, 2));
      at_ += 2;
      return (word == "am" || word == "pm") && ends();
    });
  }

  /// `2022` of `Tue Jun 7 22:46:39 2022`.
  bool year_behind() {
    return attempt([this] {
      return skip_blanks() && is_ascii_digit(peek()) && digits() == 4 && ends()
             && (text_[at_ - 4] == '1' || text_[at_ - 4] == '2');
    });
  }

  bool ends() const {
    auto c = peek();
    return !is_ascii_digit(c) && !is_ascii_letter(c) && c != '_' && c != '%';
  }

private:
  template <class F>
  bool attempt(F f) {
    auto begin = at_;
    if (f())
      return true;
    at_ = begin;
    return false;
  }

  char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  bool is(char c) const { return at_ < text_.size() && text_[at_] == c; }

  bool skip(char c) {
    if (!is(c))
      return false;
    ++at_;
    return true;
  }

  bool skip_blanks() {
    auto begin = at_;
    while (is(' '))
      ++at_;
    return at_ > begin;
  }

  bool skip_any() {
    skip_blanks();
    return true;
  }

  bool attempt_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word))
      return false;
    at_ += word.size();
    return true;
  }

  size_t digits() {
    auto begin = at_;
    while (is_ascii_digit(peek()))
      ++at_;
    return at_ - begin;
  }

  /// @param names Of three letters each.
  template <size_t N>
  bool name(const std::array<std::string_view, N>& names) {
    auto begin = at_;
    while (is_ascii_letter(peek()))
      ++at_;
    const auto word = text_.substr(begin, at_ - begin);
    constexpr size_t short_name = 3;
    const auto head = word.substr(0, short_name);
    return std::any_of(names.begin(), names.end(),
                       [&](std::string_view each) {
                         return equal_ignoring_case(each, head);
                       })
           && (word.size() == short_name || is_long_name(ascii_lower(word)));
  }

  static bool is_long_name(std::string_view word) {
    constexpr std::array<std::string_view, 19> names = {
        "january",  "february", "march",     "april",   "june",
        "july",     "august",   "september", "sept",    "october",
        "november", "december", "monday",    "tuesday", "wednesday",
        "thursday", "friday",   "saturday",  "sunday"};
    return std::find(names.begin(), names.end(), word) != names.end();
  }

  bool month() {
    constexpr std::array<std::string_view, 12> names = {
        "jan", "feb", "mar", "apr", "may", "jun",
        "jul", "aug", "sep", "oct", "nov", "dec"};
    return name(names);
  }

  /// `2022-06-07`, `06/07/22`, `7.6.2022`, `2022-Jun-07`, `20220607`.
  bool numeric_date() {
    auto n = digits();
    if (n == 8) {
      auto year = text_.substr(at_ - 8, 2);
      auto month = text_.substr(at_ - 4, 2);
      auto day = text_.substr(at_ - 2);
      return (year == "19" || year == "20") && month <= "12"
             && day.substr(0, 2) <= "31" && (ends() || is('T'));
    }
    auto mark = peek();
    if ((n != 4 && n != 2 && n != 1)
        || (mark != '-' && mark != '/' && mark != '.'))
      return false;
    ++at_;
    auto middle = digits();
    if (middle > 2 || (middle == 0 && !month()) || !skip(mark))
      return false;
    auto last = digits();
    // A version or an IP address is no date.
    if (mark == '.' && last != 4 && n != 4 && (n != 2 || middle != 2))
      return false;
    return (last == 4 || last == 2 || last == 1) && (n == 4 || last != 1)
           && (ends() || is('T') || is('t') || is('_'));
  }

  /// `7 Jun 2022`, `07-Jun-22`, `07/Jun/2022`.
  bool day_first() {
    auto n = digits();
    if (n != 1 && n != 2)
      return false;
    auto mark = peek();
    if (mark != ' ' && mark != '-' && mark != '/')
      return false;
    ++at_;
    if (!month())
      return false;
    attempt([&] {
      skip(',');
      if (!skip(mark))
        return false;
      auto year = digits();
      return year == 4 || (year == 2 && !is(':'));
    });
    return true;
  }

  /// `Jun  7`, `Jun 07, 2022`, `June 7th, 2022`, `Jun-07-2022`.
  bool month_first() {
    if (!month())
      return false;
    auto mark = peek();
    if (mark == '.' && peek(1) == ' ')
      mark = text_[++at_];
    if ((mark != ' ' && mark != '-' && mark != '/')
        || (mark == ' ' ? !skip_blanks() : !skip(mark)))
      return false;
    auto n = digits();
    if ((n != 1 && n != 2) || is(':'))
      return false;
    for (std::string_view tail : {"st", "nd", "rd", "th"})
      attempt_word(tail);
    attempt([&] {
      auto comma = skip(',');
      if (!skip(mark) && !comma)
        return false;
      return digits() == 4;
    });
    return true;
  }

  /// `22:46`, `22:46:39.123456`.
  bool clock(char mark) {
    auto n = digits();
    if ((n != 1 && n != 2) || !skip(mark) || digits() != 2)
      return false;
    auto seconds = attempt([&] { return skip(mark) && digits() == 2; });
    if (mark == '.' && !seconds)
      return false;
    attempt([this] { return (skip('.') || skip(',')) && digits() > 0; })
        || attempt([this] { return skip(':') && digits() == 3; });
    return ends() || is('Z') || is('z');
  }

  std::string_view text_;
  size_t at_ = 0;
};

} // namespace

size_t log_stamp_length(std::string_view line) {
  stamp_reader reader{line};
  if (reader.epoch())
    return reader.at();
  reader.weekday();
  if (reader.date()) {
    if (reader.joint() && reader.time())
      reader.zone();
  } else if (reader.time()) {
    reader.zone();
  } else {
    return 0;
  }
  reader.year_behind();
  return reader.at();
}

} // namespace motorcade
