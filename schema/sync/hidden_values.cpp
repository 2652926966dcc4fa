#include "schema/sync/hidden_values.hpp"

#include "schema/json/json_tree.hpp"
#include "schema/secrets/config_secrets.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

/// The signs by which a value is known to be secret.
struct secret_signs {
  /// Names that the spec marks `airbyte_secret`, at any place.
  std::set<std::string, std::less<>> marked;
  /// Texts that are secret.
  std::vector<std::string> texts;
  /// By a property's name, at any place: the values that the spec fixes for
  /// it. Whoever reads the spec knows them, and a form needs them to tell the
  /// variants of a config apart.
  std::map<std::string, std::vector<json>, std::less<>> fixed;
};

/// Gathers what the schema gives as `const` or as the only one of an `enum`,
/// also as one of several choices.
void find_fixed(const json& schema, std::vector<json>& out) {
  if (const auto value = schema.find("const"); value != schema.end())
    out.push_back(*value);
  if (const auto values = schema.find("enum");
      values != schema.end() && values->is_array() && values->size() == 1)
    out.push_back(values->front());
  for (const auto* name : {"oneOf", "anyOf", "allOf"})
    if (const auto choices = schema.find(name);
        choices != schema.end() && choices->is_array())
      for (const auto& choice : *choices)
        if (choice.is_object())
          find_fixed(choice, out);
}

/// Gathers the names of the properties that are marked, and fixed values.
void find_signs(const json& schema, secret_signs& out) {
  if (schema.is_array()) {
    for (const auto& one : schema)
      find_signs(one, out);
    return;
  }
  if (!schema.is_object())
    return;
  for (const auto& [name, member] : schema.items()) {
    if (member.is_object()) {
      const auto mark = member.find("airbyte_secret");
      if (mark != member.end() && mark->is_boolean() && mark->get<bool>())
        out.marked.insert(name);
      find_fixed(member, out.fixed[name]);
    }
    find_signs(member, out);
  }
}

secret_signs signs_of(std::string_view config, std::string_view spec) {
  secret_signs out;
  const auto tree = read_ordered_tree(spec);
  if (!tree.is_discarded())
    find_signs(tree, out);
  for (auto& one : find_config_secrets(config, spec))
    if (!one.empty())
      out.texts.push_back(std::move(one));
  return out;
}

bool holds_secret(const std::string& text, const secret_signs& signs) {
  return std::any_of(signs.texts.begin(), signs.texts.end(),
                     [&](const std::string& secret) {
                       return text.find(secret) != std::string::npos;
                     });
}

bool is_fixed(std::string_view name, const json& value,
              const secret_signs& signs) {
  const auto found = signs.fixed.find(name);
  return found != signs.fixed.end()
         && std::find(found->second.begin(), found->second.end(), value)
                != found->second.end();
}

/// @param secret A member above it is marked, or names a secret.
void hide(json& value, const secret_signs& signs, bool secret) {
  if (value.is_object()) {
    // A header that is given as {"name": "Authorization", "value": "…"} is
    // found by its text.
    for (auto& [name, member] : value.items())
      if (!is_fixed(name, member, signs))
        hide(member, signs,
             secret || signs.marked.contains(name) || names_a_secret(name));
  } else if (value.is_array()) {
    for (auto& item : value)
      hide(item, signs, secret);
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (!text.empty() && (secret || holds_secret(text, signs)))
      value = hidden_value;
  } else if (value.is_number()) {
    if (secret || holds_secret(value.dump(), signs))
      value = hidden_value;
  }
}

bool has_hidden(const json& value) {
  if (value.is_string())
    return value.get_ref<const std::string&>() == hidden_value;
  return value.is_structured()
         && std::any_of(value.begin(), value.end(), has_hidden);
}

/// @returns the path to the first hidden text; empty: there is none.
std::string path_to_hidden(const json& value, const std::string& path) {
  if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i)
      if (has_hidden(value[i]))
        return path_to_hidden(value[i], path + '[' + std::to_string(i) + ']');
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.items())
      if (has_hidden(member))
        return path_to_hidden(member, path.empty() ? name : path + '.' + name);
  }
  return path;
}

failure nothing_there(const std::string& place) {
  return {ec::invalid_argument,
          place
              + " is ***, which stands for the stored value, and there is "
                "none at that place; give the value itself"};
}

/// @param is_kept Whether a list is stored there.
failure other_element(const std::string& place, bool is_kept) {
  if (!is_kept)
    return nothing_there(place);
  return {
      ec::invalid_argument,
      place
          + " holds ***, and is not the element that is stored at that "
            "place: in a list *** stands for a stored value only if the "
            "elements are in their order and the rest of each is unchanged; "
            "give the values themselves"};
}

/// A stored value as it may have been shown.
struct shown_value {
  const json* value;
  /// Every text of it is hidden, so that elements of an array look alike.
  bool whole = false;
};

using shown_values = std::vector<shown_value>;

/// @returns what stands at `at`, which is there, of each of them.
template <class Place>
shown_values below(const shown_values& shown, const Place& at) {
  shown_values out;
  for (const auto& one : shown)
    out.push_back({&one.value->at(at), one.whole});
  return out;
}

/// @returns whether the value is what was shown.
/// @param as_long Whether it belongs to an array of the stored length.
bool was_shown(const json& value, const shown_values& shown,
               bool as_long = true) {
  return std::any_of(shown.begin(), shown.end(), [&](const shown_value& one) {
    return (as_long || !one.whole) && *one.value == value;
  });
}

/// @param shown Empty if there is no stored value.
/// @param kept The stored value; null: there is none.
result<void> restore(json& value, const shown_values& shown, const json* kept,
                     const std::string& place) {
  if (!has_hidden(value))
    return {};
  if (value.is_object()) {
    for (auto& [name, member] : value.items()) {
      const auto there =
          kept != nullptr && kept->is_object() && kept->contains(name);
      auto done =
          restore(member, there ? below(shown, name) : shown_values{},
                  there ? &kept->at(name) : nullptr,
                  place.empty() ? std::string{name} : place + '.' + name);
      if (!done)
        return done;
    }
    return {};
  }
  if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) {
      if (!has_hidden(value[i]))
        continue;
      if (kept == nullptr || !kept->is_array() || i >= kept->size()
          || !was_shown(value[i], below(shown, i),
                        value.size() == kept->size()))
        return other_element(place + '[' + std::to_string(i) + ']',
                             kept != nullptr && kept->is_array());
      value[i] = (*kept)[i];
    }
    return {};
  }
  if (kept == nullptr || !was_shown(value, shown))
    return nothing_there(place);
  value = *kept;
  return {};
}

/// @param trees The stored config as it may have been shown; the last one is
/// hidden whole if `last_is_whole`.
result<std::string> restore_from(std::string_view config,
                                 std::string_view stored,
                                 const std::vector<json>& trees,
                                 bool last_is_whole) {
  auto tree = json::parse(config);
  // The document is returned byte for byte, since numbers may be of any size.
  if (!has_hidden(tree))
    return std::string{config};
  shown_values shown;
  for (const auto& one : trees)
    shown.push_back({&one, last_is_whole && &one == &trees.back()});
  const auto kept = stored.empty() ? json{} : json::parse(stored);
  if (auto done = restore(tree, shown, stored.empty() ? nullptr : &kept, "");
      !done)
    return done.error();
  return write_json(tree);
}

/// Hides every text and number.
void hide_leaves(json& value) {
  if (value.is_structured()) {
    for (auto& one : value)
      hide_leaves(one);
  } else if (value.is_number()
             || (value.is_string()
                 && !value.get_ref<const std::string&>().empty())) {
    value = hidden_value;
  }
}

} // namespace

std::string hide_secrets(std::string_view config, std::string_view spec) {
  auto tree = json::parse(config);
  hide(tree, signs_of(config, spec), false);
  return write_json(tree);
}

bool has_hidden_value(std::string_view document) {
  return has_hidden(json::parse(document));
}

std::optional<std::string> find_hidden_value(std::string_view document) {
  const auto tree = json::parse(document);
  if (!has_hidden(tree))
    return {};
  return path_to_hidden(tree, {});
}

std::string hide_all(std::string_view config) {
  auto tree = json::parse(config);
  hide_leaves(tree);
  return write_json(tree);
}

bool tells_secrets(std::string_view spec) {
  const auto tree = read_tree(spec);
  return member_at(tree, "connectionSpecification").is_object();
}

result<std::string> restore_secrets(std::string_view config,
                                    std::string_view stored,
                                    std::string_view spec) {
  std::vector<json> shown;
  if (!stored.empty())
    shown.push_back(json::parse(hide_secrets(stored, spec)));
  return restore_from(config, stored, shown, false);
}

result<std::string> restore_config(std::string_view config,
                                   std::string_view stored,
                                   std::span<const std::string> specs) {
  std::vector<json> shown;
  if (!stored.empty()) {
    for (const auto& spec : specs)
      if (tells_secrets(spec))
        shown.push_back(json::parse(hide_secrets(stored, spec)));
    shown.push_back(json::parse(hide_all(stored)));
  }
  return restore_from(config, stored, shown, true);
}

} // namespace motorcade
