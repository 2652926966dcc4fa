#include "support/json_rule.hpp"

#include <nlohmann/json.hpp>

#include <cctype>
#include <string>

namespace motorcade::support {

namespace {

bool is_digit(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) != 0;
}

/// Makes harmless what is valid and yet refused by the library: numbers that
/// overflow and half of a surrogate pair.
std::string tamed(std::string_view text) {
  std::string out;
  bool within = false;
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = text[i];
    digits = !within && is_digit(c) ? digits + 1 : 0;
    if (digits > 15)
      continue;
    out += c;
    if (c == '"')
      within = !within;
    if (within && c == '\\' && i + 1 < text.size()) {
      out += text[++i];
      auto escape = text.substr(i + 1, 4);
      bool whole = text[i] == 'u' && escape.size() == 4;
      for (auto h : escape)
        whole = whole && std::isxdigit(static_cast<unsigned char>(h)) != 0;
      if (whole) {
        out += "0041";
        i += 4;
      }
    } else if (!within && (c == 'e' || c == 'E') && i > 0
               && is_digit(text[i - 1])) {
      if (i + 1 < text.size() && (text[i + 1] == '+' || text[i + 1] == '-'))
        out += text[++i];
      if (i + 1 < text.size() && is_digit(text[i + 1]))
        out += '1';
      while (i + 1 < text.size() && is_digit(text[i + 1]))
        ++i;
    }
  }
  return out;
}

} // namespace

bool is_json(std::string_view text) {
  return nlohmann::json::accept(text) || nlohmann::json::accept(tamed(text));
}

} // namespace motorcade::support
