#include "runtime/base/text.hpp"

#include "schema/base/hex.hpp"

namespace motorcade {

namespace {

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
         || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_'
         || c == '~';
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
