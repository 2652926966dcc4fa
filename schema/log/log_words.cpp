#include "schema/log/log_words.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/npos.hpp"
#include "schema/base/trim.hpp"
#include "schema/log/log_stamp.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace motorcade {

namespace {

using spelling = std::pair<std::string_view, log_level>;

/// The words of levels besides those that `from_string` knows.
constexpr std::array<spelling, 30> spellings = {{
    {"NOTICE", log_level::info},      {"SUCCESS", log_level::info},
    {"INFORMATION", log_level::info}, {"INF", log_level::info},
    {"CONFIG", log_level::info},      {"SEVERE", log_level::error},
    {"ERR", log_level::error},        {"FAILURE", log_level::error},
    {"FINE", log_level::debug},       {"FINER", log_level::debug},
    {"FINEST", log_level::trace},     {"VERBOSE", log_level::debug},
    {"DBG", log_level::debug},        {"DEBUG2", log_level::debug},
    {"TRC", log_level::trace},        {"SPAM", log_level::trace},
    {"WRN", log_level::warn},         {"WARNINGS", log_level::warn},
    {"CRIT", log_level::fatal},       {"ALERT", log_level::fatal},
    {"EMERG", log_level::fatal},      {"EMERGENCY", log_level::fatal},
    {"PANIC", log_level::fatal},      {"DPANIC", log_level::fatal},
    {"FTL", log_level::fatal},        {"PNC", log_level::fatal},
    {"CRITICAL", log_level::fatal},   {"SEV", log_level::error},
    {"EROR", log_level::error},       {"DBUG", log_level::debug},
}};

constexpr bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

constexpr bool is_separator(char c) {
  return c == '-' || c == '|' || c == ':' || c == '*' || c == ';' || c == ','
         || c == '>' || c == '=' || c == '#' || c == '/';
}

bool all_upper(std::string_view word) {
  return std::all_of(word.begin(), word.end(), is_upper);
}

/// `+2` and `-4` of Go's slog: steps from a level that has a name.
size_t step_length(std::string_view text) {
  if (text.size() < 2 || (text[0] != '+' && text[0] != '-'))
    return 0;
  size_t end = 1;
  while (end < text.size() && is_ascii_digit(text[end]))
    ++end;
  constexpr size_t longest = 3;
  return end > 1 && end <= longest ? end : 0;
}

/// @returns whether a word of log may end here: `ERROR:`, not `error_count` or
/// `info@`.
bool ends_word(std::string_view text, size_t at) {
  if (at >= text.size() || is_json_blank(text[at]))
    return true;
  auto next = at + 1 < text.size() ? text[at + 1] : ' ';
  switch (text[at]) {
  case ':':
  case ']':
  case ')':
  case '>':
  case '|':
  case ',':
  case '/':
  case '}':
  case '"':
  case '!':
    return true;
  case '-':
  case '.':
    return is_json_blank(next);
  default:
    return false;
  }
}

std::optional<log_level> level_of_letter(char c) {
  switch (c) {
  case 'T':
  case 'V':
    return log_level::trace;
  case 'D':
    return log_level::debug;
  case 'I':
    return log_level::info;
  case 'W':
    return log_level::warn;
  case 'E':
    return log_level::error;
  case 'F':
  case 'C':
    return log_level::fatal;
  default:
    return std::nullopt;
  }
}

/// `I0607 22:46:39.000 …` of klog and glog, `I20220607 …` of a newer one.
std::optional<log_level> level_of_glog(std::string_view line) {
  auto end = line.find(' ');
  if ((end != 5 && end != 9)
      || !std::all_of(line.begin() + 1,
                      line.begin() + static_cast<std::ptrdiff_t>(end),
                      is_ascii_digit))
    return std::nullopt;
  return level_of_letter(line[0]);
}

/// `E: …` of apt, `E 2024-01-01 …`. Other letters are names of drives, points
/// of a list and the like.
std::optional<log_level> level_of_lone_letter(std::string_view line) {
  if (line.size() < 3 || (line[1] != ':' && line[1] != ' '))
    return std::nullopt;
  if (line[1] == ':')
    return line[2] == ' ' && (line[0] == 'E' || line[0] == 'W')
               ? level_of_letter(line[0])
               : std::nullopt;
  return is_ascii_digit(line[2]) && log_stamp_length(line.substr(2)) > 0
             ? level_of_letter(line[0])
             : std::nullopt;
}

/// `npm ERR! …`, `npm warn …`: programs whose name stands before the level.
std::optional<log_level> level_behind_program(std::string_view line) {
  for (std::string_view name : {"npm ", "pnpm ", "yarn "})
    if (line.starts_with(name)) {
      auto word = letters_at(line, name.size());
      auto end = name.size() + word.size();
      if (end == line.size() || line[end] == ' ' || line[end] == '!')
        return level_of_word(word);
    }
  return std::nullopt;
}

/// `Error rate`, `debug mode`, `Trace id`: the words are about a level, and are
/// none of their own line.
bool qualifies_noun(std::string_view behind) {
  if (behind.empty() || behind[0] != ' ')
    return false;
  const auto next = letters_at(behind, 1);
  for (std::string_view noun :
       {"rate",     "rates",    "count",     "counts",    "handling", "handler",
        "handlers", "log",      "logs",      "logging",   "level",    "levels",
        "mode",     "messages", "reporting", "id",        "ids",      "budget",
        "signs",    "output",   "threshold", "attraction"})
    if (next == noun)
      return true;
  return false;
}

/// `<3>`, or `<165>` with a facility, as syslog begins its lines.
std::optional<log_level> level_of_priority(std::string_view line) {
  constexpr int highest = 191;
  int priority = -1;
  if (!line.starts_with('<'))
    return std::nullopt;
  auto read =
      std::from_chars(line.data() + 1,
                      line.data() + std::min<size_t>(line.size(), 5), priority);
  if (read.ec != std::errc{} || priority < 0 || priority > highest
      || read.ptr == line.data() + line.size() || *read.ptr != '>')
    return std::nullopt;
  return level_of_syslog(priority % 8);
}

/// The level that a pair of brackets says: `[INFO]`, `[main:INFO]`,
/// `[INFO/MainProcess]`, `[W 2024-01-01 …]`, `[core:error]`,
/// `[2024-01-01 00:00:00 error]`.
std::optional<log_level> level_in_brackets(std::string_view inside) {
  inside = trim(inside);
  if (auto level = level_of_word(inside))
    return level;
  if (auto stamp = log_stamp_length(inside)) {
    auto rest = inside.substr(stamp);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    log_level common{};
    return from_string(letters_at(rest, 0), common) ? common
                                                    : level_in_brackets(rest);
  }
  if (auto colon = inside.rfind(':'); colon != npos)
    if (auto level = level_of_word(inside.substr(colon + 1)))
      return level;
  if (inside.size() == 1
      || (inside.size() > 2 && inside[1] == ' ' && is_ascii_digit(inside[2])))
    return level_of_letter(inside[0]);
  for (size_t at = 0; at < inside.size();) {
    auto word = letters_at(inside, at);
    auto begins = at == 0
                  || (!is_ascii_digit(inside[at - 1]) && inside[at - 1] != '_'
                      && inside[at - 1] != '.');
    if (!word.empty() && begins && all_upper(word) && word.size() > 2
        && ends_word(inside, at + word.size()))
      if (auto level = level_of_word(word))
        return level;
    at += std::max<size_t>(word.size(), 1);
  }
  return std::nullopt;
}

/// @returns whether a word is a number of a stamp's or a counter's kind.
bool is_stamp(std::string_view token) {
  if (token.empty()
      || (!is_ascii_digit(token[0]) && token[0] != '+' && token[0] != '-'))
    return false;
  // Seconds as Go's zap prints them: `1.7000000001e+09`.
  if (token.ends_with("e+09"))
    token.remove_suffix(4);
  // A short number may be the first word of a sentence.
  if (token.find_first_of(":-/") == npos && token.size() < 10)
    return false;
  return std::all_of(token.begin(), token.end(), [](char c) {
    return is_ascii_digit(c) || c == '-' || c == ':' || c == '/' || c == '.'
           || c == ',' || c == 'T' || c == 'Z' || c == '+' || c == 's'
           || c == 'm';
  });
}

/// @returns whether a word may be the name of a logger, a thread or a program.
bool is_name(std::string_view token, std::string_view rest) {
  if (token.ends_with(':') || token.find("::") != npos)
    return true;
  auto dot = token.find('.');
  if (dot != npos && dot > 0 && dot + 1 < token.size())
    return true;
  auto next = rest.find_first_not_of(' ');
  if (next == npos || next == 0)
    return false;
  // `root - INFO - `, `main | INFO`.
  auto behind = next + 1;
  return is_separator(rest[next])
         && (behind >= rest.size() || is_json_blank(rest[behind]));
}

} // namespace

std::string_view letters_at(std::string_view text, size_t at) {
  auto end = at;
  while (end < text.size() && is_ascii_letter(text[end]))
    ++end;
  return text.substr(at, end - at);
}

std::optional<log_level> level_of_word(std::string_view word) {
  constexpr size_t longest = 11;
  auto sign = word.find_first_of("+-");
  if (sign != npos && sign + step_length(word.substr(sign)) == word.size())
    word = word.substr(0, sign);
  if (word.size() > longest)
    return std::nullopt;
  log_level level{};
  if (from_string(word, level))
    return level;
  for (const auto& [name, value] : spellings)
    if (equal_ignoring_case(name, word))
      return value;
  return std::nullopt;
}

std::optional<log_level> level_of_syslog(int severity) {
  constexpr std::array<log_level, 8> levels = {
      log_level::fatal, log_level::fatal, log_level::fatal, log_level::error,
      log_level::warn,  log_level::info,  log_level::info,  log_level::debug};
  if (severity < 0 || severity > 7)
    return std::nullopt;
  return levels.at(static_cast<size_t>(severity));
}

std::optional<log_level> level_in_head(std::string_view line) {
  if (auto level = level_of_priority(line))
    return level;
  if (auto level = level_of_glog(line))
    return level;
  if (auto level = level_of_lone_letter(line))
    return level;
  if (auto level = level_behind_program(line))
    return level;
  constexpr size_t longest_brackets = 120;
  constexpr int most_tokens = 16;
  auto stamped = false;
  auto bracketed = false;
  auto first = true;
  // `x.rb:3: warning: …`
  auto placed = false;
  // One plain name may stand behind a time: that of a thread.
  auto name_allowed = true;
  size_t at = 0;
  for (int i = 0; i < most_tokens; ++i) {
    while (at < line.size()
           && (is_json_blank(line[at]) || is_separator(line[at])))
      ++at;
    if (at == line.size())
      return std::nullopt;
    auto open = std::string_view{"[({<"}.find(line[at]);
    if (open != npos) {
      // A zone in brackets may belong to the stamp.
      auto stamp = log_stamp_length(line.substr(at + 1));
      auto close = line.substr(0, at + longest_brackets)
                       .find("])}>"[open], at + 1 + stamp);
      if (close == npos)
        return std::nullopt;
      auto inside = line.substr(at + 1, close - at - 1);
      if (auto level = level_in_brackets(inside))
        return level;
      bracketed = true;
      stamped = stamped || stamp > 0;
      first = first && inside.empty();
      at = close + 1;
      continue;
    }
    if (auto stamp = log_stamp_length(line.substr(at))) {
      stamped = true;
      first = false;
      at += stamp;
      continue;
    }
    auto end = at;
    while (end < line.size() && !is_json_blank(line[end]))
      ++end;
    auto token = line.substr(at, end - at);
    auto word = letters_at(line, at);
    auto behind = at + word.size();
    // `ERROR+2`, and `ERROR[0001]` of Go's logrus.
    auto upper_tail = word.size() > 2 && all_upper(word);
    if (upper_tail)
      behind += step_length(line.substr(behind));
    if (!word.empty()
        && (ends_word(line, behind)
            || (upper_tail && line.substr(behind).starts_with('['))))
      if (auto level = level_of_word(word)) {
        log_level common{};
        auto marked = behind < line.size()
                      && (line[behind] == ':' || line[behind] == '|');
        // In lower case some words of levels are ordinary words: `fine`,
        // `notice`, `config`.
        if (all_upper(word)
            || (from_string(word, common)
                && (stamped || bracketed
                    || (first && !qualifies_noun(line.substr(behind)))))
            || (marked && (first || stamped || placed)))
          return level;
      }
    // `E, [2024-01-01 …] ERROR -- : …`
    auto letter = token.size() == 2 && is_upper(token[0]) && token[1] == ',';
    // `production.ERROR: …`
    auto dot = token.ends_with(':') ? token.rfind('.') : npos;
    if (dot != npos) {
      auto channel = letters_at(token, dot + 1);
      auto level = level_of_word(channel);
      if (level && all_upper(channel))
        return level;
    }
    auto number = std::all_of(token.begin(), token.end(), is_ascii_digit);
    if (is_stamp(token) || (number && stamped)) {
      stamped = true;
    } else if (!letter && !is_name(token, line.substr(end))) {
      auto next = line.find_first_not_of(' ', end);
      auto second = next == npos ? std::string_view{} : letters_at(line, next);
      auto upper = second.size() >= 3 && all_upper(second);
      // A host, as syslog has it: `Jun  7 22:46:39 host app[1]: …`
      auto tag = next == npos ? std::string_view{} : line.substr(next);
      tag = tag.substr(0, tag.find(' '));
      if (!stamped || !name_allowed || (!upper && !tag.ends_with("]:")))
        return std::nullopt;
      name_allowed = false;
    }
    first = false;
    placed = token.size() > 2 && token.ends_with(':')
             && is_ascii_digit(token[token.size() - 2]);
    at = end;
  }
  return std::nullopt;
}

} // namespace motorcade
