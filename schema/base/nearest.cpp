#include "schema/base/nearest.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/excerpt.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

namespace motorcade {

namespace {

/// Longer names are compared by their first bytes: the time grows with the
/// product of both lengths.
constexpr size_t longest_compared = 256;

/// @returns the name in lower case, without the characters that separate its
/// words.
std::string without_style(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (c != '_' && c != '-' && c != '.' && c != ' ')
      out += ascii_lower(c);
  return out;
}

/// @returns the part behind the last dot of a qualified name; empty: there is
/// none.
std::string_view unqualified(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view{}
                                       : name.substr(dot + 1);
}

bool differ_by_qualifier(std::string_view a, std::string_view b) {
  const auto short_a = unqualified(a);
  const auto short_b = unqualified(b);
  return (!short_a.empty() && equal_ignoring_case(short_a, b))
         || (!short_b.empty() && equal_ignoring_case(short_b, a));
}

} // namespace

size_t edit_distance(std::string_view a, std::string_view b, size_t most) {
  if (std::max(a.size(), b.size()) - std::min(a.size(), b.size()) > most)
    return most + 1;
  std::vector<size_t> two_before(b.size() + 1);
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  std::iota(before.begin(), before.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({before[j] + 1, row[j - 1] + 1,
                         before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], two_before[j - 2] + 1);
    }
    if (*std::min_element(row.begin(), row.end()) > most)
      return most + 1;
    std::swap(two_before, before);
    std::swap(before, row);
  }
  return before[b.size()];
}

std::optional<size_t> find_nearest(std::string_view wanted,
                                   std::span<const std::string> known) {
  if (std::find(known.begin(), known.end(), wanted) != known.end())
    return {};
  const auto plain = without_style(
      wanted.substr(0, std::min(wanted.size(), longest_compared)));
  if (plain.empty())
    return {};
  // Distances are in half steps: a missing qualifier counts between no error
  // and one.
  constexpr size_t step = 2;
  std::optional<size_t> nearest;
  auto least = SIZE_MAX;
  for (size_t i = 0; i < known.size(); ++i) {
    const std::string_view name{known[i]};
    const auto other =
        without_style(name.substr(0, std::min(name.size(), longest_compared)));
    const auto most = std::min(plain.size(), other.size()) / 3;
    auto distance = edit_distance(plain, other, most);
    distance = distance > most ? SIZE_MAX : step * distance;
    if (distance > 1 && differ_by_qualifier(wanted, name))
      distance = 1;
    if (distance < least) {
      least = distance;
      nearest = i;
    }
  }
  return nearest;
}

std::string did_you_mean(std::string_view wanted,
                         std::span<const std::string> known) {
  const auto nearest = find_nearest(wanted, known);
  return nearest ? ", did you mean " + excerpt(known[*nearest]) + "?"
                 : std::string{};
}

} // namespace motorcade
