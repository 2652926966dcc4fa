#include "runtime/base/text.hpp"

#include "schema/base/hex.hpp"
#include "schema/base/utf8.hpp"

namespace motorcade {

namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
         || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
         || c == '~';
}

bool breaks_lines(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
}

void replace_all(std::string& text, std::string_view from,
                 std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

} // namespace

std::string percent_encode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (is_unreserved(c))
      out += c;
    else
      append_percent(out, c);
  }
  return out;
}

std::string percent_encode_path(std::string_view path) {
  std::string out;
  for (auto rest = path;;) {
    const auto slash = rest.find('/');
    out += percent_encode(rest.substr(0, slash));
    if (slash == std::string_view::npos)
      return out;
    out += '/';
    rest.remove_prefix(slash + 1);
  }
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (text.size() - i < 3)
      return std::nullopt;
    auto high = hex_value(text[i + 1]);
    auto low = hex_value(text[i + 2]);
    if (high < 0 || low < 0)
      return std::nullopt;
    out += static_cast<char>(high << 4 | low);
    i += 2;
  }
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

std::string mask(std::string_view text, std::string_view secret) {
  std::string out{text};
  if (secret.empty())
    return out;
  replace_all(out, secret, "***");
  if (auto encoded = percent_encode(secret); encoded != secret)
    replace_all(out, encoded, "***");
  return out;
}

} // namespace motorcade
