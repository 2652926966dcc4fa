#include "schema/log/log_pairs.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/npos.hpp"
#include "schema/log/log_words.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace motorcade {

namespace {

constexpr bool is_key(char c) {
  return is_ascii_letter(c) || c == '_' || c == '.';
}

/// @returns the place where the key begins that ends at `end`.
size_t begin_of_key(std::string_view line, size_t end) {
  while (end > 0 && is_key(line[end - 1]))
    --end;
  return end;
}

/// @returns the word at `at`, of a level's kind: letters, and a step of slog.
std::string_view word_at(std::string_view line, size_t at) {
  auto end = at;
  while (end < line.size() && is_ascii_letter(line[end]))
    ++end;
  if (end + 1 < line.size() && (line[end] == '+' || line[end] == '-')
      && is_ascii_digit(line[end + 1])) {
    ++end;
    while (end < line.size() && is_ascii_digit(line[end]))
      ++end;
  }
  return line.substr(at, end - at);
}

/// @returns the level of `level=warn` or `level="warn"`.
std::optional<log_level> level_of_assigned(std::string_view line, size_t sign) {
  auto value = sign + 1;
  if (value < line.size() && line[value] == '"')
    ++value;
  return level_of_word(word_at(line, value));
}

/// @returns the level of `level: error, msg: …`: in a list of pairs, not in a
/// sentence.
std::optional<log_level> level_of_listed(std::string_view line, size_t key,
                                         size_t sign) {
  auto begin = key;
  while (begin > 0 && line[begin - 1] == ' ')
    --begin;
  auto first = begin == 0;
  if (!first && line[begin - 1] != ',' && line[begin - 1] != ';')
    return std::nullopt;
  auto at = std::min(line.find_first_not_of(' ', sign + 1), line.size());
  auto word = word_at(line, at);
  auto behind = at + word.size();
  auto ends =
      behind == line.size() || line[behind] == ',' || line[behind] == ';';
  // `level: error msg: …`
  if (!ends && first && line[behind] == ' ') {
    auto next = behind + 1;
    while (next < line.size() && is_key(line[next]))
      ++next;
    ends = next > behind + 1 && next < line.size() && line[next] == ':';
  }
  return ends ? level_of_word(word) : std::nullopt;
}

} // namespace

level_key find_level_key(std::string_view key) {
  constexpr size_t longest = 15;
  if (key.size() < 2 || key.size() > longest)
    return level_key::none;
  // All keys of levels hold one of these letters: `l` of level, `v` of
  // severity.
  std::array<char, longest> letters = {};
  size_t size = 0;
  for (auto c : key)
    if (c != '_' && c != '.' && c != '-')
      letters.at(size++) = ascii_lower(c);
  const std::string_view name{letters.data(), size};
  if (name == "severitynumber")
    return level_key::severity_number;
  if (name == "levelno")
    return level_key::python_number;
  for (std::string_view each : {"level", "severity", "lvl", "levelname",
                                "loglevel", "@l", "@level", "severitytext"})
    if (name == each)
      return level_key::word;
  return level_key::none;
}

std::optional<log_level> level_in_pairs(std::string_view line) {
  for (size_t at = 0; at < line.size(); ++at) {
    at = line.find_first_of("=:", at);
    if (at == npos)
      break;
    if (at < 3)
      continue;
    // The last letter is checked first: that of `level`, `name` or `severity`.
    auto last = ascii_lower(line[at - 1]);
    if (last != 'l' && last != 'e' && last != 'y' && last != 't')
      continue;
    auto key = begin_of_key(line, at);
    if (find_level_key(line.substr(key, at - key)) != level_key::word)
      continue;
    auto level = line[at] == '=' ? level_of_assigned(line, at)
                                 : level_of_listed(line, key, at);
    if (level)
      return level;
  }
  return std::nullopt;
}

} // namespace motorcade
