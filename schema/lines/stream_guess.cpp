#include "schema/lines/stream_guess.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/hex.hpp"
#include "schema/base/unicode_decomposition.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>
#include <optional>

namespace motorcade {

namespace {

/// @returns the code point at the start of valid UTF-8, which is taken off.
char32_t take_character(std::string_view& text) {
  auto first = static_cast<unsigned char>(text[0]);
  size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  size = std::min(size, text.size());
  char32_t out = size == 1 ? first : first & (0xffu >> (size + 1));
  for (size_t i = 1; i < size; ++i)
    out = out << 6 | (static_cast<unsigned char>(text[i]) & 0x3f);
  text.remove_prefix(size);
  return out;
}

void append(std::string& out, char32_t c) {
  auto put = [&](char32_t byte) {
    out.push_back(static_cast<char>(byte));
  };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xC0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xE0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xF0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

/// Letters that are no composition; those are lower case once decomposed.
char32_t to_lower(char32_t c) {
  auto between = [c](char32_t low, char32_t high) {
    return c >= low && c <= high;
  };
  if (between('A', 'Z') || between(0x391, 0x3a9) || between(0x410, 0x42f)
      || (between(0xc0, 0xde) && c != 0xd7))
    return c + 0x20;
  if (between(0x400, 0x40f))
    return c + 0x50;
  if (c == 0x1e9e)
    return 0xdf;
  if (c == 0x3c2)
    return 0x3c3;
  if ((between(0x100, 0x137) || between(0x14a, 0x177)) && c % 2 == 0)
    return c + 1;
  if ((between(0x139, 0x148) || between(0x179, 0x17e)) && c % 2 == 1)
    return c + 1;
  return c;
}

bool separates(char32_t c) {
  switch (c) {
  case ' ':
  case '\t':
  case '\r':
  case '\n':
  case '_':
  case '-':
  case '.':
  case '/':
  case ':':
  case '"':
  case '\'':
  case '`':
  case 0xa0:
  case 0xad:
  case 0x200b:
  case 0x200c:
  case 0x200d:
  case 0x2010:
  case 0x2011:
  case 0x2013:
  case 0x202f:
  case 0x3000:
  case 0xfeff:
    return true;
  default:
    return false;
  }
}

/// Hangul syllables are composed by arithmetic (Unicode, section 3.12).
bool decompose_hangul(std::string& out, char32_t c) {
  constexpr char32_t first = 0xac00;
  if (c < first || c > 0xd7a3)
    return false;
  auto index = c - first;
  append(out, 0x1100 + index / 588);
  append(out, 0x1161 + index % 588 / 28);
  if (index % 28 != 0)
    append(out, 0x11a7 + index % 28);
  return true;
}

void append_folded(std::string& out, char32_t c) {
  // Full-width forms of ASCII.
  if (c >= 0xff01 && c <= 0xff5e)
    c -= 0xfee0;
  if (separates(c) || decompose_hangul(out, c))
    return;
  if (auto parts = decompose(c)) {
    append_folded(out, parts->base);
    append(out, parts->mark);
    return;
  }
  append(out, to_lower(c));
}

/// Decodes `\u00f6` and `%C3%B6`, which some programs leave in names.
std::string decode(std::string_view name) {
  auto out = decode_percents(name);
  if (out.find("\\u") != std::string::npos
      && find_bad_escape(out) == std::string_view::npos)
    out = decode_json_string(out);
  return to_clean_text(out);
}

/// The distance between two streams; smaller is nearer.
enum class nearness : uint8_t { case_only, writing, name_space, none };

nearness compare(const stream_id& sent, const stream_id& known) {
  auto same = [](std::string_view a, std::string_view b) {
    return fold_name(a) == fold_name(b);
  };
  if (equal_ignoring_case(sent.name, known.name)
      && equal_ignoring_case(sent.target_namespace, known.target_namespace))
    return nearness::case_only;
  if ((same(sent.name, known.name)
       && same(sent.target_namespace, known.target_namespace))
      || same(sent.key(), known.key()))
    return nearness::writing;
  auto missing =
      sent.target_namespace.empty() || known.target_namespace.empty();
  if (missing && same(sent.name, known.name))
    return nearness::name_space;
  return nearness::none;
}

std::string_view in_words(nearness how) {
  switch (how) {
  case nearness::case_only:
    return "they differ only in case";
  case nearness::writing:
    return "it differs only in how it is written";
  case nearness::name_space:
    return "it differs only in its namespace";
  case nearness::none:
    break;
  }
  return {};
}

} // namespace

std::string fold_name(std::string_view name) {
  auto decoded = decode(name);
  std::string out;
  for (std::string_view rest = decoded; !rest.empty();)
    append_folded(out, take_character(rest));
  return out;
}

stream_guess guess_stream(const stream_id& sent,
                          std::span<const stream_id> catalog) {
  stream_guess out;
  auto nearest = nearness::none;
  for (size_t i = 0; i < catalog.size(); ++i) {
    auto how = compare(sent, catalog[i]);
    if (how == nearness::none || how > nearest)
      continue;
    if (how < nearest)
      out.streams.clear();
    nearest = how;
    out.streams.push_back(i);
  }
  out.difference = in_words(nearest);
  return out;
}

} // namespace motorcade
