#include "schema/lines/loose_value.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/npos.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>
#include <optional>

namespace motorcade {

namespace {

constexpr size_t longest_value = 4000;

size_t skip(std::string_view text, size_t at, std::string_view characters) {
  auto next = text.find_first_not_of(characters, at);
  return next == npos ? text.size() : next;
}

/// Turns Python's `\xe9` into escapes of JSON.
std::string widen_escapes(std::string_view inside) {
  std::string out;
  for (size_t i = 0; i < inside.size(); ++i) {
    if (inside[i] == '\\' && i + 1 < inside.size()) {
      out += inside[i + 1] == 'x' ? "\\u00" : std::string{inside.substr(i, 2)};
      ++i;
    } else {
      out += inside[i];
    }
  }
  return out;
}

/// @param at Where the value begins.
std::optional<std::string> read_value(std::string_view text, size_t at) {
  auto begin = at;
  while (at < text.size() && text[at] == '\\' && at - begin < 4)
    ++at;
  if (at >= text.size() || (text[at] != '"' && text[at] != '\''))
    return std::nullopt;
  auto levels = at - begin;
  auto quote = text[at++];
  auto end = at;
  // The closing quote is escaped in the same way as the opening one.
  for (; end < text.size() && end - at < longest_value; ++end) {
    if (text[end] == '\\') {
      size_t backslashes = 0;
      while (end < text.size() && text[end] == '\\') {
        ++backslashes;
        ++end;
      }
      if (end < text.size() && text[end] == quote && backslashes == levels) {
        end -= backslashes;
        break;
      }
      if (levels == 0 && backslashes % 2 == 0)
        --end;
      continue;
    }
    if (text[end] == quote && levels == 0)
      break;
  }
  end = std::min(end, text.size());
  auto value = std::string{text.substr(at, end - at)};
  for (size_t i = 0; i <= levels; ++i)
    value = decode_json_string(widen_escapes(value));
  return to_clean_text(value);
}

/// @returns the value of the key at `hit`, if a key stands there.
std::optional<std::string> value_at(std::string_view text, std::string_view key,
                                    size_t hit) {
  auto end = hit + key.size();
  if ((hit > 0 && is_ascii_word(text[hit - 1]))
      || (end < text.size() && is_ascii_word(text[end])))
    return std::nullopt;
  auto at = skip(text, end, "\\\"' \t");
  if (at >= text.size() || (text[at] != ':' && text[at] != '='))
    return std::nullopt;
  return read_value(text, skip(text, at + 1, " \t"));
}

} // namespace

std::vector<std::string> find_loose_values(std::string_view text,
                                           std::string_view key) {
  std::vector<std::string> out;
  auto first = npos;
  for (auto hit = text.find(key); hit != npos; hit = text.find(key, hit + 1))
    if (auto value = value_at(text, key, hit)) {
      out.push_back(std::move(*value));
      first = hit;
      break;
    }
  if (first == npos)
    return out;
  for (auto hit = text.rfind(key); hit > first; hit = text.rfind(key, hit - 1))
    if (auto value = value_at(text, key, hit)) {
      if (*value != out[0])
        out.push_back(std::move(*value));
      break;
    }
  return out;
}

std::vector<stream_id> guess_stream_names(std::string_view broken) {
  auto names = find_loose_values(broken, "stream");
  if (names.empty())
    names = find_loose_values(broken, "name");
  auto spaces = find_loose_values(broken, "namespace");
  // The data may hold keys of the same name; these come first then.
  if (names.size() == 2) {
    auto data = broken.find("data");
    if (data < broken.find("stream"))
      std::swap(names[0], names[1]);
  }
  std::vector<stream_id> out;
  for (const auto& name : names) {
    // No stream has so long a name.
    if (name.size() > 512)
      continue;
    for (const auto& space : spaces)
      out.push_back({space, name});
    out.push_back({"", name});
  }
  return out;
}

std::string guess_error_text(std::string_view broken) {
  auto error = broken.find("ERROR");
  if (error == npos)
    return {};
  for (std::string_view key : {"message", "internal_message", "stack_trace"}) {
    auto found = find_loose_values(broken, key);
    if (!found.empty() && !found[0].empty())
      return found[0];
  }
  return {};
}

} // namespace motorcade
