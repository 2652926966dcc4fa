#include "schema/json/canonical_json.hpp"

#include "schema/json/json_view.hpp"

#include <charconv>
#include <cstdint>
#include <map>
#include <system_error>

namespace motorcade {

namespace {

/// @returns the number as its digits without zeros at either end, and a power
/// of ten.
std::string canonical_number(std::string_view text) {
  const auto whole = text;
  const auto negative = text.starts_with('-');
  if (negative)
    text.remove_prefix(1);
  int64_t power = 0;
  if (const auto mark = text.find_first_of("eE"); mark != text.npos) {
    auto written = text.substr(mark + 1);
    if (written.starts_with('+'))
      written.remove_prefix(1);
    int32_t value = 0;
    const auto read =
        std::from_chars(written.data(), written.data() + written.size(), value);
    if (read.ec != std::errc{})
      return std::string{whole};
    power = value;
    text = text.substr(0, mark);
  }
  const auto point = text.find('.');
  std::string digits{text.substr(0, point)};
  if (point != text.npos) {
    digits += text.substr(point + 1);
    power -= static_cast<int64_t>(text.size() - point - 1);
  }
  const auto first = digits.find_first_not_of('0');
  if (first == digits.npos)
    return "0";
  const auto last = digits.find_last_not_of('0');
  power += static_cast<int64_t>(digits.size() - 1 - last);
  return (negative ? "-" : "") + digits.substr(first, last - first + 1) + 'e'
         + std::to_string(power);
}

std::string canonical(const json_view& value);

std::string canonical_object(const json_view& object) {
  std::map<std::string, std::string> members;
  object.for_each_member([&](std::string name, const json_view& value) {
    members.insert_or_assign(std::move(name), canonical(value));
  });
  std::string out = "{";
  for (const auto& [name, value] : members)
    out +=
        (out.size() == 1 ? "" : ",") + encode_json_string(name) + ':' + value;
  return out + '}';
}

std::string canonical_array(const json_view& array) {
  std::string out = "[";
  array.for_each_element([&](const json_view& value) {
    out += (out.size() == 1 ? "" : ",") + canonical(value);
  });
  return out + ']';
}

std::string canonical(const json_view& value) {
  switch (value.type()) {
  case json_view::kind::object:
    return canonical_object(value);
  case json_view::kind::array:
    return canonical_array(value);
  case json_view::kind::string:
    return encode_json_string(value.text());
  case json_view::kind::number:
    return canonical_number(value.raw());
  case json_view::kind::boolean:
  case json_view::kind::null:
    break;
  }
  return std::string{value.raw()};
}

} // namespace

std::string canonical_json(std::string_view json) {
  return canonical(json_view{json});
}

} // namespace motorcade
