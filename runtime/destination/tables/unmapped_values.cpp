#include "runtime/destination/tables/unmapped_values.hpp"

#include "schema/json/json_view.hpp"

#include <algorithm>

namespace motorcade {

std::string unmapped_values::name_of(std::string path) {
  // No warehouse takes NUL, and without it two names may be one.
  std::replace(path.begin(), path.end(), '\0', '_');
  // A reference to an element outlives that others are added.
  auto& asked = names_[path];
  auto name = path;
  while (++asked > 1) {
    name = path + '_' + std::to_string(asked);
    if (names_.try_emplace(name, 1).second)
      break;
  }
  return name;
}

std::string unmapped_values::to_json() const {
  std::string out;
  for (const auto& one : entries_) {
    out += out.empty() ? '{' : ',';
    out += encode_json_string(one.name);
    out += ':';
    append_as_json(out, one.value);
  }
  return out + '}';
}

std::string unmapped_values::add_changes_to(std::string_view own) const {
  constexpr std::string_view end = "]}";
  if (!own.ends_with(end))
    return {};
  std::string out{own.substr(0, own.size() - end.size())};
  const auto last = out.find_last_not_of(" \t\r");
  auto is_first = last != std::string::npos && out[last] == '[';
  for (const auto& one : entries_) {
    out += is_first ? "" : ",";
    out += R"({"field":)";
    out += encode_json_string(one.name);
    out += R"(,"change":"NULLED","reason":")";
    out += one.reason;
    out += "\"}";
    is_first = false;
  }
  out += end;
  return out;
}

} // namespace motorcade
