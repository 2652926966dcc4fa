#include "schema/secrets/config_secrets.hpp"

#include "schema/base/ascii.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/json/json_view.hpp"
#include "schema/secrets/secret_mask.hpp"
#include "schema/secrets/secret_words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace motorcade {

namespace {

using nlohmann::json;

/// Of deeper JSON the texts are looked at one by one, without the spec: such
/// configs do not occur.
constexpr size_t deepest = 64;

using schemas = std::vector<const json*>;

const json* find(const json& object, const char* name) {
  if (!object.is_object())
    return nullptr;
  auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

/// The suspicion that a place in the config is secret.
enum class suspicion : uint8_t {
  none,
  /// A key above it names a secret, its own does not.
  inherited,
  /// Its own key names a secret.
  named,
  /// The spec marks it.
  marked,
};

/// A number of fewer digits is no secret.
constexpr std::ptrdiff_t shortest_number = 6;

class secret_finder {
public:
  explicit secret_finder(const json& spec) : spec_{spec} {}

  void walk(json_view value, const schemas& described, suspicion how,
            size_t depth) {
    if (depth > deepest)
      return scan(value.raw(), how);
    if (std::any_of(described.begin(), described.end(), is_marked))
      how = suspicion::marked;
    switch (value.type()) {
    case json_view::kind::object:
      return walk_object(value, described, how, depth);
    case json_view::kind::array: {
      auto of_items = below(described, [](const json& schema, schemas& out) {
        if (const auto* items = find(schema, "items"))
          out.push_back(items);
      });
      value.for_each_element(
          [&](json_view item) { walk(item, of_items, how, depth + 1); });
      return;
    }
    case json_view::kind::string:
      return take(value.text(), how, depth);
    case json_view::kind::number:
      return take_number(value.raw(), how, depth);
    default:
      return;
    }
  }

  /// Takes the texts and numbers of a text that may be no valid JSON, one by
  /// one: those under a key that names a secret, and those that look like one.
  /// A key counts up to the next one.
  /// @param above That of the whole text. One that is marked stays so.
  void scan(std::string_view text, suspicion above) {
    auto how = above;
    for (size_t i = 0; i < text.size();) {
      const auto c = text[i];
      if (c == '"') {
        const auto whole = text.substr(i, json_value_length(text.substr(i)));
        i += whole.size();
        auto inside = whole.substr(1);
        if (inside.ends_with('"'))
          inside.remove_suffix(1);
        const auto decoded = decode_json_string(inside);
        const auto next = text.find_first_not_of(" \t\r\n", i);
        if (next != std::string_view::npos && text[next] == ':') {
          if (how != suspicion::marked)
            how = names_a_secret(decoded) ? suspicion::named
                                          : suspicion::inherited;
          continue;
        }
        take(decoded, how, deepest);
      } else if (c == '-' || is_ascii_digit(c)) {
        const auto length =
            std::max<size_t>(json_number_length(text.substr(i)), 1);
        take_number(text.substr(i, length), how, deepest);
        i += length;
      } else {
        ++i;
      }
    }
  }

  /// @returns the schemas, and those that they are put together from.
  schemas expand(const schemas& from) const {
    schemas out = from;
    // The list grows while it is walked over; the limit also ends a schema that
    // refers to itself.
    constexpr size_t most = 1000;
    for (size_t i = 0; i < out.size() && out.size() < most; ++i) {
      for (const auto* name : {"oneOf", "anyOf", "allOf"})
        if (const auto* choices = find(*out[i], name);
            choices != nullptr && choices->is_array())
          for (const auto& choice : *choices)
            add(out, choice);
      if (const auto* reference = find(*out[i], "$ref");
          reference != nullptr && reference->is_string())
        if (const auto* target =
                resolve(reference->get_ref<const std::string&>()))
          add(out, *target);
    }
    return out;
  }

  std::vector<std::string> secrets;

private:
  static bool is_marked(const json* schema) {
    const auto* mark = find(*schema, "airbyte_secret");
    return mark != nullptr && mark->is_boolean() && mark->get<bool>();
  }

  static void add(schemas& to, const json& schema) {
    if (std::find(to.begin(), to.end(), &schema) == to.end())
      to.push_back(&schema);
  }

  /// @returns the target of a reference within the document, e.g.
  /// `#/definitions/key`.
  const json* resolve(const std::string& reference) const {
    if (!reference.starts_with("#/"))
      return nullptr;
    const auto* at = &spec_;
    for (size_t begin = 2; at != nullptr && begin <= reference.size();) {
      auto end = std::min(reference.find('/', begin), reference.size());
      at = find(*at, reference.substr(begin, end - begin).c_str());
      begin = end + 1;
    }
    return at;
  }

  template <class Pick>
  schemas below(const schemas& described, const Pick& pick) const {
    schemas out;
    for (const auto* schema : described)
      pick(*schema, out);
    return expand(out);
  }

  void walk_object(json_view value, const schemas& described, suspicion how,
                   size_t depth) {
    // Headers are often given as {"name": "Authorization", "value": "…"}. A
    // member that is there twice counts twice: programs read one or the other.
    auto own_name = suspicion::none;
    auto has_value = false;
    value.for_each_member([&](const std::string& key, json_view member) {
      has_value = has_value || key == "value";
      if ((key == "name" || key == "key" || key == "header"
           || key == "header_name" || key == "field")
          && names_a_secret(member.text()))
        own_name = suspicion::named;
    });
    value.for_each_member([&](const std::string& key, json_view member) {
      auto of_member = below(described, [&](const json& schema, schemas& out) {
        if (const auto* all = find(schema, "properties"))
          if (const auto* one = find(*all, key.c_str()))
            out.push_back(one);
        if (const auto* others = find(schema, "additionalProperties"))
          out.push_back(others);
      });
      auto now = how == suspicion::named ? suspicion::inherited : how;
      // In {"key": …, "value": …} the member `key` is a name, not a secret.
      auto is_name = key == "key" && has_value;
      if (names_a_secret(key) && !is_name)
        now = std::max(now, suspicion::named);
      else if (now == suspicion::inherited && names_a_setting(key))
        now = suspicion::none;
      if (own_name != suspicion::none && ascii_lower(key) == "value")
        now = std::max(now, own_name);
      walk(member, of_member, now, depth + 1);
    });
  }

  /// Takes a number as it is written: it may be of any size.
  void take_number(std::string_view number, suspicion how, size_t depth) {
    if (std::count_if(number.begin(), number.end(), is_ascii_digit)
        >= shortest_number)
      take(std::string{number}, how, depth);
  }

  void take(const std::string& text, suspicion how, size_t depth) {
    auto start = text.find_first_not_of(" \t\r\n");
    if (start == std::string::npos)
      return;
    // The text may be JSON, e.g. a service account.
    if (text[start] == '{' || text[start] == '[') {
      if (!check_json(text)) {
        if (how == suspicion::marked)
          put(text);
        // An object that is marked as a whole holds much that is no secret by
        // itself.
        walk(json_view{text}, {},
             how == suspicion::none ? suspicion::none : suspicion::inherited,
             depth + 1);
        return;
      }
    }
    for (auto& part : secrets_within(text))
      put(part);
    switch (how) {
    case suspicion::none:
      return;
    case suspicion::inherited:
      if (!looks_random(text))
        return;
      break;
    case suspicion::named:
    case suspicion::marked:
      if (is_common_word(text))
        return;
    }
    put(text);
    // Of `Bearer …` the rest is a secret by itself as well.
    if (auto rest = without_auth_scheme(text); !is_common_word(rest))
      put(rest);
  }

  /// Adds a secret. One byte beyond `looked_at` tells the mask that there is
  /// more.
  void put(std::string_view secret) {
    secrets.emplace_back(secret.substr(0, secret_mask::looked_at + 1));
  }

  const json& spec_;
};

} // namespace

std::vector<std::string> find_config_secrets(std::string_view config,
                                             std::string_view spec) {
  auto answer = read_tree(spec);
  const auto* described = find(answer, "connectionSpecification");
  static const json nothing;
  secret_finder finder{described != nullptr ? *described : nothing};
  const json_view value{config};
  if (!value.is_object() && !value.is_array())
    return {};
  if (!check_json(config))
    finder.walk(value,
                described != nullptr ? finder.expand({described}) : schemas{},
                suspicion::none, 0);
  else
    finder.scan(config, suspicion::inherited);
  auto& out = finder.secrets;
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return std::move(out);
}

} // namespace motorcade
