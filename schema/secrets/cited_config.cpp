#include "schema/secrets/cited_config.hpp"

#include "schema/base/npos.hpp"
#include "schema/base/trim.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"
#include "schema/secrets/secret_text.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// The most opening braces of a text at which an object around a place is
/// looked for.
constexpr int most_openings = 8;

/// How many times a text may be read over for the configs that it cites; one
/// that takes more counts as citing them otherwise.
constexpr size_t most_readings = 8;

/// An object of JSON, whole, with a place in it.
struct whole_object {
  size_t begin = npos;
  size_t end = npos;
};

/// @returns the outermost whole object around `at`.
whole_object find_object_around(std::string_view text, size_t at) {
  auto brace = text.find('{');
  for (int i = 0; i < most_openings && brace < at;
       ++i, brace = text.find('{', brace + 1)) {
    auto object = read_json_value(text, brace);
    if (!object.fault && object.end > at)
      return {brace, object.end};
    if (!object.fault)
      brace = object.end - 1;
  }
  return {};
}

/// A config inside of a text, whose value is to be replaced.
struct cited_value {
  size_t begin = npos;
  size_t end = npos;
  /// Where the value of the key ends, in which the config stands.
  size_t read_to = npos;
};

/// @param at Behind the letters of the key.
/// @returns the value that may be a config; of length 0: the value is no
/// config; nothing: that cannot be told.
std::optional<cited_value> find_cited_value(std::string_view text, size_t at) {
  if (at >= text.size() || text[at] != '"')
    return std::nullopt;
  auto next = std::min(text.find_first_not_of(" \t", at + 1), text.size());
  if (next == text.size() || text[next] != ':')
    return std::nullopt;
  next = std::min(text.find_first_not_of(" \t", next + 1), text.size());
  auto extent = read_json_value(text, next);
  if (extent.fault)
    return std::nullopt;
  const json_view value{text.substr(next, extent.end - next)};
  if (value.is_string())
    return cited_value{next, extent.end, extent.end};
  if (auto config = value.find("config")) {
    auto begin = static_cast<size_t>(config->raw().data() - text.data());
    return cited_value{begin, begin + config->raw().size(), extent.end};
  }
  return cited_value{extent.end, extent.end, extent.end};
}

size_t backslashes_at(std::string_view text, size_t at) {
  size_t count = 0;
  while (at + count < text.size() && text[at + count] == '\\')
    ++count;
  return count;
}

/// @returns whether an apostrophe at `at` begins a string, not as in `it's`.
bool begins_string(std::string_view text, size_t at) {
  while (at > 0 && is_json_blank(text[at - 1]))
    --at;
  return at == 0 || std::string_view{"{[(,:="}.find(text[at - 1]) != npos;
}

/// Calls `on_bracket(c, +1 or -1)` for the brackets outside of strings.
/// @param quote The string that is open, before and behind.
template <class F>
void walk_brackets(std::string_view text, std::string& quote, F&& on_bracket) {
  for (size_t at = 0; at < text.size();) {
    auto slashes = backslashes_at(text, at);
    auto mark = at + slashes;
    if (mark == text.size())
      return;
    auto c = text[mark];
    if (c == '"' || c == '\'') {
      auto found = text.substr(at, slashes + 1);
      if (quote.empty()) {
        if (c == '"' || begins_string(text, at))
          quote = found;
      } else if (quote == found) {
        quote.clear();
      }
    } else if (quote.empty()) {
      if (c == '{' || c == '[' || c == '(')
        on_bracket(c, +1);
      else if (c == '}' || c == ']' || c == ')')
        on_bracket(c, -1);
    }
    at = mark + 1;
  }
}

} // namespace

std::optional<std::string> mask_cited_config(std::string_view text) {
  auto at = find_connector_config(text);
  if (at == npos || find_control(text) != npos)
    return std::nullopt;
  auto object = find_object_around(text, at);
  if (object.begin == npos)
    return std::nullopt;
  std::string out{text.substr(0, object.begin)};
  auto copied = object.begin;
  // Of configs within each other each is read again with those around it.
  auto may_read = most_readings * text.size();
  for (; at != npos; at = find_config_key(text, at + 1)) {
    if (at < copied)
      continue;
    if (at >= object.end)
      return std::nullopt;
    constexpr std::string_view tail = "onfig";
    auto end = text.find(tail, at) + tail.size();
    auto value = find_cited_value(text, end);
    if (!value || value->read_to - end > may_read)
      return std::nullopt;
    may_read -= value->read_to - end;
    out += text.substr(copied, value->begin - copied);
    if (value->end > value->begin)
      out += "\"***\"";
    copied = value->end;
  }
  out += text.substr(copied);
  return out;
}

void open_config::begin(std::string_view line, size_t at) {
  *this = {};
  if (find_object_around(line, at).begin != npos) {
    ended_ = true;
    return;
  }
  at = std::min(at, line.size());
  scan(line.substr(0, at));
  // An indented key lies within brackets of earlier lines.
  outside_ = depth_ > 0 ? 0 : -1;
  read(line.substr(at));
}

void open_config::read(std::string_view line) {
  scan(line);
  auto last = line.find_last_not_of(" \t\r\n,;");
  auto closes =
      last != npos && std::string_view{"}])"}.find(line[last]) != npos;
  ended_ = closes && quote_.empty() && depth_ <= outside_;
}

void open_config::scan(std::string_view text) {
  walk_brackets(text, quote_, [this](char, int step) { depth_ += step; });
}

bool stands_alone(std::string_view line) {
  std::string quote;
  int64_t depth = 0;
  int64_t least = 0;
  walk_brackets(line, quote, [&](char c, int step) {
    // `E1128 12:00:00 7 a.go:3] …` of glog, and lists of text: `1) …`.
    if (c == '{' || c == '}')
      depth += step;
    least = std::min(least, depth);
  });
  return quote.empty() && least >= 0;
}

} // namespace motorcade
