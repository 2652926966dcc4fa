#include "schema/lines/loose_text.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace motorcade {

namespace {

using spelling = std::pair<std::string_view, char>;

constexpr std::array<spelling, 19> entities = {{
    {"quot;", '"'},   {"apos;", '"'},   {"ldquo;", '"'},  {"rdquo;", '"'},
    {"lsquo;", '"'},  {"rsquo;", '"'},  {"lcub;", '{'},   {"rcub;", '}'},
    {"lbrace;", '{'}, {"rbrace;", '}'}, {"lsqb;", '['},   {"rsqb;", ']'},
    {"colon;", ':'},  {"comma;", ','},  {"nbsp;", ' '},   {"lt;", '<'},
    {"gt;", '>'},     {"equals;", '='}, {"lowbar;", '_'},
}};

constexpr std::array<spelling, 19> wide_characters = {{
    {"\u201C", '"'},  {"\u201D", '"'}, {"\u201E", '"'}, {"\u201F", '"'},
    {"\u2018", '"'},  {"\u2019", '"'}, {"\u201A", '"'}, {"\u2032", '"'},
    {"\u2033", '"'},  {"\u00AB", '"'}, {"\u00BB", '"'}, {"\u00B4", '"'},
    {"\uFF02", '"'},  {"\uFF07", '"'}, {"\u00A0", ' '}, {"\uFEFF", '\0'},
    {"\u200B", '\0'}, {"\uFF5B", '{'}, {"\uFF5D", '}'},
}};

/// @returns the character that a code is read as.
char plain(unsigned code) {
  if (code == '\'' || code == '`')
    return '"';
  if (code == '\t' || code == '\r' || code == '\n')
    return ' ';
  return code < 0x20 || code > 0x7e ? other_character : static_cast<char>(code);
}

/// @returns the character of `digits` digits at `at`.
bool read_code(std::string_view text, size_t at, size_t digits, int base,
               unsigned& code) {
  if (at + digits > text.size())
    return false;
  const auto* begin = text.data() + at;
  auto read = std::from_chars(begin, begin + digits, code, base);
  return read.ec == std::errc{} && read.ptr == begin + digits;
}

/// @returns the character of an entity; of length 0: there is none.
loose_character read_entity(std::string_view text, size_t at) {
  auto begin = at++;
  // An entity may be escaped again: `&amp;quot;`, and deeper.
  constexpr std::string_view again = "amp;";
  for (int i = 0; i < 4 && text.substr(at, again.size()) == again; ++i)
    at += again.size();
  auto rest = text.substr(at, 8);
  for (const auto& [name, value] : entities)
    if (rest.starts_with(name))
      return {value, at + name.size() - begin, true};
  if (!rest.starts_with('#'))
    return {'\0', 0};
  auto hexadecimal = rest.size() > 1 && (rest[1] == 'x' || rest[1] == 'X');
  auto digits = hexadecimal ? 2u : 1u;
  auto end = rest.find(';');
  unsigned code = 0;
  if (end == std::string_view::npos || end <= digits
      || !read_code(rest, digits, end - digits, hexadecimal ? 16 : 10, code))
    return {'\0', 0};
  return {plain(code), at + end + 1 - begin, true};
}

/// @returns the character of an escape; of length 0: there is none.
loose_character read_percent(std::string_view text, size_t at) {
  auto begin = at++;
  // An escape may be escaped again: `%2522`, and deeper.
  while (text.substr(at, 2) == "25" && at - begin < 9)
    at += 2;
  unsigned code = 0;
  if (!read_code(text, at, 2, 16, code))
    return {'\0', 0};
  return {plain(code), at + 2 - begin, true};
}

loose_character read_backslash(std::string_view text, size_t at) {
  auto begin = at;
  while (at < text.size() && text[at] == '\\' && at - begin < 16)
    ++at;
  auto c = at < text.size() ? text[at] : '\0';
  unsigned code = 0;
  switch (c) {
  case 'u':
    if (read_code(text, at + 1, 4, 16, code))
      return {code == 0x201C || code == 0x201D ? '"' : plain(code),
              at + 5 - begin, true};
    break;
  case 'x':
    if (read_code(text, at + 1, 2, 16, code))
      return {plain(code), at + 3 - begin, true};
    break;
  case 'n':
  case 'r':
  case 't':
    return {' ', at + 1 - begin, true};
  case '"':
  case '\'':
    return {'"', at + 1 - begin, true};
  default:
    break;
  }
  return {'\0', at - begin, true};
}

} // namespace

loose_character read_loose_character(std::string_view text, size_t at) {
  auto byte = static_cast<unsigned char>(text[at]);
  if (byte == 0)
    return {'\0', 1};
  if (byte == '\\')
    return read_backslash(text, at);
  if (byte == '&' || byte == '%') {
    auto read = byte == '&' ? read_entity(text, at) : read_percent(text, at);
    return read.length > 0 ? read : loose_character{text[at], 1};
  }
  if (byte < 0x80)
    return {plain(byte), 1};
  for (const auto& [written, value] : wide_characters)
    if (text.substr(at, written.size()) == written)
      return {value, written.size()};
  // Bytes from 0xFE on are byte order marks of UTF-16.
  return {byte >= 0xFE ? '\0' : other_character, 1};
}

} // namespace motorcade
