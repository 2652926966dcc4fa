#include "schema/json/bad_value.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace motorcade {

namespace {

/// The longest name within a path, in characters.
constexpr size_t longest_step = 80;

/// The length of `\uXXXX`.
constexpr size_t escape_length = 6;

/// @returns the path of the innermost value that holds the byte at `byte`.
std::string path_to(std::string_view json, const char* byte) {
  std::string out;
  auto here = std::optional{json_view{json}};
  while (here) {
    const auto at = *here;
    here.reset();
    const auto take = [&](const std::string& step, json_view value) {
      const auto* begin = value.raw().data();
      if (here || byte < begin || byte >= begin + value.raw().size())
        return;
      out += step;
      here = value;
    };
    at.for_each_member([&](const std::string& name, json_view value) {
      take((out.empty() ? "" : ".") + excerpt(name, longest_step), value);
    });
    size_t i = 0;
    at.for_each_element(
        [&](json_view value) { take('[' + std::to_string(i++) + ']', value); });
  }
  return out;
}

/// @returns the code unit of a `\uXXXX` at the start of the text; nothing:
/// another escape stands there.
std::optional<unsigned> unit_at(std::string_view text) {
  if (text.size() < escape_length || text[0] != '\\' || text[1] != 'u')
    return {};
  unsigned out = 0;
  std::from_chars(text.data() + 2, text.data() + escape_length, out, 16);
  return out;
}

bool is_high(unsigned unit) {
  return unit >= 0xd800 && unit < 0xdc00;
}

bool is_low(unsigned unit) {
  return unit >= 0xdc00 && unit < 0xe000;
}

/// @returns what is wrong with the escape at the start of the text; empty:
/// nothing.
/// @param length The bytes of it, those of a whole pair.
std::string_view fault_of_escape(std::string_view text, bool nul,
                                 size_t& length) {
  const auto unit = unit_at(text);
  length = unit ? escape_length : 2;
  if (!unit)
    return {};
  if (nul && *unit == 0)
    return "holds a NUL character";
  if (is_high(*unit)) {
    const auto next = unit_at(text.substr(escape_length));
    if (next && is_low(*next)) {
      length = 2 * escape_length;
      return {};
    }
  }
  return is_high(*unit) || is_low(*unit)
             ? "holds half of a surrogate pair (\\ud800 to \\udfff), which is "
               "no character"
             : std::string_view{};
}

/// @returns the digits of a number from the first to the last that is not 0.
std::string digits_of(std::string_view number) {
  std::string out;
  for (const auto c : number.substr(0, number.find_first_of("eE")))
    if (c >= '0' && c <= '9' && !(out.empty() && c == '0'))
      out += c;
  out.erase(out.find_last_not_of('0') + 1);
  return out;
}

/// @returns what is wrong with a number that has a fraction or an exponent;
/// empty: nothing.
std::string_view fault_of_fraction(std::string_view number) {
  // So many digits name every double; more are lost when it is written anew.
  constexpr size_t most_digits = 17;
  constexpr size_t longest_written = 32;
  const auto value = std::strtod(std::string{number}.c_str(), nullptr);
  if (std::isinf(value))
    return "is a number beyond all that a program can hold";
  const auto digits = digits_of(number);
  std::array<char, longest_written> written{};
  if (!digits.empty() && digits.size() <= most_digits)
    std::snprintf(written.data(), written.size(), "%.*e",
                  static_cast<int>(digits.size()) - 1, value);
  return digits == digits_of(written.data())
             ? std::string_view{}
             : "has more digits than most programs keep, and would be rounded; "
               "send it as a text";
}

/// @returns what is wrong with a number; empty: nothing.
std::string_view fault_of_number(std::string_view number) {
  const auto* end = number.data() + number.size();
  if (number.find_first_of(".eE") != std::string_view::npos)
    return fault_of_fraction(number);
  int64_t negative = 0;
  uint64_t positive = 0;
  const auto read = number.front() == '-'
                        ? std::from_chars(number.data(), end, negative)
                        : std::from_chars(number.data(), end, positive);
  return read.ec == std::errc{}
             ? std::string_view{}
             : "is a whole number beyond 64 bits, which would be rounded; send "
               "it as a text";
}

/// @returns whether the text that ends at `end` is the name of a member.
bool is_name(std::string_view json, size_t end) {
  const auto next = json.find_first_not_of(" \t\r\n", end);
  return next != std::string_view::npos && json[next] == ':';
}

} // namespace

std::string to_text(const bad_value& bad) {
  return bad.place.empty() ? bad.what : bad.place + ' ' + bad.what;
}

bool nests_deeper(std::string_view json, size_t depth) {
  size_t now = 0;
  for (size_t i = 0; i < json.size(); ++i) {
    auto c = json[i];
    if (c == '"') {
      for (++i; i < json.size() && json[i] != '"'; ++i)
        if (json[i] == '\\')
          ++i;
    } else if (c == '{' || c == '[') {
      if (++now > depth)
        return true;
    } else if ((c == '}' || c == ']') && now > 0) {
      --now;
    }
  }
  return false;
}

std::optional<bad_value> find_bad_value(std::string_view json, bool nul,
                                        size_t most_members) {
  // The names that the objects have which the scan is within.
  std::vector<std::unordered_set<std::string>> names;
  const auto found = [&](size_t at, std::string_view what) {
    return bad_value{path_to(json, json.data() + at), std::string{what}};
  };
  for (size_t i = 0; i < json.size();) {
    if (json[i] == '"') {
      const auto start = i;
      for (++i; i < json.size() && json[i] != '"';) {
        size_t length = 1;
        if (json[i] == '\\')
          if (const auto what = fault_of_escape(json.substr(i), nul, length);
              !what.empty())
            return found(i, what);
        i += length;
      }
      ++i;
      if (!is_name(json, i))
        continue;
      const auto name = json_view{json.substr(start, i - start)}.text();
      if (!names.back().insert(name).second) {
        auto place = path_to(json, json.data() + start);
        place += (place.empty() ? "" : ".") + excerpt(name, longest_step);
        return bad_value{std::move(place), "is there twice, of which programs "
                                           "read one or the other"};
      }
      if (names.back().size() > most_members)
        return found(start, "is an object of more than "
                                + std::to_string(most_members) + " members");
    } else if (const auto length = json_number_length(json.substr(i));
               length > 0) {
      if (const auto what = fault_of_number(json.substr(i, length));
          !what.empty())
        return found(i, what);
      i += length;
    } else {
      if (json[i] == '{')
        names.emplace_back();
      else if (json[i] == '}')
        names.pop_back();
      ++i;
    }
  }
  return {};
}

} // namespace motorcade
