#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace motorcade {

/// @returns the form of a word that fits the number, e.g. `was` or `were`.
inline std::string_view agree(uint64_t n, std::string_view one,
                              std::string_view many) {
  return n == 1 ? one : many;
}

/// @returns a number with its noun, for a person: `1 row`, `2 rows`.
/// @param noun An English one whose plural takes an s.
inline std::string counted(uint64_t n, std::string_view noun) {
  return std::to_string(n) + " " + std::string{noun} + (n == 1 ? "" : "s");
}

/// @returns a number with its noun and verb: `1 row was`, `2 rows were`.
inline std::string counted(uint64_t n, std::string_view noun,
                           std::string_view one, std::string_view many) {
  return counted(n, noun) + " " + std::string{agree(n, one, many)};
}

} // namespace motorcade
