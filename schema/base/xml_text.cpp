#include "schema/base/xml_text.hpp"

#include "schema/base/utf8.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <utility>

namespace motorcade {

namespace {

constexpr std::pair<std::string_view, char> entities[] = {
    {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};

/// @returns the character of `#38` or `#x26`.
std::optional<char32_t> numbered(std::string_view name) {
  if (!name.starts_with('#'))
    return {};
  name.remove_prefix(1);
  const auto hex = name.starts_with('x');
  name.remove_prefix(hex ? 1 : 0);
  uint32_t code = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(),
                                    code, hex ? 16 : 10);
  if (read.ec != std::errc{} || read.ptr != name.data() + name.size()
      || code > 0x10FFFF)
    return {};
  return code;
}

/// Appends the character of an entity.
/// @returns whether the entity is known.
bool append_entity(std::string& out, std::string_view name) {
  for (const auto& [known, character] : entities)
    if (name == known) {
      out += character;
      return true;
    }
  const auto code = numbered(name);
  if (code)
    append_code_point(out, *code);
  return code.has_value();
}

} // namespace

std::vector<std::string_view> xml_elements(std::string_view xml,
                                           std::string_view name) {
  const auto begin = '<' + std::string{name} + '>';
  const auto end = "</" + std::string{name} + '>';
  std::vector<std::string_view> out;
  for (;;) {
    const auto from = xml.find(begin);
    if (from == std::string_view::npos)
      return out;
    xml.remove_prefix(from + begin.size());
    const auto to = xml.find(end);
    if (to == std::string_view::npos)
      return out;
    out.push_back(xml.substr(0, to));
    xml.remove_prefix(to + end.size());
  }
}

std::string xml_value(std::string_view xml, std::string_view name) {
  const auto found = xml_elements(xml, name);
  auto text = found.empty() ? std::string_view{} : found.front();
  constexpr std::string_view cdata = "<![CDATA[";
  constexpr std::string_view cdata_end = "]]>";
  if (text.starts_with(cdata) && text.ends_with(cdata_end))
    return std::string{text.substr(cdata.size(), text.size() - cdata.size()
                                                     - cdata_end.size())};
  std::string out;
  while (!text.empty()) {
    const auto mark = text.find('&');
    out += text.substr(0, mark);
    if (mark == std::string_view::npos)
      break;
    text.remove_prefix(mark);
    const auto end = text.find(';');
    if (end != std::string_view::npos
        && append_entity(out, text.substr(1, end - 1))) {
      text.remove_prefix(end + 1);
    } else {
      out += '&';
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string xml_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    std::string_view name;
    for (const auto& [known, character] : entities)
      if (c == character)
        name = known;
    if (name.empty())
      out += c;
    else
      out.append(1, '&').append(name).append(1, ';');
  }
  return out;
}

} // namespace motorcade
