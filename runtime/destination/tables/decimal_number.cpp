#include "runtime/destination/tables/decimal_number.hpp"

#include <charconv>
#include <limits>

namespace motorcade {

decimal_number to_decimal(std::string_view number) {
  decimal_number out;
  out.negative = number.starts_with('-');
  if (number.starts_with('-') || number.starts_with('+'))
    number.remove_prefix(1);
  const auto end = number.find_first_of("eE");
  if (end != std::string_view::npos) {
    auto power = number.substr(end + 1);
    if (power.starts_with('+'))
      power.remove_prefix(1);
    const auto read = std::from_chars(power.data(), power.data() + power.size(),
                                      out.exponent);
    // The digits behind the point are counted off it.
    constexpr auto furthest = std::numeric_limits<int64_t>::max() / 2;
    if (read.ec != std::errc{})
      out.exponent = power.starts_with('-') ? -furthest : furthest;
  }
  auto behind_point = false;
  for (const auto c : number.substr(0, end)) {
    if (c == '.') {
      behind_point = true;
      continue;
    }
    out.exponent -= behind_point ? 1 : 0;
    if (c != '0' || !out.digits.empty())
      out.digits += c;
  }
  while (out.digits.ends_with('0')) {
    out.digits.pop_back();
    ++out.exponent;
  }
  return out.digits.empty() ? decimal_number{} : out;
}

std::optional<std::string> whole_digits_of(std::string_view number) {
  constexpr size_t most = std::numeric_limits<uint64_t>::digits10 + 1;
  auto [negative, digits, exponent] = to_decimal(number);
  if (exponent < 0 || digits.size() > most
      || static_cast<uint64_t>(exponent) > most - digits.size())
    return std::nullopt;
  if (digits.empty())
    return "0";
  digits.append(static_cast<size_t>(exponent), '0');
  return negative ? '-' + digits : digits;
}

} // namespace motorcade
