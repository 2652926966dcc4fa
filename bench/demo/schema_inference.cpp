#include "bench/demo/schema_inference.hpp"

namespace motorcade {

using nlohmann::json;

void schema_inference::add(const json& value) {
  switch (value.type()) {
  case json::value_t::null:
  case json::value_t::discarded:
    null_ = true;
    break;
  case json::value_t::boolean:
    boolean_ = true;
    break;
  case json::value_t::number_integer:
  case json::value_t::number_unsigned:
    integer_ = true;
    break;
  case json::value_t::number_float:
    fraction_ = true;
    break;
  case json::value_t::string:
  case json::value_t::binary:
    string_ = true;
    break;
  case json::value_t::array:
    array_ = true;
    for (const auto& item : value) {
      if (!items_)
        items_ = std::make_unique<schema_inference>();
      items_->add(item);
    }
    break;
  case json::value_t::object:
    object_ = true;
    for (const auto& [name, member] : value.items())
      members_[name].add(member);
    break;
  }
}

json schema_inference::schema() const {
  auto types = json::array();
  if (null_)
    types.push_back("null");
  if (boolean_)
    types.push_back("boolean");
  if (fraction_)
    types.push_back("number");
  else if (integer_)
    types.push_back("integer");
  if (string_)
    types.push_back("string");
  if (array_)
    types.push_back("array");
  if (object_)
    types.push_back("object");
  auto learned = json::object();
  if (types.size() == 1)
    learned["type"] = types[0];
  else if (!types.empty())
    learned["type"] = std::move(types);
  if (object_) {
    auto& properties = learned["properties"] = json::object();
    for (const auto& [name, member] : members_)
      properties[name] = member.schema();
  }
  if (items_)
    learned["items"] = items_->schema();
  return learned;
}

} // namespace motorcade
