#include "schema/lines/spread_message.hpp"

#include "schema/base/trim.hpp"

namespace motorcade {

namespace {

/// Longer lines hold more than `"type": "RECORD",`.
constexpr size_t longest = 200;

} // namespace

std::optional<message_kind> spread_message::next(uint64_t number,
                                                 std::string_view line) {
  if (number != expected_)
    seen_ = {};
  expected_ = number + 1;
  auto colon = line.find(':');
  if (colon == std::string_view::npos || line.size() > longest)
    return std::nullopt;
  auto key = trim(line.substr(0, colon), " \t\"'");
  auto value = trim(line.substr(colon + 1), " \t\r\"',");
  std::optional<message_kind> kind;
  if (key == "type") {
    kind = find_message_kind(value);
    if (kind && value == to_string(*kind))
      seen_[static_cast<size_t>(*kind)].type = true;
  } else if (value == "{") {
    kind = find_kind_of_member(key);
    if (kind)
      seen_[static_cast<size_t>(*kind)].member = true;
  }
  if (!kind || *kind == message_kind::log)
    return std::nullopt;
  auto& both = seen_[static_cast<size_t>(*kind)];
  if (!both.type || !both.member)
    return std::nullopt;
  both = {};
  return kind;
}

} // namespace motorcade
