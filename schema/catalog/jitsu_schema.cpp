#include "schema/catalog/jitsu_schema.hpp"

#include <nlohmann/json.hpp>

#include <unordered_map>

namespace motorcade {

namespace {

std::string_view text_of(const json_value& schema, std::string_view name) {
  const auto* value = schema.find(name);
  return value != nullptr && value->kind == json_kind::string
             ? std::string_view{value->text}
             : std::string_view{};
}

/// @returns the schema's type, or the first of its list that is not null.
std::string_view first_type(const json_value& schema) {
  const auto* type = schema.find("type");
  if (type == nullptr)
    return {};
  if (type->kind == json_kind::string)
    return type->text;
  if (type->kind != json_kind::array)
    return {};
  for (const auto& one : type->children)
    if (one.kind == json_kind::string && one.text != "null")
      return one.text;
  return {};
}

field_type type_of(const json_value& schema) {
  if (schema.find("oneOf") != nullptr)
    return field_type::string;
  const auto type = first_type(schema);
  if (type == "string") {
    const auto format = text_of(schema, "format");
    return format == "date-time" || format == "date" ? field_type::timestamp
                                                     : field_type::string;
  }
  if (type == "boolean")
    return field_type::boolean;
  if (type == "integer")
    return field_type::int64;
  if (type == "number")
    return text_of(schema, "airbyte_type") == "integer" ? field_type::int64
                                                        : field_type::float64;
  if (type == "array" || type == "object")
    return field_type::json;
  return field_type::string;
}

/// @returns a JSON string in ASCII, quotes included.
std::string ascii_json(std::string_view text) {
  // A prefix from the environment may hold any bytes.
  return nlohmann::json(text).dump(-1, ' ', true,
                                   nlohmann::json::error_handler_t::replace);
}

} // namespace

std::vector<schema_field> fields_of(const json_value& json_schema) {
  std::vector<schema_field> fields;
  const auto* properties = json_schema.find("properties");
  if (properties == nullptr || properties->kind != json_kind::object)
    return fields;
  fields.reserve(properties->children.size());
  std::unordered_map<std::string_view, size_t> places;
  for (const auto& property : properties->children) {
    const auto [place, added] = places.emplace(property.key, fields.size());
    if (added)
      fields.push_back({property.key, type_of(property)});
    else
      fields[place->second].type = type_of(property);
  }
  return fields;
}

schema_header make_schema_header(std::string_view table,
                                 std::span<const schema_field> fields) {
  schema_header header;
  if (fields.empty())
    return header;
  auto& value = header.value;
  value = "{\"name\":" + ascii_json(table) + ",\"fields\":[";
  for (const auto& field : fields) {
    if (value.back() != '[')
      value += ',';
    value += "{\"name\":" + ascii_json(field.name) + ",\"type\":"
             + std::to_string(static_cast<int>(field.type)) + '}';
    if (value.size() > max_schema_header_bytes)
      break;
  }
  value += "]}";
  if (value.size() > max_schema_header_bytes) {
    value.clear();
    header.omitted = "the schema of " + std::to_string(fields.size())
                     + " fields does not fit a header of "
                     + std::to_string(max_schema_header_bytes) + " bytes";
  }
  return header;
}

} // namespace motorcade
