#include "schema/json/json_view.hpp"

#include "schema/base/trim.hpp"
#include "schema/base/utf8.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace motorcade {

namespace {

/// @returns the length of the string at the start of `text`, quotes included.
size_t string_length(std::string_view text) {
  size_t at = 1;
  auto quote = text.find('"', at);
  for (;;) {
    const auto escape = text.substr(0, quote).find('\\', at);
    if (escape == std::string_view::npos)
      return quote < text.size() ? quote + 1 : text.size();
    at = escape + 2;
    // Each of the two is searched for again only if it was passed.
    if (quote < at)
      quote = text.find('"', at);
  }
}

unsigned hex4(std::string_view text) {
  unsigned value = 0;
  std::from_chars(text.data(), text.data() + 4, value, 16);
  return value;
}

constexpr unsigned replacement = 0xFFFD;

} // namespace

size_t json_value_length(std::string_view text) {
  if (text.empty())
    return 0;
  if (text[0] == '"')
    return string_length(text);
  if (text[0] != '{' && text[0] != '[') {
    size_t at = 0;
    while (at < text.size() && text[at] != ',' && text[at] != '}'
           && text[at] != ']' && !is_json_blank(text[at]))
      ++at;
    return at;
  }
  size_t depth = 0;
  for (size_t at = 0; at < text.size();) {
    switch (text[at]) {
    case '"':
      at += string_length(text.substr(at));
      continue;
    case '{':
    case '[':
      ++depth;
      break;
    case '}':
    case ']':
      if (--depth == 0)
        return at + 1;
      break;
    default:
      break;
    }
    ++at;
  }
  return text.size();
}

std::string decode_json_string(std::string_view inside) {
  std::string out;
  out.reserve(inside.size());
  for (size_t at = 0; at < inside.size();) {
    const auto* hit = static_cast<const char*>(
        std::memchr(inside.data() + at, '\\', inside.size() - at));
    auto end = hit == nullptr ? inside.size()
                              : static_cast<size_t>(hit - inside.data());
    out.append(inside, at, end - at);
    at = end;
    if (at + 1 >= inside.size())
      break;
    auto c = inside[at + 1];
    at += 2;
    switch (c) {
    case 'b':
      out.push_back('\b');
      break;
    case 'f':
      out.push_back('\f');
      break;
    case 'n':
      out.push_back('\n');
      break;
    case 'r':
      out.push_back('\r');
      break;
    case 't':
      out.push_back('\t');
      break;
    case 'u': {
      if (at + 4 > inside.size())
        return out;
      auto code = hex4(inside.substr(at, 4));
      at += 4;
      if (code >= 0xD800 && code <= 0xDFFF) {
        auto low = 0u;
        if (code < 0xDC00 && at + 6 <= inside.size() && inside[at] == '\\'
            && inside[at + 1] == 'u')
          low = hex4(inside.substr(at + 2, 4));
        if (low >= 0xDC00 && low <= 0xDFFF) {
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
          at += 6;
        } else {
          code = replacement;
        }
      }
      append_code_point(out, code);
      break;
    }
    default:
      out.push_back(c);
    }
  }
  return out;
}

std::string encode_json_string(std::string_view text, bool ascii) {
  return nlohmann::json(text).dump(-1, ' ', ascii,
                                   nlohmann::json::error_handler_t::replace);
}

std::string to_clean_text(std::string_view text) {
  // The JSON library already knows how to mend broken UTF-8.
  if (std::all_of(text.begin(), text.end(),
                  [](char c) { return static_cast<signed char>(c) > 0; }))
    return std::string{text};
  const auto quoted = encode_json_string(text);
  auto clean =
      decode_json_string(std::string_view{quoted}.substr(1, quoted.size() - 2));
  if (clean.find('\0') == std::string::npos)
    return clean;
  std::string out;
  out.reserve(clean.size());
  for (const char c : clean)
    c == '\0' ? out += "\uFFFD" : out += c;
  return out;
}

json_view::json_view(std::string_view text) : raw_{trim(text)} {}

json_view::kind json_view::type() const {
  switch (raw_.empty() ? 'n' : raw_[0]) {
  case '{':
    return kind::object;
  case '[':
    return kind::array;
  case '"':
    return kind::string;
  case 't':
  case 'f':
    return kind::boolean;
  case 'n':
    return kind::null;
  default:
    return kind::number;
  }
}

std::optional<json_view> json_view::find(std::string_view key) const {
  std::optional<json_view> found;
  for_each_member([&](const std::string& name, json_view value) {
    if (name == key)
      found = value;
  });
  return found;
}

std::string json_view::text() const {
  if (!is_string())
    return {};
  return decode_json_string(raw_.substr(1, raw_.size() - 2));
}

std::string json_view::text_at(std::string_view key) const {
  const auto member = find(key);
  return member ? member->text() : std::string{};
}

std::optional<double> json_view::number() const {
  if (!is_number())
    return std::nullopt;
  // strtod rounds what is too large to infinity, from_chars would refuse it.
  return std::strtod(std::string{raw_}.c_str(), nullptr);
}

json_view::cursor::cursor(const json_view& container, char open)
    : text_{container.raw_} {
  if (!text_.empty() && text_[0] == open) {
    at_ = 1;
    done_ = false;
  }
}

void json_view::cursor::skip_space() {
  while (at_ < text_.size() && is_json_blank(text_[at_]))
    ++at_;
}

bool json_view::cursor::to_item() {
  if (done_)
    return false;
  skip_space();
  if (!first_ && at_ < text_.size() && text_[at_] == ',') {
    ++at_;
    skip_space();
  }
  first_ = false;
  done_ = at_ >= text_.size() || text_[at_] == '}' || text_[at_] == ']';
  return !done_;
}

bool json_view::cursor::next_key() {
  if (!to_item())
    return false;
  key_ = text_.substr(at_, string_length(text_.substr(at_)));
  at_ += key_.size();
  skip_space();
  ++at_; // The colon.
  skip_space();
  value_ = text_.substr(at_, json_value_length(text_.substr(at_)));
  at_ += value_.size();
  return true;
}

bool json_view::cursor::next_element() {
  if (!to_item())
    return false;
  value_ = text_.substr(at_, json_value_length(text_.substr(at_)));
  at_ += value_.size();
  return true;
}

std::string json_view::cursor::key() const {
  return decode_json_string(key_.substr(1, key_.size() - 2));
}

json_view json_view::cursor::value() const {
  return json_view{exact{}, value_};
}

} // namespace motorcade
