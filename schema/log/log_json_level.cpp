#include "schema/log/log_json_level.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/npos.hpp"
#include "schema/base/trim.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"
#include "schema/log/log_pairs.hpp"
#include "schema/log/log_words.hpp"

#include <charconv>

namespace motorcade {

namespace {

std::optional<log_level> level_of_number(level_key key, double n) {
  if (key == level_key::severity_number)
    return n >= 21   ? log_level::fatal
           : n >= 17 ? log_level::error
           : n >= 13 ? log_level::warn
           : n >= 9  ? log_level::info
           : n >= 5  ? log_level::debug
                     : log_level::trace;
  if (n >= 0 && n < 8)
    return level_of_syslog(static_cast<int>(n));
  if (key == level_key::python_number)
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

std::optional<log_level> level_of_value(level_key key, json_view value);

/// @returns the level of an object like `{"name":"error","no":40}`, which some
/// loggers write: the word counts before the number.
std::optional<log_level> level_of_object(json_view object) {
  std::optional<log_level> by_number;
  std::optional<log_level> by_word;
  object.for_each_member([&](const std::string& key, json_view value) {
    const auto name = ascii_lower(key);
    for (std::string_view word :
         {"name", "level", "levelstr", "label", "text", "value", "severity"})
      if (name == word && !by_word && value.is_string())
        by_word = level_of_word(value.text());
    for (std::string_view number : {"no", "value", "level", "levelno"})
      if (name == number && !by_number)
        if (auto n = value.number())
          by_number = level_of_number(
              name == "no" ? level_key::python_number : level_key::word, *n);
  });
  return by_word ? by_word : by_number;
}

std::optional<log_level> level_of_value(level_key key, json_view value) {
  switch (value.type()) {
  case json_view::kind::string:
    return level_of_word(value.text());
  case json_view::kind::number:
    return level_of_number(key, *value.number());
  case json_view::kind::object:
    return level_of_object(value);
  default:
    return std::nullopt;
  }
}

/// @returns the level of the first `"level": "warn"` in something like JSON.
std::optional<log_level> level_in_broken_json(std::string_view text) {
  constexpr size_t searched = 4000;
  text = text.substr(0, searched);
  for (auto at = text.find(':'); at != npos; at = text.find(':', at + 1)) {
    auto end = text.find_last_not_of(" \t", at - 1);
    if (at == 0 || end == npos || (text[end] != '"' && text[end] != '\''))
      continue;
    auto begin = end == 0 ? npos : text.rfind(text[end], end - 1);
    if (begin == npos)
      continue;
    auto key = find_level_key(text.substr(begin + 1, end - begin - 1));
    auto value = text.find_first_not_of(" \t", at + 1);
    if (key == level_key::none || value == npos)
      continue;
    if (text[value] == '"' || text[value] == '\'')
      return level_of_word(letters_at(text, value + 1));
    int number = 0;
    auto read =
        std::from_chars(text.data() + value, text.data() + text.size(), number);
    if (read.ec == std::errc{})
      return level_of_number(key, number);
  }
  return std::nullopt;
}

/// @returns the level within `log` or `record`, which some loggers put around
/// their lines.
std::optional<log_level> level_of_wrapped(json_view object) {
  std::optional<log_level> level;
  object.for_each_member([&](const std::string& key, json_view value) {
    if (!level && equal_ignoring_case(key, "level"))
      level = level_of_value(level_key::word, value);
  });
  return level;
}

} // namespace

std::optional<log_level> level_in_valid_json(std::string_view object) {
  std::optional<log_level> by_word;
  std::optional<log_level> by_number;
  std::optional<log_level> by_wrapped;
  std::optional<log_level> by_type;
  json_view{object}.for_each_member(
      [&](const std::string& key, json_view value) {
        auto kind = find_level_key(key);
        if (kind != level_key::none) {
          auto level = level_of_value(kind, value);
          auto& best = kind == level_key::word ? by_word : by_number;
          if (level && !best)
            best = level;
        } else if (key == "log" || key == "record") {
          by_wrapped = level_of_wrapped(value);
        } else if (key == "type" && value.is_string()
                   && value.raw() != "\"TRACE\"") {
          // TRACE is a type of the protocol, too.
          by_type = level_of_value(level_key::word, value);
        }
      });
  for (const auto& level : {by_word, by_number, by_wrapped, by_type})
    if (level)
      return level;
  return std::nullopt;
}

std::optional<log_level> level_in_json(std::string_view object) {
  object = trim_right(object);
  return check_json(object) ? level_in_broken_json(object)
                            : level_in_valid_json(object);
}

} // namespace motorcade
