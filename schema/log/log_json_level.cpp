#include "schema/log/log_json_level.hpp"

#include "schema/base/ascii.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"
#include "schema/log/log_words.hpp"

#include <array>
#include <charconv>

namespace motorcade {

namespace {

constexpr auto npos = std::string_view::npos;

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string_view letters_at(std::string_view text, size_t at) {
  auto end = at;
  while (end < text.size() && is_letter(text[end]))
    ++end;
  return text.substr(at, end - at);
}

std::optional<log_level> level_of_number(std::string_view key, double n) {
  if (ascii_lower(key).starts_with("severityn"))
    return n >= 21   ? log_level::fatal
           : n >= 17 ? log_level::error
           : n >= 13 ? log_level::warn
           : n >= 9  ? log_level::info
           : n >= 5  ? log_level::debug
                     : log_level::trace;
  if (n >= 0 && n < 8)
    return level_of_syslog(static_cast<int>(n));
  if (key == "levelno")
    return n >= 50   ? log_level::fatal
           : n >= 40 ? log_level::error
           : n >= 30 ? log_level::warn
           : n >= 20 ? log_level::info
           : n >= 10 ? log_level::debug
                     : log_level::trace;
  return n >= 60   ? log_level::fatal
         : n >= 50 ? log_level::error
         : n >= 40 ? log_level::warn
         : n >= 30 ? log_level::info
         : n >= 20 ? log_level::debug
                   : log_level::trace;
}

constexpr std::array<std::string_view, 15> level_keys = {
    "level",         "severity",  "lvl",
    "levelname",     "log_level", "loglevel",
    "logLevel",      "log.level", "level_name",
    "levelName",     "@l",        "severityText",
    "severity_text", "levelno",   "severityNumber"};

std::optional<log_level> level_of_value(std::string_view key, json_view value) {
  if (value.is_string())
    return level_of_word(value.text());
  if (auto number = value.number())
    return level_of_number(key, *number);
  return std::nullopt;
}

/// The first `"level": "warn"` of something like JSON.
std::optional<log_level> level_in_broken_json(std::string_view text) {
  constexpr size_t searched = 4000;
  text = text.substr(0, searched);
  for (auto key : level_keys) {
    auto hit = text.find(key);
    auto behind = hit + key.size();
    if (hit == npos || hit == 0 || behind + 1 >= text.size())
      continue;
    auto quote = text[hit - 1];
    if ((quote != '"' && quote != '\'') || text[behind] != quote)
      continue;
    auto at = text.find_first_not_of(" :", behind + 1);
    if (at == npos)
      continue;
    if (text[at] == '"' || text[at] == '\'')
      return level_of_word(letters_at(text, at + 1));
    int number = 0;
    auto read =
        std::from_chars(text.data() + at, text.data() + text.size(), number);
    if (read.ec == std::errc{})
      return level_of_number(key, number);
  }
  return std::nullopt;
}

} // namespace

std::optional<log_level> level_in_json(std::string_view object) {
  auto end = object.find_last_not_of(" \t\r\n");
  object = object.substr(0, end == npos ? 0 : end + 1);
  if (check_json(object))
    return level_in_broken_json(object);
  json_view view{object};
  for (auto key : level_keys)
    if (auto value = view.find(key))
      if (auto level = level_of_value(key, *value))
        return level;
  if (auto log = view.find("log"))
    if (auto value = log->find("level"))
      return level_of_value("level", *value);
  // TRACE is a type of the protocol, too.
  if (auto type = view.find("type"); type && type->text() != "TRACE")
    return level_of_value("type", *type);
  return std::nullopt;
}

} // namespace motorcade
