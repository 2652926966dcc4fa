#include "schema/config_change.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace motorcade {

namespace {

/// @returns the dotted paths at which two configs differ, never their values.
std::string changed_keys(std::string_view before, std::string_view after) {
  auto parse = [](std::string_view text) {
    auto value = nlohmann::json::parse(text, nullptr, false);
    return value.is_object() ? value : nlohmann::json::object();
  };
  auto old_flat = parse(before);
  auto new_flat = parse(after);
  std::string out;
  auto add = [&](const std::string& path, std::string_view how) {
    out += (out.empty() ? "" : ", ") + path + " " + std::string{how};
  };
  for (const auto& step : nlohmann::json::diff(old_flat, new_flat)) {
    auto operation = step["op"].get<std::string>();
    auto path = step["path"].get<std::string>();
    std::replace(path.begin(), path.end(), '/', '.');
    if (!path.empty())
      path.erase(0, 1);
    add(path, operation == "add"      ? "added"
              : operation == "remove" ? "removed"
                                      : "changed");
  }
  return out.empty() ? "nothing" : out;
}

} // namespace

std::string describe_config_change(std::string_view before,
                                   std::string_view after) {
  std::string out = "the connector changed its config and must be started with "
                    "the new one, see source_config_update. ";
  if (before.empty())
    return out + "What changed is not known, as the old config was not given";
  return out + "Changed: " + changed_keys(before, after);
}

} // namespace motorcade
