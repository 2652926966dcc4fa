#include "schema/sync/hidden_values.hpp"

#include "schema/json/json_tree.hpp"
#include "schema/secrets/config_secrets.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
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
};

/// Gathers the names of the properties that are marked.
void find_marked(const json& schema, secret_signs& out) {
  if (schema.is_array()) {
    for (const auto& one : schema)
      find_marked(one, out);
    return;
  }
  if (!schema.is_object())
    return;
  for (const auto& [name, member] : schema.items()) {
    if (member.is_object()) {
      const auto mark = member.find("airbyte_secret");
      if (mark != member.end() && mark->is_boolean() && mark->get<bool>())
        out.marked.insert(name);
    }
    find_marked(member, out);
  }
}

secret_signs signs_of(std::string_view config, std::string_view spec) {
  secret_signs out;
  const auto tree = json::parse(spec, nullptr, false);
  if (!tree.is_discarded())
    find_marked(tree, out);
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

/// @param secret A member above it is marked, or names a secret.
void hide(json& value, const secret_signs& signs, bool secret) {
  if (value.is_object()) {
    // A header that is given as {"name": "Authorization", "value": "…"} is
    // found by its text.
    for (auto& [name, member] : value.items())
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

failure nothing_there(const std::string& place) {
  return {ec::invalid_argument,
          place
              + " is ***, which stands for the stored value, and there is "
                "none at that place; give the value itself"};
}

/// @param shown The stored value as it was shown; null: there is none.
/// @param kept The stored value; null: there is none.
result<void> restore(json& value, const json* shown, const json* kept,
                     const std::string& place) {
  if (!has_hidden(value))
    return {};
  if (value.is_object()) {
    for (auto& [name, member] : value.items()) {
      const auto found = kept != nullptr && kept->is_object()
                             ? kept->find(name)
                             : json::const_iterator{};
      const auto there =
          kept != nullptr && kept->is_object() && found != kept->end();
      auto done = restore(
          member, there ? &(*shown)[name] : nullptr, there ? &*found : nullptr,
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
          || (*shown)[i] != value[i])
        return nothing_there(place + '[' + std::to_string(i) + ']');
      value[i] = (*kept)[i];
    }
    return {};
  }
  if (kept == nullptr || !shown->is_string() || *shown != value)
    return nothing_there(place);
  value = *kept;
  return {};
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

result<std::string> restore_secrets(std::string_view config,
                                    std::string_view stored,
                                    std::string_view spec) {
  auto tree = json::parse(config);
  // The document is returned byte for byte, since numbers may be of any size.
  if (!has_hidden(tree))
    return std::string{config};
  json kept;
  json shown;
  if (!stored.empty()) {
    kept = json::parse(stored);
    shown = json::parse(hide_secrets(stored, spec));
  }
  const auto* known = stored.empty() ? nullptr : &kept;
  if (auto done = restore(tree, known == nullptr ? nullptr : &shown, known, "");
      !done)
    return done.error();
  return write_json(tree);
}

} // namespace motorcade
