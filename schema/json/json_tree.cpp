#include "schema/json/json_tree.hpp"

#include "schema/json/json_check.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace motorcade {

using nlohmann::json;

namespace {

constexpr auto escape_size = std::string_view{"\\u0000"}.size();

/// @param text Valid JSON.
/// @returns the code of the escape `\uXXXX` that begins there; 0: there is
/// none.
unsigned code_at(std::string_view text, size_t at) {
  unsigned out = 0;
  if (text.substr(at, 2) == "\\u")
    std::from_chars(text.data() + at + 2, text.data() + at + escape_size, out,
                    16);
  return out;
}

/// @returns how many bytes of the text are an escape that begins there.
/// @param out Gets the escape, or another that stands for it.
size_t copy_escape(std::string_view text, size_t at, std::string& out) {
  const auto code = code_at(text, at);
  if (code < 0xd800 || code > 0xdfff) {
    // The caller copies the digits behind `\u`, as it copies any other text.
    out += text.substr(at, 2);
    return 2;
  }
  const auto low = code_at(text, at + escape_size);
  if (code < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) {
    out += text.substr(at, 2 * escape_size);
    return 2 * escape_size;
  }
  out += "\\ufffd";
  return escape_size;
}

/// @returns a number as the library takes it.
std::string_view limit_number(std::string_view number) {
  const auto negative = number.starts_with('-');
  if (std::isfinite(std::strtod(std::string{number}.c_str(), nullptr)))
    return number;
  return negative ? "-1.7976931348623157e308" : "1.7976931348623157e308";
}

/// @param text Valid JSON.
/// @returns the text as the library takes it.
std::string make_readable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  auto in_string = false;
  for (size_t at = 0; at < text.size();) {
    const auto c = text[at];
    if (in_string && c == '\\') {
      at += copy_escape(text, at, out);
    } else if (!in_string && (c == '-' || (c >= '0' && c <= '9'))) {
      const auto end =
          std::min(text.find_first_not_of("+-.0123456789eE", at), text.size());
      out += limit_number(text.substr(at, end - at));
      at = end;
    } else {
      in_string = in_string != (c == '"');
      out += c;
      ++at;
    }
  }
  return out;
}

template <class Tree>
Tree read(std::string_view text) {
  auto out = Tree::parse(text, nullptr, /*allow_exceptions*/ false);
  if (out.is_discarded() && !check_json(text))
    out = Tree::parse(make_readable(text), nullptr, false);
  return out;
}

template <class Tree>
std::string write(const Tree& tree) {
  return tree.dump(-1, ' ', /*ensure_ascii*/ false,
                   Tree::error_handler_t::replace);
}

} // namespace

json read_tree(std::string_view text) {
  return read<json>(text);
}

nlohmann::ordered_json read_ordered_tree(std::string_view text) {
  return read<nlohmann::ordered_json>(text);
}

const json& member_at(const json& object, const char* name) {
  static const json none;
  if (!object.is_object())
    return none;
  const auto found = object.find(name);
  return found == object.end() ? none : *found;
}

const json& object_at(const json& object, const char* name) {
  static const json none = json::object();
  const auto& found = member_at(object, name);
  return found.is_object() ? found : none;
}

const json& array_at(const json& object, const char* name) {
  static const json none = json::array();
  const auto& found = member_at(object, name);
  return found.is_array() ? found : none;
}

std::string text_at(const json& object, const char* name) {
  const auto& found = member_at(object, name);
  return found.is_string() ? found.get<std::string>() : std::string{};
}

std::string text_at(const nlohmann::ordered_json& object, const char* name) {
  if (!object.is_object())
    return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string{};
}

int64_t integer_at(const json& object, const char* name) {
  const auto& found = member_at(object, name);
  return found.is_number_integer() ? found.get<int64_t>() : 0;
}

std::map<std::string, std::string> texts_of(const json& object) {
  std::map<std::string, std::string> out;
  if (object.is_object())
    for (const auto& [name, value] : object.items())
      if (value.is_string())
        out[name] = value.get<std::string>();
  return out;
}

std::string write_json(const json& tree) {
  return write(tree);
}

std::string write_json(const nlohmann::ordered_json& tree) {
  return write(tree);
}

} // namespace motorcade
