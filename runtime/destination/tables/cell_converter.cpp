#include "runtime/destination/tables/cell_converter.hpp"

#include "runtime/destination/tables/decimal_number.hpp"
#include "runtime/destination/tables/time_text.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/hex.hpp"
#include "schema/base/utf8.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

namespace motorcade {

namespace {

cell plain(column_type type, std::string_view text) {
  return {type, cell_form::plain, text};
}

/// @returns the number that a string holds.
std::optional<cell> parse_number(std::string_view text) {
  if (text.empty() || json_number_length(text) != text.size())
    return std::nullopt;
  return number_cell(text);
}

double to_double(std::string_view number) {
  double value = 0;
  const auto read =
      std::from_chars(number.data(), number.data() + number.size(), value);
  // std::from_chars fails for numbers that are too large and for those too near
  // to zero alike; strtod returns infinity for the former and 0 for the latter.
  return read.ec == std::errc{}
             ? value
             : std::strtod(std::string{number}.c_str(), nullptr);
}

/// @returns whether an integer is in the range of the column.
bool fits(std::string_view integer, const column_shape& to) {
  const unsigned bits = to.integer_bits;
  int64_t value = 0;
  const auto* end = integer.data() + integer.size();
  const auto read = std::from_chars(integer.data(), end, value);
  if (read.ptr != end || read.ec != std::errc{})
    return false;
  if (bits >= 64)
    return !to.is_unsigned || value >= 0;
  if (to.is_unsigned)
    return value >= 0 && value < int64_t{1} << bits;
  const auto limit = int64_t{1} << (bits - 1);
  return value < limit && value >= -limit;
}

/// @returns whether a decimal with so many digits holds the number, after
/// rounding.
bool fits_decimal(std::string_view number, const column_shape& to) {
  // Longer numbers are not meant as numbers; Postgres's numeric ends far
  // beyond.
  constexpr int most_digits = 16'000;
  if (number.size() > most_digits)
    return false;
  const auto at = number.find_first_of("eE");
  if (at != std::string_view::npos) {
    auto digits = number.substr(at + 1);
    if (digits.starts_with('+'))
      digits.remove_prefix(1);
    int exponent = 0;
    const auto read =
        std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
    const auto left = most_digits - static_cast<int>(at);
    if (read.ec != std::errc{} || std::abs(exponent) > left)
      return false;
  }
  if (to.whole_digits == 0 && to.fraction_digits == 0)
    return true;
  const auto value = std::abs(to_double(number));
  return value + 0.5 * std::pow(10.0, -to.fraction_digits)
         < std::pow(10.0, to.whole_digits);
}

/// @returns whether all characters of a text are at most that code point.
bool holds_only(std::string_view text, char32_t last) {
  while (!text.empty())
    if (take_code_point(text) > last)
      return false;
  return true;
}

/// @returns whether the text is 32 hexadecimal digits, with or without hyphens
/// where UUIDs have them.
bool is_uuid(std::string_view text) {
  constexpr std::string_view form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  const auto bare = text.size() == form.size() - 4;
  if (!bare && text.size() != form.size())
    return false;
  for (size_t i = 0; i < text.size(); ++i)
    if (!bare && form[i] == '-' ? text[i] != '-' : hex_value(text[i]) < 0)
      return false;
  return true;
}

/// @returns how deep arrays and objects lie in each other; 1 for one alone.
size_t depth_of(std::string_view json) {
  size_t depth = 0;
  size_t most = 0;
  for (size_t at = 0; at < json.size(); ++at) {
    const auto c = json[at];
    if (c == '"')
      at += json_value_length(json.substr(at)) - 1;
    else if (c == '{' || c == '[')
      most = std::max(most, ++depth);
    else if (c == '}' || c == ']')
      --depth;
  }
  return most;
}

} // namespace

std::string_view cell_converter::decoded(const cell& value) {
  if (value.form != cell_form::escaped)
    return value.text;
  decoded_.clear();
  append_decoded(decoded_, value.text);
  return decoded_;
}

std::optional<cell> cell_converter::convert(const cell& value,
                                            const column_shape& to) {
  if (to.read_only)
    return std::nullopt;
  switch (to.type) {
  case column_type::boolean:
    return to_boolean(value);
  case column_type::integer:
    return to_integer(value, to);
  case column_type::floating:
    return to_floating(value, to);
  case column_type::timestamp:
    return to_timestamp(value, to);
  case column_type::json:
    return to_json(value, to);
  case column_type::string:
    break;
  }
  return to_string(value, to);
}

std::optional<cell> cell_converter::to_boolean(const cell& value) {
  constexpr auto type = column_type::boolean;
  switch (value.type) {
  case column_type::boolean:
    return value;
  case column_type::integer:
  case column_type::string: {
    const auto text = decoded(value);
    if (text == "1" || equal_ignoring_case(text, "true"))
      return plain(type, "true");
    if (text == "0" || equal_ignoring_case(text, "false"))
      return plain(type, "false");
    return std::nullopt;
  }
  case column_type::floating:
  case column_type::timestamp:
  case column_type::json:
    break;
  }
  return std::nullopt;
}

std::optional<cell> cell_converter::to_integer(const cell& value,
                                               const column_shape& to) {
  constexpr auto type = column_type::integer;
  switch (value.type) {
  case column_type::boolean:
    return plain(type, value.text == "true" ? "1" : "0");
  case column_type::integer:
    if ((to.integer_bits < 64 || to.is_unsigned) && !fits(value.text, to))
      return std::nullopt;
    return value;
  case column_type::floating: {
    auto whole = whole_digits_of(value.text);
    if (!whole)
      return std::nullopt;
    scratch_ = *std::move(whole);
    if (!fits(scratch_, to))
      return std::nullopt;
    return plain(type, scratch_);
  }
  case column_type::string: {
    const auto number = parse_number(decoded(value));
    if (!number || number->type != type || !fits(number->text, to))
      return std::nullopt;
    return number;
  }
  case column_type::timestamp:
  case column_type::json:
    break;
  }
  return std::nullopt;
}

std::optional<cell> cell_converter::to_floating(const cell& value,
                                                const column_shape& to) {
  constexpr auto type = column_type::floating;
  std::string_view number;
  switch (value.type) {
  case column_type::boolean:
    return plain(type, value.text == "true" ? "1" : "0");
  case column_type::integer:
  case column_type::floating:
    number = value.text;
    break;
  case column_type::string: {
    const auto text = decoded(value);
    if (text.empty() || json_number_length(text) != text.size())
      return std::nullopt;
    number = text;
    break;
  }
  case column_type::timestamp:
  case column_type::json:
    return std::nullopt;
  }
  if (to.float_bits == 0)
    return fits_decimal(number, to) ? std::optional{plain(type, number)}
                                    : std::nullopt;
  if (to.float_bits == 32) {
    constexpr double largest = std::numeric_limits<float>::max();
    constexpr double smallest = std::numeric_limits<float>::min();
    const auto size = std::abs(to_double(number));
    if (size > largest)
      return std::nullopt;
    return plain(type, size < smallest ? "0" : number);
  }
  if (value.type == column_type::string) {
    // An integer beyond 64 bits fits if a double can hold it.
    if (number_cell(number).type == column_type::string
        && !std::isfinite(to_double(number)))
      return std::nullopt;
  }
  // Warehouses refuse a number that is nearer to zero than any double. A short
  // one needs an exponent for that.
  constexpr size_t short_enough = 300;
  const auto tiny = (number.size() > short_enough
                     || number.find_first_of("eE") != std::string_view::npos)
                    && to_double(number) == 0;
  return plain(type, tiny ? "0" : number);
}

std::optional<cell> cell_converter::to_timestamp(const cell& value,
                                                 const column_shape& to) {
  if (value.type != column_type::string && value.type != column_type::timestamp)
    return std::nullopt;
  const auto text = decoded(value);
  const auto time = parse_time(text);
  if (!time)
    return std::nullopt;
  if (!to.first_time.empty() || !to.last_time.empty()) {
    // Texts of one form are in the order of the times.
    constexpr size_t to_the_second = 19;
    const auto in_utc = to_utc_text(*time, time_form::unzoned);
    if (!in_utc)
      return std::nullopt;
    const auto second = std::string_view{*in_utc}.substr(0, to_the_second);
    if (second < to.first_time
        || (!to.last_time.empty() && second > to.last_time))
      return std::nullopt;
  }
  // The forms that every warehouse reads as they are.
  constexpr size_t with_seconds = 19;
  constexpr int largest_offset = 15 * 60;
  const auto as_it_is = to.time == time_form::zoned
                        && text.size() > with_seconds && text[10] == 'T'
                        && text[16] == ':' && time->fraction_digits <= 6
                        && std::abs(time->offset_minutes) < largest_offset;
  if (as_it_is)
    return plain(column_type::timestamp, text);
  auto utc = to_utc_text(*time, to.time);
  if (!utc)
    return std::nullopt;
  scratch_ = *std::move(utc);
  return plain(column_type::timestamp, scratch_);
}

std::optional<cell> cell_converter::to_string(const cell& value,
                                              const column_shape& to) {
  const auto is_text =
      value.type == column_type::string || value.type == column_type::timestamp;
  if (is_text && to.keeps_text != nullptr && !to.keeps_text(decoded(value)))
    return std::nullopt;
  auto out = value;
  out.type = column_type::string;
  if (value.form == cell_form::json) {
    scratch_.clear();
    append_compact_json(scratch_, value.text);
    out.text = scratch_;
    out.form = cell_form::text;
  }
  return fits_text(out, to) ? std::optional{out} : std::nullopt;
}

bool cell_converter::fits_text(const cell& value, const column_shape& to) {
  if (to.max_characters > 0
      && count_characters(decoded(value)) > to.max_characters)
    return false;
  if (to.max_bytes > 0 && decoded(value).size() > to.max_bytes)
    return false;
  if (!to.choices.empty()
      && std::find(to.choices.begin(), to.choices.end(), decoded(value))
             == to.choices.end())
    return false;
  if (to.is_uuid && !is_uuid(decoded(value)))
    return false;
  return to.last_character == 0x10FFFF
         || holds_only(decoded(value), to.last_character);
}

std::optional<cell> cell_converter::to_json(const cell& value,
                                            const column_shape& to) {
  scratch_.clear();
  switch (value.type) {
  case column_type::string:
  case column_type::timestamp: {
    const auto text = decoded(value);
    if (check_json(text))
      return std::nullopt;
    append_compact_json(scratch_, text);
    break;
  }
  case column_type::json:
  case column_type::boolean:
  case column_type::integer:
  case column_type::floating:
    append_compact_json(scratch_, value.text);
    break;
  }
  // A text holds what lies too deep for the column.
  if (to.max_depth > 0 && depth_of(scratch_) > to.max_depth)
    scratch_ = encode_json_string(scratch_);
  return cell{column_type::json, cell_form::text, scratch_};
}

} // namespace motorcade
