#include "runtime/destination/tables/exact_value.hpp"

#include "runtime/destination/tables/decimal_number.hpp"
#include "runtime/destination/tables/time_text.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace motorcade {

namespace {

/// @returns whether the shortest text of the floating number that a text means
/// is the same number.
template <class Float>
bool survives(std::string_view number) {
  Float value = 0;
  const auto read =
      std::from_chars(number.data(), number.data() + number.size(), value);
  if (read.ec != std::errc{})
    return false;
  std::array<char, 64> text{};
  const auto written =
      std::to_chars(text.data(), text.data() + text.size(), value);
  return to_decimal({text.data(), written.ptr}) == to_decimal(number);
}

bool holds_number(std::string_view number, const column_shape& to) {
  if (to.float_bits == 64)
    return is_exact_double(number);
  if (to.float_bits == 32)
    return survives<float>(number);
  const auto any = to.whole_digits == 0 && to.fraction_digits == 0;
  return any || to_decimal(number).exponent >= -int64_t{to.fraction_digits};
}

bool holds_time(std::string_view text, const column_shape& to) {
  const auto time = parse_time(text);
  if (!time)
    return false;
  if (to.time == time_form::date)
    return time->hour == 0 && time->minute == 0 && time->second == 0
           && time->microsecond == 0 && time->offset_minutes == 0;
  if (time->fraction_digits <= to.second_digits)
    return true;
  const auto kept = text.find('.') + 1 + to.second_digits;
  const auto rest = text.substr(kept, time->fraction_digits - to.second_digits);
  return rest.find_first_not_of('0') == std::string_view::npos;
}

} // namespace

bool is_exact_double(std::string_view number) {
  // Any number of so few digits.
  constexpr size_t safe = 15;
  const auto short_enough =
      number.size() <= safe
      && number.find_first_of("eE") == std::string_view::npos;
  return short_enough || survives<double>(number);
}

bool holds_exactly(const cell& value, const column_shape& to) {
  if (value.form == cell_form::json)
    return true;
  if (value.form == cell_form::escaped && !decodes_exactly(value.text))
    return false;
  std::string decoded;
  if (value.form == cell_form::escaped
      && (to.type == column_type::floating
          || to.type == column_type::timestamp))
    append_decoded(decoded, value.text);
  const auto text = decoded.empty() ? value.text : std::string_view{decoded};
  switch (to.type) {
  case column_type::floating:
    return value.type == column_type::boolean || holds_number(text, to);
  case column_type::timestamp:
    return holds_time(text, to);
  case column_type::boolean:
  case column_type::integer:
  case column_type::json:
    break;
  case column_type::string:
    return to.keeps_text == nullptr || value.type != column_type::floating
           || survives<double>(text);
  }
  return true;
}

} // namespace motorcade
