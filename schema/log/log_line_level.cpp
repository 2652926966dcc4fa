#include "schema/log/log_line_level.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/trim.hpp"
#include "schema/json/json_check.hpp"
#include "schema/log/log_json_level.hpp"
#include "schema/log/log_pairs.hpp"
#include "schema/log/log_stamp.hpp"
#include "schema/log/log_words.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// The bytes of a line that are searched: a logger puts its level there.
constexpr size_t searched_of_line = 2000;

constexpr std::string_view traceback = "Traceback (most recent call last)";

/// `Jun 07, 2022 10:46:39 PM com.x.Foo main`: a time, a class and a method.
bool announces_message(std::string_view body) {
  auto stamp = log_stamp_length(body);
  if (stamp == 0 || stamp == body.size() || body[stamp] != ' ')
    return false;
  constexpr size_t longest = 300;
  size_t words = 0;
  for (auto rest = trim_left(body.substr(stamp)); !rest.empty(); ++words) {
    size_t end = 0;
    while (end < rest.size()
           && (is_name_character(rest[end]) || rest[end] == '<'
               || rest[end] == '>'))
      ++end;
    if (end == 0 || end > longest
        || (end < rest.size() && !is_json_blank(rest[end])))
      return false;
    rest = trim_left(rest.substr(end));
  }
  return words == 1 || words == 2;
}

/// @returns the level of `SEVERE: …`.
std::optional<log_level> level_of_announced(std::string_view line) {
  auto colon = line.substr(0, 12).find(':');
  return colon == std::string_view::npos ? std::nullopt
                                         : level_of_word(line.substr(0, colon));
}

/// @returns whether a line is `pkg.Name: words`, as a traceback of Python ends,
/// and not `ERROR: words`, as another line of log may begin.
bool is_exception_line(std::string_view body) {
  const auto in_name = [](char c) {
    return is_ascii_alphanumeric(c) || c == '_' || c == '.';
  };
  size_t length = 0;
  while (length < body.size() && in_name(body[length]))
    ++length;
  const auto name = body.substr(0, length);
  return !name.empty() && !level_of_word(name)
         && (length == body.size() || body.substr(length).starts_with(": "));
}

} // namespace

std::optional<log_level> find_named_level(std::string_view line) {
  auto body = trim_left(line);
  if (body.starts_with('{')) {
    auto key = trim_left(body.substr(1));
    if (key.starts_with('"') || key.starts_with('\''))
      return level_in_json(body);
  }
  auto head = body.substr(0, searched_of_line);
  if (auto level = level_in_head(head))
    return level;
  if (auto level = level_in_pairs(head))
    return level;
  auto brace = head.find('{');
  if (brace != std::string_view::npos && brace > 0)
    return level_in_json(body.substr(brace));
  return std::nullopt;
}

bool begins_log_line(std::string_view line) {
  if (line.empty() || is_json_blank(line[0]))
    return false;
  if (line.starts_with('{'))
    return !check_json(line) && level_in_json(line);
  auto head = line.substr(0, searched_of_line);
  if (level_in_head(head) || head.starts_with(traceback)
      || find_crash_level(head))
    return true;
  for (std::string_view key : {"time=", "ts=", "t=", "level=", "lvl="})
    if (head.starts_with(key))
      return level_in_pairs(head).has_value();
  if (head.starts_with('['))
    head.remove_prefix(1);
  // The shortest date with a time is `2022-06-07 22:46`.
  constexpr size_t date_and_time = 16;
  auto stamp = log_stamp_length(head);
  return stamp >= date_and_time && stamp < head.size()
         && std::string_view{" ]|:,"}.find(head[stamp])
                != std::string_view::npos;
}

bool is_trace_line(std::string_view line) {
  auto body = trim_left(line);
  return stack_trace{}.take(body, body.size() < line.size());
}

log_line_levels::found_level
log_line_levels::continued(log_level without_head) const {
  return head_ ? found_level{*head_} : found_level{without_head, true};
}

log_line_levels::found_level log_line_levels::begin(log_level level) {
  head_ = level;
  return {level};
}

void log_line_levels::note(log_level level) {
  head_ = level;
  head_is_sure_ = true;
  in_traceback_ = false;
}

log_line_levels::found_level log_line_levels::next(std::string_view line,
                                                   std::string_view following,
                                                   bool object) {
  auto body = trim_left(line);
  auto indented = body.size() < line.size();
  auto ends_group = is_group_ && !indented;
  is_group_ = is_group_ && indented;
  auto begins_group = body.starts_with("+ Exception Group Traceback (most");
  if (begins_group || body.starts_with(traceback)) {
    in_traceback_ = head_is_sure_ = true;
    is_group_ = begins_group;
    auto grave = head_ && *head_ > log_level::error;
    return begin(grave ? *head_ : log_level::error);
  }
  if (in_traceback_ && indented)
    return {*head_};
  // The group's exceptions have ended.
  in_traceback_ = in_traceback_ && !ends_group;
  if (trace_.take(body, indented))
    return continued(log_level::error);
  auto named = object ? level_in_valid_json(body) : find_named_level(line);
  if (!named && !object && announces_message(body))
    named = level_of_announced(following);
  if (in_traceback_) {
    // This line names the exception; its name may be any, and its words may be
    // those of levels.
    in_traceback_ = false;
    if (!named || is_exception_line(body))
      return {*head_};
  }
  if (named) {
    head_is_sure_ = true;
    return begin(*named);
  }
  // The line may close an object that was printed over several lines.
  auto closes = body.find_first_not_of("})];,") == std::string_view::npos;
  if ((indented || closes) && (head_is_sure_ || !head_))
    return continued(otherwise_);
  if (auto crash = find_crash_level(body)) {
    // A trace that a logger prints behind its line has that line's level.
    auto of_logger = *crash >= log_level::error && head_is_sure_ && head_
                     && *head_ >= log_level::warn;
    head_is_sure_ = true;
    return begin(of_logger ? *head_ : *crash);
  }
  head_is_sure_ = false;
  return begin(otherwise_);
}

} // namespace motorcade
