#include "schema/secrets/secret_text.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/npos.hpp"
#include "schema/base/trim.hpp"

#include <algorithm>
#include <array>

namespace motorcade {

namespace {

constexpr std::string_view stars = "***";

constexpr bool is_key_character(char c) {
  return is_ascii_alphanumeric(c) || c == '_' || c == '-' || c == '.';
}

size_t skip_space(std::string_view text, size_t at) {
  while (at < text.size() && is_json_blank(text[at]))
    ++at;
  return at;
}

/// @returns the backslashes and the quote at a place, as they may stand around
/// a key or a value.
std::string_view quote_at(std::string_view text, size_t at) {
  constexpr size_t most_backslashes = 8;
  auto end = at;
  while (end < text.size() && end - at < most_backslashes && text[end] == '\\')
    ++end;
  if (end < text.size() && (text[end] == '"' || text[end] == '\''))
    return text.substr(at, end + 1 - at);
  return {};
}

/// @returns the place behind the string whose opening quote ends at `at`.
size_t skip_quoted(std::string_view text, size_t at, std::string_view quote) {
  for (;;) {
    auto end = text.find(quote, at);
    if (end == npos)
      return text.size();
    // A quote with more backslashes than the opening one is part of the text.
    size_t backslashes = 0;
    while (end > at + backslashes && text[end - backslashes - 1] == '\\')
      ++backslashes;
    at = end + quote.size();
    if (backslashes % 2 == 0)
      return end;
  }
}

/// @returns the place behind the value at `at`, of any kind.
size_t skip_value(std::string_view text, size_t at, bool whole_line) {
  auto quote = quote_at(text, at);
  if (!quote.empty())
    return skip_quoted(text, at + quote.size(), quote);
  if (at < text.size() && (text[at] == '{' || text[at] == '[')) {
    size_t depth = 0;
    for (; at < text.size(); ++at) {
      auto inner = quote_at(text, at);
      if (!inner.empty())
        at =
            std::min(skip_quoted(text, at + inner.size(), inner) + inner.size(),
                     text.size());
      if (at >= text.size())
        break;
      if (text[at] == '{' || text[at] == '[')
        ++depth;
      else if ((text[at] == '}' || text[at] == ']') && --depth == 0)
        return at;
    }
    return text.size();
  }
  while (at < text.size() && text[at] != ',' && text[at] != '}'
         && text[at] != ')' && text[at] != '"' && text[at] != '\''
         && text[at] != '&' && text[at] != ';'
         && (whole_line || !is_json_blank(text[at])))
    ++at;
  return at;
}

/// @returns whether the value only says whether something is there.
bool is_mere_word(std::string_view value) {
  constexpr std::array<std::string_view, 6> words = {"true", "false", "null",
                                                     "True", "False", "None"};
  return std::find(words.begin(), words.end(), value) != words.end();
}

/// The longest object of type CONTROL in which a config is looked for; a longer
/// one may hold one.
constexpr size_t longest_searched = 1 << 10;

/// @returns whether the object whose type is the `CONTROL` at `hit` may hold a
/// config: `{"type":"CONTROL","group":3}` does not.
bool begins_control(std::string_view text, size_t hit) {
  constexpr size_t longest_gap = 16;
  auto before = hit;
  while (before > 0 && hit - before < longest_gap
         && !is_key_character(text[before - 1]))
    --before;
  // The type may be written as `Type.CONTROL`.
  auto key = text.substr(0, before);
  if (key.ends_with('.'))
    key.remove_suffix(1);
  if (key.size() < 3 || ascii_lower(key.substr(key.size() - 3)) != "ype")
    return false;
  size_t depth = 1;
  auto rest = text.substr(hit, longest_searched);
  size_t end = 0;
  for (; end < rest.size() && depth > 0; ++end) {
    depth += rest[end] == '{';
    depth -= rest[end] == '}';
  }
  rest = rest.substr(0, end);
  return depth > 0 || rest.find("ontrol") != npos || rest.find("onfig") != npos;
}

/// @returns whether a word is quoted: a word of a sentence is neither key nor
/// value.
bool is_quoted(std::string_view text, size_t behind) {
  return behind < text.size()
         && std::string_view{"\"'\\=:>&"}.find(text[behind]) != npos;
}

/// Replaces `user:password@` of URLs.
std::string mask_urls(std::string_view text) {
  std::string out;
  size_t copied = 0;
  for (size_t at = 0; (at = text.find("://", at)) != npos;) {
    at += 3;
    auto end = std::min(text.find_first_of("/ \t\"'\\,<>", at), text.size());
    auto host = text.substr(at, end - at);
    auto sign = host.rfind('@');
    auto colon = host.find(':');
    if (sign == npos || colon >= sign)
      continue;
    out += text.substr(copied, at + colon + 1 - copied);
    out += stars;
    copied = at = at + sign;
  }
  out += text.substr(copied);
  return out;
}

/// @returns whether a key names something that must not be shown, e.g.
/// `client_secret` or `apiKey`; rather too many than too few.
bool may_name_secret(std::string_view key) {
  constexpr std::array<std::string_view, 18> words = {"passw",
                                                      "pwd",
                                                      "passphrase",
                                                      "secret",
                                                      "token",
                                                      "key",
                                                      "auth",
                                                      "credent",
                                                      "cookie",
                                                      "signature",
                                                      "private",
                                                      "bearer",
                                                      "dsn",
                                                      "session",
                                                      "sasl",
                                                      "otp",
                                                      "connection_string",
                                                      "certificate"};
  auto lower = ascii_lower(key);
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return lower.find(word) != npos;
  });
}

} // namespace

std::string mask_secret_values(std::string_view text) {
  std::string out;
  size_t copied = 0;
  for (size_t at = 0; at < text.size();) {
    if (!is_key_character(text[at])) {
      ++at;
      continue;
    }
    auto end = at;
    while (end < text.size() && is_key_character(text[end]))
      ++end;
    auto key = text.substr(at, end - at);
    auto next = end + quote_at(text, end).size();
    next = skip_space(text, next);
    auto assigned =
        next < text.size() && (text[next] == ':' || text[next] == '=');
    at = end;
    if (!assigned || !may_name_secret(key))
      continue;
    next = skip_space(text, next + 1);
    // A header's value has blanks: `Authorization: Bearer x`.
    auto header = ascii_lower(key).find("authoriz") != npos;
    auto quote = quote_at(text, next);
    auto from = next + quote.size();
    auto to = skip_value(text, next, header);
    if (to <= from || is_mere_word(text.substr(from, to - from)))
      continue;
    out += text.substr(copied, from - copied);
    out += stars;
    copied = at = to;
  }
  out += text.substr(copied);
  return mask_urls(out);
}

size_t find_control(std::string_view text) {
  constexpr std::string_view type = "CONTROL";
  for (auto hit = text.find(type); hit != npos;
       hit = text.find(type, hit + type.size()))
    if (is_quoted(text, hit + type.size()) && begins_control(text, hit))
      return hit;
  return npos;
}

size_t find_config_key(std::string_view text, size_t from) {
  constexpr std::string_view tail = "onfig";
  // `f` is searched for, since it is rarer than the other letters.
  constexpr size_t before_f = 2;
  auto found = npos;
  for (auto f = text.find('f', from); f != npos && found == npos;
       f = text.find('f', f + 1)) {
    if (f < before_f || !text.substr(f - before_f).starts_with(tail))
      continue;
    auto hit = f - before_f;
    for (std::string_view head : {"onnectorC", "onnector_c", "onnectorc"})
      if (hit >= head.size() + from && text.substr(0, hit).ends_with(head)
          && is_quoted(text, hit + tail.size()))
        found = hit - head.size();
  }
  return found;
}

size_t find_connector_config(std::string_view text) {
  return std::min(find_config_key(text), find_control(text));
}

} // namespace motorcade
