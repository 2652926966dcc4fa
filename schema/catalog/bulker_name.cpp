#include "schema/catalog/bulker_name.hpp"

#include "schema/base/letters.hpp"

#include <cstddef>
#include <cstdint>

namespace motorcade {

namespace {

constexpr size_t longest_name = 63;

/// @returns the code point at the start of `text`, which is not empty, and
/// takes it off; U+FFFD for a byte that begins none.
char32_t take_code_point(std::string_view& text) {
  auto byte = [&text](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  size_t length = 1;
  char32_t out = byte(0);
  if (out >= 0xf0 && out < 0xf8) {
    length = 4;
    out &= 0x07;
  } else if (out >= 0xe0) {
    length = 3;
    out &= 0x0f;
  } else if (out >= 0xc0) {
    length = 2;
    out &= 0x1f;
  }
  if ((length == 1 && out >= 0x80) || text.size() < length) {
    text.remove_prefix(1);
    return 0xfffd;
  }
  for (size_t i = 1; i < length; ++i)
    out = (out << 6) | (byte(i) & 0x3f);
  text.remove_prefix(length);
  return out;
}

bool is_kept(char32_t c) {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == ' '
         || c == '$' || c == '-';
}

} // namespace

std::string bulker_table_name(std::string_view name) {
  std::string out;
  bool kept = true;
  for (auto rest = name; !rest.empty();) {
    auto before = rest;
    if (is_kept(take_code_point(rest))) {
      out += before.substr(0, before.size() - rest.size());
      kept = true;
    } else {
      if (kept)
        out += '_';
      kept = false;
    }
  }
  // Bulker hashes the whole name then.
  if (out == "_" && name != "_")
    return "table_ of " + std::string{name};
  if (out.size() <= longest_name)
    return out;
  auto end = longest_name;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xc0) == 0x80)
    --end;
  out.resize(end);
  return out;
}

} // namespace motorcade
