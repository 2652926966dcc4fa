#include "schema/sync/schema_diff.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/base/stream_id.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/json/json_view.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

/// Deeper objects are compared as one column.
constexpr int most_levels = 8;
/// The most elements of a list that are stored, and that a line names.
constexpr size_t most_listed = 1000;
constexpr size_t most_named = 5;

/// Columns with their types, in the order in which they are announced.
struct column_list {
  std::vector<std::pair<std::string, std::string>> all;
  std::unordered_map<std::string, std::string> types;

  void add(const std::string& path, std::string type) {
    if (types.emplace(path, type).second)
      all.emplace_back(path, std::move(type));
  }
};

/// @returns names of types as one text.
std::string list_types(const std::set<std::string>& names) {
  std::string out;
  for (const auto& one : names)
    out += (out.empty() ? "" : "|") + one;
  return out;
}

/// Adds the names of types that a JSON schema allows, but `null`.
/// @param level How many schemas this one lies in. Those that lie too deep are
/// not looked at: a connector may nest them as it likes.
void add_types(const json_view& schema, int level, std::set<std::string>& out) {
  if (level >= most_levels)
    return;
  std::set<std::string> names;
  std::vector<json_view> choices;
  std::optional<json_view> items;
  // The finer type is `airbyte_type` of the protocol, or the format of a text.
  std::string finer;
  std::string format;
  schema.for_each_member([&](const std::string& key, const json_view& value) {
    if (key == "type") {
      names =
          value.is_string() ? std::set{value.text()} : std::set<std::string>{};
      value.for_each_element([&](const json_view& one) {
        if (one.is_string())
          names.insert(one.text());
      });
    } else if (key == "items") {
      items = value;
    } else if (key == "airbyte_type") {
      finer = value.text();
    } else if (key == "format") {
      format = value.text();
    } else if (key == "oneOf" || key == "anyOf" || key == "allOf") {
      value.for_each_element(
          [&](const json_view& one) { choices.push_back(one); });
    }
  });
  if (finer.empty())
    finer = std::move(format);
  for (auto name : names) {
    if (name == "null")
      continue;
    if (name == "array" && items) {
      std::set<std::string> types;
      add_types(*items, level + 1, types);
      if (!types.empty())
        name += " of " + list_types(types);
    } else if (!finer.empty() && name != "object" && name != "array") {
      name += " (" + finer + ")";
    }
    out.insert(std::move(name));
  }
  for (const auto& one : choices)
    add_types(one, level + 1, out);
}

std::string type_of(const json_view& schema) {
  std::set<std::string> types;
  add_types(schema, 0, types);
  return types.empty() ? "any" : list_types(types);
}

/// Adds the properties of a schema, those of objects within behind them.
void add_columns(const json_view& schema, const std::string& above, int level,
                 column_list& out) {
  if (level >= most_levels)
    return;
  if (const auto properties = schema.find("properties"))
    properties->for_each_member(
        [&](const std::string& name, const json_view& described) {
          const auto path = above.empty() ? name : above + '.' + name;
          out.add(path, type_of(described));
          add_columns(described, path, level + 1, out);
        });
}

/// The streams of a catalog, in its order.
struct stream_list {
  /// @param text Outlives this. One that is no catalog has no streams.
  explicit stream_list(std::string_view text) {
    if (check_json(text))
      return;
    if (const auto streams = json_view{text}.find("streams"))
      streams->for_each_element([&](const json_view& stream) {
        if (!stream.is_object())
          return;
        auto key =
            stream_id{stream.text_at("namespace"), stream.text_at("name")}
                .key();
        if (by_key.emplace(key, stream.find("json_schema")).second)
          keys.push_back(std::move(key));
      });
  }

  std::vector<std::string> keys;
  std::unordered_map<std::string, std::optional<json_view>> by_key;
};

column_list columns_of(const std::optional<json_view>& schema) {
  column_list out;
  if (schema)
    add_columns(*schema, {}, 0, out);
  return out;
}

void compare_columns(const std::string& stream,
                     const std::optional<json_view>& before,
                     const std::optional<json_view>& after, schema_diff& out) {
  if (before && after && before->raw() == after->raw())
    return;
  const auto then = columns_of(before);
  const auto now = columns_of(after);
  for (const auto& [path, type] : now.all) {
    const auto found = then.types.find(path);
    if (found == then.types.end())
      out.new_columns.push_back({stream, path, {}, type});
    else if (found->second != type)
      out.changed_types.push_back({stream, path, found->second, type});
  }
  for (const auto& [path, type] : then.all)
    if (!now.types.contains(path))
      out.gone_columns.push_back({stream, path, type, {}});
}

/// Writes the first elements of a list, and counts the others.
template <class T, class Write>
json write_list(const std::vector<T>& from, size_t& left_out,
                const Write& write) {
  auto out = json::array();
  for (const auto& one : from) {
    if (out.size() == most_listed)
      break;
    out.push_back(write(one));
  }
  left_out += from.size() - out.size();
  return out;
}

} // namespace

bool schema_diff::empty() const {
  return new_streams.empty() && gone_streams.empty() && new_columns.empty()
         && gone_columns.empty() && changed_types.empty();
}

schema_diff
compare_catalogs(std::string_view before, std::string_view after,
                 const std::function<bool(const std::string&)>& reads) {
  schema_diff out;
  if (before == after)
    return out;
  const stream_list then{before};
  const stream_list now{after};
  for (const auto& key : now.keys) {
    const auto found = then.by_key.find(key);
    if (found == then.by_key.end())
      out.new_streams.push_back(key);
    else if (!reads || reads(key))
      compare_columns(key, found->second, now.by_key.at(key), out);
  }
  for (const auto& key : then.keys)
    if (!now.by_key.contains(key) && (!reads || reads(key)))
      out.gone_streams.push_back(key);
  return out;
}

std::string write_diff(const schema_diff& diff) {
  size_t left_out = 0;
  json out;
  const auto same = [](const std::string& one) {
    return one;
  };
  out["newStreams"] = write_list(diff.new_streams, left_out, same);
  out["goneStreams"] = write_list(diff.gone_streams, left_out, same);
  out["newColumns"] =
      write_list(diff.new_columns, left_out, [](const column_change& one) {
        return json{
            {"stream", one.stream}, {"column", one.column}, {"type", one.to}};
      });
  out["goneColumns"] =
      write_list(diff.gone_columns, left_out, [](const column_change& one) {
        return json{{"stream", one.stream}, {"column", one.column}};
      });
  out["changedTypes"] =
      write_list(diff.changed_types, left_out, [](const column_change& one) {
        return json{{"stream", one.stream},
                    {"column", one.column},
                    {"from", one.from},
                    {"to", one.to}};
      });
  out["leftOut"] = left_out;
  return write_json(out);
}

std::string describe_diff(const schema_diff& diff) {
  constexpr size_t longest = 60;
  std::vector<std::string> parts;
  const auto name_of = [](const column_change& one) {
    return excerpt(one.stream + '.' + one.column, longest);
  };
  for (const auto& one : diff.gone_streams)
    parts.push_back("stream " + excerpt(one, longest) + " is gone");
  for (const auto& one : diff.gone_columns)
    parts.push_back("column " + name_of(one) + " is gone");
  for (const auto& one : diff.changed_types)
    parts.push_back("column " + name_of(one) + " is now "
                    + excerpt(one.to, longest) + ", was "
                    + excerpt(one.from, longest));
  for (const auto& one : diff.new_streams)
    parts.push_back("new stream " + excerpt(one, longest));
  for (const auto& one : diff.new_columns)
    parts.push_back("new column " + name_of(one));
  std::string out;
  for (size_t i = 0; i < parts.size() && i < most_named; ++i)
    out += (out.empty() ? "" : "; ") + parts[i];
  if (parts.size() > most_named)
    out += "; and " + std::to_string(parts.size() - most_named) + " more";
  return out;
}

} // namespace motorcade
