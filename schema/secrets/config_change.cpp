#include "schema/secrets/config_change.hpp"

#include "schema/base/trim.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <cctype>
#include <vector>

namespace motorcade {

namespace {

using nlohmann::json;

/// The most names in a message: more would be too many to read.
constexpr size_t most_names = 50;

constexpr std::string_view no_changes =
    "Nothing in it differs from the old one";

/// The dotted paths at which two configs differ, never their values.
struct differences {
  std::vector<std::string> changed;
  std::vector<std::string> added;
  std::vector<std::string> lacking;
};

std::string join(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

void compare(const json& before, const json& after, const std::string& path,
             differences& out) {
  if (before.is_object() && after.is_object()) {
    for (const auto& [key, value] : before.items()) {
      auto found = after.find(key);
      if (found == after.end())
        out.lacking.push_back(join(path, key));
      else
        compare(value, *found, join(path, key), out);
    }
    for (const auto& [key, value] : after.items())
      if (!before.contains(key))
        out.added.push_back(join(path, key));
    return;
  }
  // Entries of lists of different lengths cannot be matched.
  if (before.is_array() && after.is_array() && before.size() == after.size()) {
    for (size_t i = 0; i < before.size(); ++i)
      compare(before[i], after[i], join(path, std::to_string(i)), out);
    return;
  }
  if (before != after)
    out.changed.push_back(path.empty() ? "the whole of it" : path);
}

void add_list(std::string& out, std::string_view title,
              const std::vector<std::string>& names) {
  if (names.empty())
    return;
  out += out.empty() ? "" : "; ";
  out += title;
  for (size_t i = 0; i < names.size() && i < most_names; ++i)
    out += (i > 0 ? ", " : " ") + names[i];
  if (names.size() > most_names)
    out += " and " + std::to_string(names.size() - most_names) + " more";
}

} // namespace

std::string name_config_changes(std::string_view before,
                                std::string_view after) {
  if (is_blank(before))
    return "What changed is not known, as the old config was not given";
  auto old_one = read_tree(before);
  auto new_one = read_tree(after);
  if (!old_one.is_object() || !new_one.is_object())
    return std::string{"What changed is not known, as "}
           + (old_one.is_object() ? "the new" : "the old")
           + " config is no JSON object";
  differences found;
  compare(old_one, new_one, {}, found);
  std::string list;
  add_list(list, "changed:", found.changed);
  add_list(list, "added:", found.added);
  add_list(list, "the new config lacks:", found.lacking);
  if (list.empty())
    return std::string{no_changes};
  list.front() =
      static_cast<char>(std::toupper(static_cast<unsigned char>(list.front())));
  return list;
}

std::string describe_config_change(std::string_view before,
                                   std::string_view after) {
  const auto changes = name_config_changes(before, after);
  // Some connectors send their config at each start.
  if (changes == no_changes)
    return "the connector sent its config anew, as it was: nothing in it "
           "differs";
  return "the connector changed its config and must be started with the new "
         "one, see source_config_update. "
         + changes;
}

} // namespace motorcade
