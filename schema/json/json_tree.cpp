#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

using nlohmann::json;

namespace {

template <class Tree>
std::string write(const Tree& tree) {
  return tree.dump(-1, ' ', /*ensure_ascii*/ false,
                   Tree::error_handler_t::replace);
}

} // namespace

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
