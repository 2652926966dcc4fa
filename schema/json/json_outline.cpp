#include "schema/json/json_outline.hpp"

#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"

namespace motorcade {

namespace {

/// @param levels How many arrays and objects inside each other are kept.
json_value outline(json_view view, size_t levels) {
  json_value out;
  switch (view.type()) {
  case json_view::kind::null:
    out.kind = json_kind::null;
    break;
  case json_view::kind::boolean:
    out.kind = json_kind::boolean;
    break;
  case json_view::kind::number:
    out.kind = json_kind::number;
    out.text = view.raw();
    break;
  case json_view::kind::string:
    out.kind = json_kind::string;
    out.text = view.text();
    break;
  case json_view::kind::array:
    out.kind = json_kind::array;
    if (levels > 0)
      view.for_each_element([&](json_view element) {
        out.children.push_back(outline(element, levels - 1));
      });
    break;
  case json_view::kind::object:
    out.kind = json_kind::object;
    if (levels > 0)
      view.for_each_member([&](std::string key, json_view value) {
        auto& child = out.children.emplace_back(outline(value, levels - 1));
        child.key = std::move(key);
      });
    break;
  }
  return out;
}

} // namespace

std::string_view to_string(json_kind kind) {
  switch (kind) {
  case json_kind::null:
    return "null";
  case json_kind::boolean:
    return "a boolean";
  case json_kind::number:
    return "a number";
  case json_kind::string:
    return "a string";
  case json_kind::array:
    return "an array";
  case json_kind::object:
    return "an object";
  }
  return "unknown";
}

const json_value* json_value::find(std::string_view name) const {
  if (kind != json_kind::object)
    return nullptr;
  for (auto child = children.rbegin(); child != children.rend(); ++child)
    if (child->key == name)
      return child->kind == json_kind::null ? nullptr : &*child;
  return nullptr;
}

result<json_value> read_json(std::string_view text, size_t keep_depth) {
  if (auto fault = check_json(text))
    return failure{ec::invalid_argument, "not valid JSON at byte "
                                             + std::to_string(fault->offset)
                                             + ": " + fault->what};
  return outline(json_view{text}, keep_depth);
}

} // namespace motorcade
