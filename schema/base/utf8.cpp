#include "schema/base/utf8.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>

namespace motorcade {

bool is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

code_point first_code_point(std::string_view text) {
  if (text.empty())
    return {};
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80)
    return {lead, 1};
  const size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < size)
    return {};
  char32_t value = lead & (0x7Fu >> size);
  for (size_t i = 1; i < size; ++i) {
    if (begins_character(text[i]))
      return {};
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3F);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  if (value < least[size] || value > 0x10FFFF
      || (value >= 0xD800 && value <= 0xDFFF))
    return {};
  return {value, size};
}

char32_t take_code_point(std::string_view& text) {
  const auto first = first_code_point(text);
  text.remove_prefix(std::max<size_t>(first.size, 1));
  return first.size == 0 ? U'\uFFFD' : first.value;
}

void append_code_point(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) {
    out.push_back(static_cast<char>(byte));
  };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

size_t character_start(std::string_view text, size_t at) {
  while (at > 0 && at < text.size() && !begins_character(text[at]))
    --at;
  return at;
}

std::string_view cut_bytes(std::string_view text, size_t most_bytes) {
  if (text.size() <= most_bytes)
    return text;
  return text.substr(0, character_start(text, most_bytes));
}

size_t count_characters(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), begins_character));
}

} // namespace motorcade
