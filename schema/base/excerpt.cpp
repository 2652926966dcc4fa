#include "schema/base/excerpt.hpp"

#include "schema/base/utf8.hpp"

namespace motorcade {

namespace {

constexpr size_t longest = 80;

} // namespace

std::string excerpt(std::string_view text) {
  const bool valid = is_utf8(text);
  const bool cut = text.size() > longest;
  if (cut)
    text = valid ? cut_bytes(text, longest) : text.substr(0, longest);
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
