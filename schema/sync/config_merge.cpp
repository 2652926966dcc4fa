#include "schema/sync/config_merge.hpp"

#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

/// A member's value; nothing: there is no such member.
using maybe = std::optional<json>;

maybe value_at(const json& object, const std::string& name) {
  const auto found = object.find(name);
  return found == object.end() ? maybe{} : maybe{*found};
}

bool are_objects(const maybe& one, const maybe& other) {
  return one && other && one->is_object() && other->is_object();
}

/// Applies what differs between `given` and `changed` to `current`.
void merge(const json& given, const json& changed, json& current,
           const std::string& path, std::vector<std::string>& kept) {
  std::vector<std::string> names;
  for (const auto& [name, value] : given.items())
    names.push_back(name);
  for (const auto& [name, value] : changed.items())
    if (!given.contains(name))
      names.push_back(name);
  for (const auto& name : names) {
    const auto before = value_at(given, name);
    const auto after = value_at(changed, name);
    const auto now = value_at(current, name);
    if (before == after || now == after)
      continue;
    const auto place = path.empty() ? name : path + "." + name;
    if (now == before) {
      if (after)
        current[name] = *after;
      else
        current.erase(name);
    } else if (are_objects(now, after) && (!before || before->is_object())) {
      merge(before.value_or(json::object()), *after, current[name], place,
            kept);
    } else {
      kept.push_back(place);
    }
  }
}

} // namespace

merged_config merge_config(std::string_view given, std::string_view changed,
                           std::string_view current) {
  if (given == current)
    return {std::string{changed}, {}};
  const auto from = json::parse(given, nullptr, false);
  const auto to = json::parse(changed, nullptr, false);
  auto out = json::parse(current, nullptr, false);
  if (!from.is_object() || !to.is_object() || !out.is_object())
    return {std::string{current}, {"the whole of it"}};
  merged_config done;
  merge(from, to, out, {}, done.kept);
  done.config = from == out ? std::string{changed} : write_json(out);
  return done;
}

bool are_same_config(std::string_view one, std::string_view other) {
  // Its objects are sorted by name.
  using sorted_json = nlohmann::json;
  return one == other
         || sorted_json::parse(one, nullptr, false)
                == sorted_json::parse(other, nullptr, false);
}

} // namespace motorcade
