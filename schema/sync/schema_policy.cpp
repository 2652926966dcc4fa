#include "schema/sync/schema_policy.hpp"

#include <array>
#include <cstddef>

namespace motorcade {

namespace {

constexpr std::array<std::string_view, 4> policy_names{
    "ignore", "follow_columns", "follow_all", "pause"};

} // namespace

std::string_view to_string(schema_policy policy) {
  return policy_names.at(static_cast<size_t>(policy));
}

bool from_string(std::string_view name, schema_policy& out) {
  for (size_t i = 0; i < policy_names.size(); ++i)
    if (policy_names[i] == name) {
      out = static_cast<schema_policy>(i);
      return true;
    }
  return false;
}

} // namespace motorcade
