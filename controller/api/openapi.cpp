#include "controller/api/openapi.hpp"

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

json to_json(const YAML::Node& node);

/// @returns the value of a scalar: a text if it is quoted; otherwise it may be
/// a number or a truth value.
json scalar(const YAML::Node& node) {
  const auto& text = node.Scalar();
  if (node.Tag() == "!")
    return text;
  auto plain = json::parse(text, nullptr, false);
  return plain.is_primitive() && !plain.is_string() ? plain : json(text);
}

/// Puts the members of a mapping into `out`, those of `<<` in its place.
void add_members(json& out, const YAML::Node& mapping) {
  for (const auto& member : mapping) {
    const auto& name = member.first.Scalar();
    if (name == "<<")
      add_members(out, member.second);
    else
      out[name] = to_json(member.second);
  }
}

json to_json(const YAML::Node& node) {
  if (node.IsNull())
    return nullptr;
  if (node.IsMap()) {
    auto out = json::object();
    add_members(out, node);
    return out;
  }
  if (node.IsSequence()) {
    auto out = json::array();
    for (const auto& item : node)
      out.push_back(to_json(item));
    return out;
  }
  return scalar(node);
}

} // namespace

const std::string& openapi_document() {
  static const auto text =
      to_json(YAML::Load(std::string{openapi_yaml()})).dump(1);
  return text;
}

} // namespace motorcade
