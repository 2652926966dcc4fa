#include "schema/base/excerpt.hpp"

#include "schema/base/utf8.hpp"

namespace motorcade {

namespace {

constexpr size_t longest = 80;

bool breaks_lines(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
}

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

std::string excerpt(std::string_view text, size_t limit) {
  std::string out;
  for (size_t count = 0; !text.empty(); ++count) {
    if (count == limit) {
      out += "…";
      break;
    }
    auto [value, size] = first_code_point(text);
    if (size == 0)
      out += "\xef\xbf\xbd";
    else if (breaks_lines(value))
      out += ' ';
    else
      out += text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  auto last = out.find_last_not_of(' ');
  out.resize(last == std::string::npos ? 0 : last + 1);
  return out;
}

} // namespace motorcade
