#include "runtime/destination/tables/column_type.hpp"

#include <algorithm>

namespace motorcade {

std::string_view to_string(column_type type) {
  constexpr std::array<std::string_view, column_type_count> names = {
      "boolean", "integer", "floating", "string", "timestamp", "json"};
  return names.at(static_cast<size_t>(type));
}

column_type common_ancestor(column_type a, column_type b) {
  if (a == b)
    return a;
  // The enumerators up to string stand in the order of what they take.
  const auto wider = std::max(a, b);
  return wider <= column_type::string ? wider : column_type::string;
}

column_type column_type_of(field_type type) {
  switch (type) {
  case field_type::boolean:
    return column_type::boolean;
  case field_type::int64:
    return column_type::integer;
  case field_type::float64:
    return column_type::floating;
  case field_type::timestamp:
    return column_type::timestamp;
  case field_type::json:
    return column_type::json;
  case field_type::string:
    break;
  }
  return column_type::string;
}

} // namespace motorcade
