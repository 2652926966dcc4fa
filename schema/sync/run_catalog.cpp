#include "schema/sync/run_catalog.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/base/nearest.hpp"
#include "schema/base/stream_id.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/catalog/configure_catalog.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <set>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

failure refuse(const stream_choice& choice, const std::string& why) {
  return {ec::invalid_argument,
          "stream " + excerpt(stream_id{choice.name_space, choice.name}.key())
              + ' ' + why};
}

/// Adds the column that a path begins with.
void keep_first(const json& path, std::set<std::string>& kept) {
  if (path.is_array() && !path.empty() && path.front().is_string())
    kept.insert(path.front().get<std::string>());
}

/// @returns the `properties` of a stream's schema, or of a column's; null: it
/// lists none, so that it may have any.
const json* columns_of(const json& schema) {
  if (!schema.is_object())
    return nullptr;
  const auto found = schema.find("properties");
  return found != schema.end() && found->is_object() && !found->empty()
             ? &*found
             : nullptr;
}

/// @returns a path for a message, e.g. `address.city`.
std::string join_path(const std::vector<std::string>& path) {
  std::string out;
  for (const auto& step : path)
    out += (out.empty() ? "" : ".") + step;
  return excerpt(out);
}

/// Checks that the stream has the column of a path, as far as its schema lists
/// what there is.
/// @param member The member of the choice that names it.
result<void> check_column(const json& stream, const stream_choice& choice,
                          const std::vector<std::string>& path,
                          const std::string& member) {
  constexpr size_t most_named = 20;
  const auto schema = stream.find("json_schema");
  const auto* columns = schema == stream.end() ? nullptr : columns_of(*schema);
  for (const auto& step : path) {
    if (columns == nullptr)
      return {};
    const auto found = columns->find(step);
    if (found != columns->end()) {
      columns = columns_of(*found);
      continue;
    }
    std::vector<std::string> there;
    for (const auto& [name, described] : columns->items())
      there.push_back(name);
    auto why = "has no column " + join_path(path) + ", which its " + member
               + " names" + did_you_mean(step, there);
    why += why.ends_with('?') ? " There are " : "; there are ";
    for (size_t i = 0; i < there.size() && i < most_named; ++i)
      why += (i > 0 ? ", " : "") + excerpt(there[i]);
    if (there.size() > most_named)
      why += " and " + std::to_string(there.size() - most_named) + " more";
    return refuse(choice, why);
  }
  return {};
}

/// Checks the columns that the choice names by paths.
result<void> check_columns(const json& stream, const stream_choice& choice) {
  if (!choice.cursor_field.empty())
    if (auto fine =
            check_column(stream, choice, choice.cursor_field, "cursorField");
        !fine)
      return fine;
  for (const auto& path : choice.primary_key)
    if (auto fine = check_column(stream, choice, path, "primaryKey"); !fine)
      return fine;
  return {};
}

bool supports(const json& stream, std::string_view mode) {
  const auto modes = stream.find("supported_sync_modes");
  if (modes == stream.end() || !modes->is_array())
    // Older sources announce no modes: they can read whole streams only.
    return mode == "full_refresh";
  return std::find(modes->begin(), modes->end(), mode) != modes->end();
}

/// Removes the columns that were not chosen from the stream's schema, so that
/// neither the source nor the destination knows them, and has the sidecar leave
/// them out of rows that have them all the same. Cursor and keys stay.
result<void> keep_columns(json& configured, const stream_choice& choice) {
  auto& stream = configured["stream"];
  const auto schema = stream.find("json_schema");
  if (schema == stream.end() || !schema->is_object()
      || !schema->contains("properties")
      || !(*schema)["properties"].is_object())
    return refuse(choice, "announces no columns, so none can be chosen");
  auto& properties = (*schema)["properties"];
  std::set<std::string> kept{choice.columns.begin(), choice.columns.end()};
  for (const auto& name : choice.columns)
    if (!properties.contains(name))
      return refuse(choice, "has no column " + excerpt(name));
  if (configured.contains("cursor_field"))
    keep_first(configured["cursor_field"], kept);
  if (configured.contains("primary_key"))
    for (const auto& path : configured["primary_key"])
      keep_first(path, kept);
  if (stream.contains("source_defined_primary_key"))
    for (const auto& path : stream["source_defined_primary_key"])
      keep_first(path, kept);
  auto reduced = json::object();
  for (const auto& [name, described] : properties.items())
    if (kept.contains(name))
      reduced[name] = described;
  properties = std::move(reduced);
  configured["selected_columns"] = kept;
  return {};
}

result<void> apply(json& configured, const stream_choice& choice) {
  // This is a copy: adding members moves the others.
  const auto stream = configured["stream"];
  if (!choice.sync_mode.empty()) {
    if (!supports(stream, choice.sync_mode))
      return refuse(choice, "cannot be read as " + choice.sync_mode
                                + ": the source does not announce that mode");
    configured["sync_mode"] = choice.sync_mode;
  }
  if (auto fine = check_columns(stream, choice); !fine)
    return fine;
  if (!choice.cursor_field.empty())
    configured["cursor_field"] = choice.cursor_field;
  if (!choice.primary_key.empty()) {
    configured["primary_key"] = choice.primary_key;
    // By this one tables are keyed where the platform numbers no generations.
    configured["stream"]["source_defined_primary_key"] = choice.primary_key;
  }
  const auto incremental = configured["sync_mode"] == "incremental";
  if (!incremental)
    configured.erase("cursor_field");
  const auto has_key = configured.contains("primary_key");
  configured["destination_sync_mode"] = !incremental ? "overwrite"
                                        : has_key    ? "append_dedup"
                                                     : "append";
  const auto own_cursor = stream.contains("source_defined_cursor")
                          && stream["source_defined_cursor"].is_boolean()
                          && stream["source_defined_cursor"].get<bool>();
  if (incremental && !own_cursor && !configured.contains("cursor_field")) {
    const auto usual = stream.find("default_cursor_field");
    if (usual == stream.end() || !usual->is_array() || usual->empty())
      return refuse(choice, "needs a cursorField to be read incrementally");
    configured["cursor_field"] = *usual;
  }
  if (!choice.columns.empty())
    return keep_columns(configured, choice);
  return {};
}

/// @returns the keys of the streams of a catalog, in its order.
std::vector<std::string> announced_by(std::string_view catalog) {
  std::vector<std::string> out;
  const auto tree = read_tree(catalog);
  for (const auto& stream : array_at(tree, "streams"))
    out.push_back(
        stream_id{text_at(stream, "namespace"), text_at(stream, "name")}.key());
  return out;
}

/// @returns the first of the names, and how many more there are.
std::string list_some(const std::vector<std::string>& names) {
  constexpr size_t most_named = 10;
  std::string out;
  for (size_t i = 0; i < names.size() && i < most_named; ++i)
    out += (i > 0 ? ", " : "") + excerpt(names[i]);
  if (names.size() > most_named)
    out += " and " + std::to_string(names.size() - most_named) + " more";
  return out;
}

} // namespace

std::string describe_gone_streams(const std::vector<std::string>& gone,
                                  std::string_view discovered) {
  const auto there = announced_by(discovered);
  if (gone.empty() && !there.empty())
    return "the source had no stream when this sync began, and those that came "
           "since are not read by themselves: "
           + list_some(there)
           + ". List them in the sync's streams, or choose the policy "
             "follow_all";
  std::string out;
  if (gone.empty())
    out = "the source has no stream at all";
  else
    out = (gone.size() == 1
               ? "the one stream that this sync reads is gone from the source: "
               : "all " + std::to_string(gone.size())
                     + " streams that this sync reads are gone from the "
                       "source: ")
          + list_some(gone) + "; it has "
          + (there.empty() ? "no stream at all" : list_some(there));
  return out
         + ". See whether the source's config names the right account, "
           "database and schema, and whether its user may still read them"
         + (there.empty() ? "" : ", or choose others in the sync's streams");
}

std::string describe_unknown_streams(const std::vector<std::string>& unknown,
                                     std::string_view discovered) {
  constexpr size_t most_named = 20;
  const auto there = announced_by(discovered);
  std::string out = "the source has no stream ";
  for (size_t i = 0; i < unknown.size() && i < most_named; ++i)
    out += (i > 0 ? ", and none " : "") + excerpt(unknown[i])
           + did_you_mean(unknown[i], there);
  if (unknown.size() > most_named)
    out += ", and " + std::to_string(unknown.size() - most_named)
           + " more of the chosen ones are not there";
  out += out.ends_with('?') ? " It has " : "; it has ";
  out += there.empty() ? "none at all" : "";
  for (size_t i = 0; i < there.size() && i < most_named; ++i)
    out += (i > 0 ? ", " : "") + excerpt(there[i]);
  if (there.size() > most_named)
    out += " and " + std::to_string(there.size() - most_named) + " more";
  return out;
}

result<run_catalog> make_run_catalog(std::string_view discovered,
                                     const sync_definition& sync) {
  if (!sync.streams) {
    auto all = configure_catalog(discovered, {});
    if (!all)
      return all.error();
    return run_catalog{std::move(*all), {}};
  }
  run_catalog out;
  const auto there = announced_by(discovered);
  const std::set<std::string> announced{there.begin(), there.end()};
  std::vector<std::string> selected;
  std::map<std::string, const stream_choice*> choices;
  for (const auto& choice : *sync.streams) {
    const auto key = stream_id{choice.name_space, choice.name}.key();
    if (!announced.contains(key)) {
      out.gone.push_back(key);
      continue;
    }
    selected.push_back(key);
    choices[key] = &choice;
  }
  if (selected.empty())
    return failure{ec::invalid_argument,
                   describe_gone_streams(out.gone, discovered)};
  auto usual = configure_catalog(discovered, selected);
  if (!usual)
    return usual.error();
  auto catalog = read_ordered_tree(*usual);
  for (auto& one : catalog["streams"]) {
    const auto key = stream_id{text_at(one["stream"], "namespace"),
                               text_at(one["stream"], "name")}
                         .key();
    if (auto done = apply(one, *choices.at(key)); !done)
      return done.error();
  }
  out.json = write_json(catalog);
  if (auto read = parse_catalog(out.json); !read)
    return failure{ec::invalid_argument,
                   "a read would refuse the chosen streams: "
                       + read.error().what};
  return out;
}

} // namespace motorcade
