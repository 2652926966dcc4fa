#include "schema/json/shape_parts.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/base/nearest.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// @returns `generationId` and `GenerationId` as `generation_id`.
std::string to_snake_case(std::string_view name) {
  std::string out;
  for (char c : name) {
    const auto upper = c >= 'A' && c <= 'Z';
    if (upper && !out.empty() && out.back() != '_')
      out += '_';
    out += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

} // namespace

bool holds(const json_value* value, json_kind kind) {
  return value != nullptr && value->kind == kind;
}

const json_value* find_any(const json_value& object,
                           std::span<const std::string_view> wanted) {
  for (const auto& member : object.children)
    if (std::find(wanted.begin(), wanted.end(), member.key) != wanted.end())
      return &member;
  return nullptr;
}

const json_value* find_any(const json_value& object,
                           std::initializer_list<std::string_view> wanted) {
  return find_any(object, std::span{wanted.begin(), wanted.size()});
}

const json_value* find_object(const json_value& object, std::string_view name) {
  const auto* member = object.find(name);
  return holds(member, json_kind::object) ? member : nullptr;
}

const json_value* first_element(const json_value* array) {
  return holds(array, json_kind::array) && !array->children.empty()
             ? &array->children.front()
             : nullptr;
}

std::string list_members(const json_value& object) {
  constexpr size_t most = 5;
  std::string out;
  for (size_t i = 0; i < object.children.size() && i < most; ++i)
    out += (i == 0 ? "" : ", ") + excerpt(object.children[i].key);
  if (object.children.size() > most)
    out += ", …";
  return out.empty() ? " (it is empty)" : " (it has " + out + ")";
}

std::string find_misspelled(const json_value& object,
                            std::span<const std::string> known) {
  for (const auto& member : object.children)
    if (auto meant = did_you_mean(member.key, known); !meant.empty())
      return excerpt(member.key) + meant;
  return {};
}

const json_value* find_api_spelling(const json_value& object,
                                    std::span<const std::string> known) {
  for (const auto& member : object.children) {
    const auto snake = to_snake_case(member.key);
    if (member.key.find('_') == std::string::npos
        && snake.find('_') != std::string::npos
        && std::find(known.begin(), known.end(), snake) != known.end())
      return &member;
  }
  return nullptr;
}

} // namespace motorcade
