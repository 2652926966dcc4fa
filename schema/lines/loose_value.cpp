#include "schema/lines/loose_value.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/npos.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>
#include <optional>

namespace motorcade {

namespace {

/// The most bytes of a value that are read: what a message shows of it, and
/// enough behind that to know a secret that is cut.
constexpr size_t longest_value = 36u << 10;

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
std::optional<loose_value> read_value(std::string_view text, size_t at) {
  auto begin = at;
  while (at < text.size() && text[at] == '\\' && at - begin < 4)
    ++at;
  if (at >= text.size() || (text[at] != '"' && text[at] != '\''))
    return std::nullopt;
  auto levels = at - begin;
  auto quote = text[at++];
  auto end = at;
  loose_value out;
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
        out.closed = true;
        break;
      }
      if (levels == 0 && backslashes % 2 == 0)
        --end;
      continue;
    }
    if (text[end] == quote && levels == 0) {
      out.closed = true;
      break;
    }
  }
  end = std::min(end, text.size());
  out.cut = !out.closed && end < text.size();
  out.text = text.substr(at, end - at);
  for (size_t i = 0; i <= levels; ++i)
    out.text = decode_json_string(widen_escapes(out.text));
  out.text = to_clean_text(out.text);
  return out;
}

/// @returns the value of the key at `hit`, if a key stands there.
std::optional<loose_value> value_at(std::string_view text, std::string_view key,
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

std::vector<loose_value> find_loose_values(std::string_view text,
                                           std::string_view key) {
  std::vector<loose_value> out;
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
      if (value->text != out[0].text)
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
  for (const auto& [name, cut, closed] : names) {
    // No stream has so long a name or namespace.
    if (name.size() > 512)
      continue;
    for (const auto& space : spaces)
      if (space.text.size() <= 512)
        out.push_back({space.text, name});
    out.push_back({"", name});
  }
  return out;
}

loose_value guess_error_text(std::string_view broken) {
  auto error = broken.find("ERROR");
  if (error == npos)
    return {};
  for (std::string_view key : {"message", "internal_message", "stack_trace"}) {
    auto found = find_loose_values(broken, key);
    if (!found.empty() && !found[0].text.empty())
      return found[0];
  }
  return {};
}

} // namespace motorcade
