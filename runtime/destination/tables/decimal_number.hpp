#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// A number as `digits` times a power of ten, so that equal ones are equal.
struct decimal_number {
  bool negative = false;
  /// Without zeros at both ends; empty: the number is 0.
  std::string digits = {};
  int64_t exponent = 0;

  friend bool operator==(const decimal_number&,
                         const decimal_number&) = default;
};

/// @param number Of JSON, with a sign perhaps. An exponent beyond 64 bits
/// counts as one that is as far from 0 as is possible.
decimal_number to_decimal(std::string_view number);

/// @returns all digits of a whole number, without a point or an exponent;
/// nothing if it is not whole, or has more digits than a number of 64 bits.
std::optional<std::string> whole_digits_of(std::string_view number);

} // namespace motorcade
