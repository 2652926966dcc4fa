#include "schema/log/log_text.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/counted.hpp"
#include "schema/base/utf8.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>
#include <cstdint>

namespace motorcade {

namespace {

constexpr auto escape = '\x1b';
constexpr std::string_view replacement = "\uFFFD";

constexpr unsigned char byte_of(char c) {
  return static_cast<unsigned char>(c);
}

/// @returns how many bytes the parameters, intermediates and the final byte of
/// a control sequence have, as far as they are there.
size_t sequence_length(std::string_view text) {
  size_t at = 0;
  auto skip = [&](unsigned low, unsigned high) {
    while (at < text.size() && byte_of(text[at]) >= low
           && byte_of(text[at]) <= high)
      ++at;
  };
  skip(0x30, 0x3f);
  skip(0x20, 0x2f);
  if (at < text.size() && byte_of(text[at]) >= 0x40
      && byte_of(text[at]) <= 0x7e)
    ++at;
  return at;
}

/// @returns whether a control character of C1, in UTF-8, stands at `at`.
bool is_c1_at(std::string_view text, size_t at) {
  return text[at] == '\xC2' && at + 1 < text.size()
         && byte_of(text[at + 1]) >= 0x80 && byte_of(text[at + 1]) <= 0x9f;
}

/// @returns how many bytes the text of a control string and its end have; 0
/// if it has no end, which makes it ordinary text. Looks no further than to the
/// next control character, so that many of them cost no more than one.
size_t string_length(std::string_view text) {
  for (size_t at = 0; at < text.size(); ++at) {
    auto c = text[at];
    if (c == '\a')
      return at + 1;
    if (c == escape)
      return text.substr(at + 1).starts_with('\\') ? at + 2 : 0;
    if (is_c1_at(text, at))
      return text[at + 1] == '\x9C' ? at + 2 : 0;
    if (byte_of(c) < 0x20 && c != '\t')
      return 0;
  }
  return 0;
}

/// @param kind What follows ESC, or 0x40 less than the character of C1.
/// @param rest What stands behind that.
size_t rest_of_escape(char kind, std::string_view rest) {
  switch (kind) {
  case '[':
    return sequence_length(rest);
  case ']':
  case 'P':
  case 'X':
  case '^':
  case '_':
    return string_length(rest);
  default:
    return 0;
  }
}

/// @returns how many bytes the escape sequence at the start of `text` has.
size_t escape_length(std::string_view text) {
  size_t at = 1;
  while (at < text.size() && byte_of(text[at]) >= 0x20
         && byte_of(text[at]) <= 0x2f)
    ++at;
  if (at == text.size() || byte_of(text[at]) < 0x30 || byte_of(text[at]) > 0x7e)
    return at;
  ++at;
  return at == 2 ? at + rest_of_escape(text[1], text.substr(2)) : at;
}

bool is_odd(char c) {
  auto byte = byte_of(c);
  return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f
         || byte >= 0x80;
}

} // namespace

bool is_clean_log_text(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(printable_ascii_length(text));
    const auto few = text.substr(0, sizeof(uint64_t));
    if (std::any_of(few.begin(), few.end(), is_odd))
      return false;
    text.remove_prefix(few.size());
  }
  return true;
}

std::string clean_log_text(std::string_view foreign) {
  if (is_clean_log_text(foreign))
    return std::string{foreign};
  auto clean = to_clean_text(foreign);
  std::string_view text = clean;
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    auto plain = static_cast<size_t>(
        std::find_if(text.begin(), text.end(), is_odd) - text.begin());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty())
      break;
    size_t length = 1;
    auto next = text.size() > 1 ? byte_of(text[1]) : 0u;
    if (text[0] == escape) {
      length = escape_length(text);
    } else if (text[0] == '\r') {
      if (next != '\n' && text.size() > 1)
        out += '\n';
    } else if (is_c1_at(text, 0)) {
      auto kind = static_cast<char>(next - 0x40);
      auto rest = rest_of_escape(kind, text.substr(2));
      if (rest == 0 && kind != '[' && kind != ']')
        out += replacement;
      length = 2 + rest;
    } else if (byte_of(text[0]) >= 0x80) {
      out += text[0];
    } else {
      out += replacement;
    }
    text.remove_prefix(length);
  }
  return out;
}

std::string cut_log_text(std::string_view text, size_t already_cut) {
  auto out = std::string{cut_bytes(text, longest_log_text)};
  auto cut = text.size() - out.size() + already_cut;
  if (cut > 0)
    out += "… (cut: " + counted(cut, "byte") + " more)";
  return out;
}

} // namespace motorcade
