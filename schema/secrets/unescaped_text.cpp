#include "schema/secrets/unescaped_text.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/hex.hpp"
#include "schema/base/utf8.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view escape_starts = "%\\&";

/// A piece of a text and what it stands for.
struct step {
  /// The bytes of the original.
  size_t length = 0;
  /// What they stand for.
  std::string made;
};

/// @returns the number that so many hexadecimal digits at the start make;
/// nothing if there are fewer.
std::optional<uint32_t> read_hex(std::string_view text, size_t digits) {
  if (text.size() < digits)
    return std::nullopt;
  uint32_t out = 0;
  for (char c : text.substr(0, digits)) {
    const auto value = hex_value(c);
    if (value < 0)
      return std::nullopt;
    out = out << 4 | static_cast<uint32_t>(value);
  }
  return out;
}

std::optional<step> byte_step(std::string_view digits, size_t prefix) {
  const auto byte = read_hex(digits, 2);
  if (!byte)
    return std::nullopt;
  return step{prefix + 2, std::string(1, static_cast<char>(*byte))};
}

bool is_surrogate(uint32_t code) {
  return code >= 0xd800 && code <= 0xdfff;
}

/// @param text Begins with `\u`.
std::optional<step> utf16_step(std::string_view text) {
  constexpr size_t length = 6;
  const auto code = read_hex(text.substr(2), 4);
  if (!code)
    return std::nullopt;
  step out{length, {}};
  if (!is_surrogate(*code)) {
    append_code_point(out.made, *code);
    return out;
  }
  const auto rest = text.substr(length);
  if (*code >= 0xdc00 || !rest.starts_with("\\u"))
    return std::nullopt;
  const auto low = read_hex(rest.substr(2), 4);
  if (!low || *low < 0xdc00 || !is_surrogate(*low))
    return std::nullopt;
  append_code_point(out.made,
                    0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00));
  out.length = 2 * length;
  return out;
}

/// @param text Begins with a backslash.
std::optional<step> backslash_step(std::string_view text) {
  if (text.size() < 2)
    return std::nullopt;
  constexpr std::string_view letters = "nrtbf";
  constexpr std::string_view meanings = "\n\r\t\b\f";
  const auto c = text[1];
  if (c == 'u')
    return utf16_step(text);
  if (c == 'x')
    return byte_step(text.substr(2), 2);
  if (auto at = letters.find(c); at != std::string_view::npos)
    return step{2, std::string(1, meanings[at])};
  if (c > ' ' && c < 0x7f && !is_ascii_alphanumeric(c))
    return step{2, std::string(1, c)};
  return std::nullopt;
}

/// @param digits What stands between `&#` and the semicolon.
std::optional<uint32_t> read_reference(std::string_view digits) {
  constexpr size_t most_digits = 8;
  const auto hex = digits.starts_with('x') || digits.starts_with('X');
  if (hex)
    digits.remove_prefix(1);
  if (digits.empty() || digits.size() > most_digits)
    return std::nullopt;
  if (hex)
    return read_hex(digits, digits.size());
  uint32_t out = 0;
  for (char c : digits) {
    if (!is_ascii_digit(c))
      return std::nullopt;
    out = out * 10 + static_cast<uint32_t>(c - '0');
  }
  return out;
}

/// @param text Begins with `&`.
std::optional<step> html_step(std::string_view text) {
  constexpr size_t longest = 12;
  constexpr auto names =
      std::to_array<std::pair<std::string_view, std::string_view>>(
          {{"amp", "&"},
           {"lt", "<"},
           {"gt", ">"},
           {"quot", "\""},
           {"apos", "'"}});
  const auto end = text.substr(0, longest).find(';');
  if (end == std::string_view::npos)
    return std::nullopt;
  const auto inner = text.substr(1, end - 1);
  for (const auto& [name, meaning] : names)
    if (inner == name)
      return step{end + 1, std::string{meaning}};
  if (!inner.starts_with('#'))
    return std::nullopt;
  const auto code = read_reference(inner.substr(1));
  if (!code || *code == 0 || *code > 0x10ffff || is_surrogate(*code))
    return std::nullopt;
  step out{end + 1, {}};
  append_code_point(out.made, *code);
  return out;
}

/// @param text Begins with one of `escape_starts`.
/// @returns nothing if no escape begins there.
std::optional<step> escape_at(std::string_view text) {
  switch (text.front()) {
  case '%':
    return byte_step(text.substr(1), 1);
  case '\\':
    return backslash_step(text);
  default:
    return html_step(text);
  }
}

} // namespace

unescaped_text::unescaped_text(std::string_view source) : source_{source} {
  size_t copied = 0;
  for (auto at = source.find_first_of(escape_starts);
       at != std::string_view::npos;
       at = source.find_first_of(escape_starts, at)) {
    const auto found = escape_at(source.substr(at));
    if (!found) {
      ++at;
      continue;
    }
    text_.append(source, copied, at - copied);
    text_ += found->made;
    at += found->length;
    copied = at;
    changed_ = true;
  }
  if (changed_)
    text_.append(source, copied);
}

std::vector<text_range>
unescaped_text::places_of(const std::vector<text_range>& ranges) const {
  std::vector<text_range> out;
  // The last part of the original that was passed, and the number of bytes in
  // `text()` up to its end.
  text_range passed;
  size_t made = 0;
  auto pass = [&] {
    passed.begin = passed.end;
    const auto rest = source_.substr(passed.end);
    const auto may_escape =
        escape_starts.find(rest.front()) != std::string_view::npos;
    const auto found = may_escape ? escape_at(rest) : std::nullopt;
    passed.end += found ? found->length : 1;
    made += found ? found->made.size() : 1;
  };
  for (const auto& range : ranges) {
    while (made <= range.begin)
      pass();
    text_range place{passed.begin, passed.end};
    while (made < range.end)
      pass();
    place.end = passed.end;
    out.push_back(place);
  }
  return out;
}

} // namespace motorcade
