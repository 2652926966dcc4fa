#include "schema/base/excerpt.hpp"

#include <simdjson.h>

namespace motorcade {

namespace {

constexpr size_t longest = 80;

bool continues_a_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

} // namespace

bool is_utf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

std::string excerpt(std::string_view text) {
  const bool valid = is_utf8(text);
  const bool cut = text.size() > longest;
  if (cut) {
    auto end = longest;
    while (valid && end > 0 && continues_a_character(text[end]))
      --end;
    text = text.substr(0, end);
  }
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool shown = byte >= 0x80 ? valid : byte >= 0x20 && byte != 0x7F;
    out += shown ? c : '?';
  }
  out += cut ? "…\"" : "\"";
  return out;
}

} // namespace motorcade
