#include "schema/sync/known_schema.hpp"

#include "schema/base/stream_id.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <set>
#include <unordered_map>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;
using key_set = std::set<std::string, std::less<>>;

/// @returns the text before the first line's end: the connector's package.
std::string_view source_of(std::string_view selection) {
  return selection.substr(0, selection.find('\n'));
}

std::string selection_of(const sync_definition& sync) {
  const auto open = json::parse(write_open_part(sync));
  return sync.package + '\n' + write_json(open.at("streams"));
}

stream_id id_of(const json& stream) {
  return stream.is_object()
             ? stream_id{text_at(stream, "namespace"), text_at(stream, "name")}
             : stream_id{};
}

/// @returns the streams of a catalog; an empty list if it is none.
json streams_of(std::string_view catalog) {
  auto tree = read_ordered_tree(catalog);
  return tree.is_object() && tree.contains("streams")
                 && tree["streams"].is_array()
             ? std::move(tree["streams"])
             : json::array();
}

key_set keys_of(const json& streams) {
  key_set out;
  for (const auto& one : streams)
    out.insert(id_of(one).key());
  return out;
}

/// Which streams a sync reads.
struct reading {
  const sync_definition& sync;
  key_set baseline;
  key_set chosen;
  /// Whether streams that came by themselves are read.
  bool accepts = true;

  bool follows_streams() const {
    return sync.schema_changes.policy == schema_policy::follow_all;
  }

  /// @returns whether all streams are read once a person has accepted them.
  bool takes_accepted() const {
    return accepts && sync.schema_changes.policy == schema_policy::pause;
  }

  bool operator()(const std::string& key) const {
    if (sync.streams)
      return chosen.contains(key)
             || (follows_streams() && !baseline.contains(key));
    // To resume a paused sync is to accept new streams.
    return follows_streams() || takes_accepted() || baseline.contains(key);
  }
};

/// Replaces the streams that a source still has by those of an earlier catalog,
/// if they are in it.
void put_back(json& streams, std::string_view earlier) {
  std::unordered_map<std::string, json> before;
  for (auto& one : streams_of(earlier))
    before.emplace(id_of(one).key(), std::move(one));
  for (auto& one : streams)
    if (const auto found = before.find(id_of(one).key()); found != before.end())
      one = found->second;
}

/// @returns a chosen column as the baseline has it.
std::string entry_of(const std::string& key, const std::string& column) {
  return key + '\n' + column;
}

using columns_by_key = std::unordered_map<std::string, key_set>;

/// @returns the columns that streams list, by the streams' keys.
columns_by_key columns_of(const json& streams) {
  columns_by_key out;
  for (const auto& one : streams) {
    if (!one.is_object())
      continue;
    auto& names = out[id_of(one).key()];
    const auto schema = one.find("json_schema");
    if (schema == one.end() || !schema->is_object())
      continue;
    const auto properties = schema->find("properties");
    if (properties != schema->end() && properties->is_object())
      for (const auto& [name, described] : properties->items())
        names.insert(name);
  }
  return out;
}

/// Adds the chosen columns that the source has.
void note_columns(const sync_definition& sync, const json& streams,
                  key_set& baseline) {
  const auto columns = columns_of(streams);
  for (const auto& choice : *sync.streams) {
    const auto key = stream_id{choice.name_space, choice.name}.key();
    const auto found = columns.find(key);
    for (const auto& name : choice.columns)
      if (found != columns.end() && found->second.contains(name))
        baseline.insert(entry_of(key, name));
  }
}

/// Takes the chosen columns that are gone out of the choice.
void leave_out_gone(schema_step& out, const json& streams,
                    const key_set& baseline) {
  const auto columns = columns_of(streams);
  for (auto& choice : *out.sync.streams) {
    const auto key = stream_id{choice.name_space, choice.name}.key();
    const auto found = columns.find(key);
    if (found == columns.end() || found->second.empty())
      continue;
    std::vector<std::string> left;
    std::vector<gone_column> gone;
    for (const auto& name : choice.columns)
      if (!found->second.contains(name)
          && baseline.contains(entry_of(key, name)))
        gone.push_back({key, name});
      else
        left.push_back(name);
    if (left.empty())
      continue;
    choice.columns = std::move(left);
    out.gone_columns.insert(out.gone_columns.end(), gone.begin(), gone.end());
  }
}

} // namespace

bool is_of_package(std::string_view selection, std::string_view package) {
  return source_of(selection) == package;
}

schema_step follow_schema(const std::optional<known_schema>& known,
                          const std::string& discovered,
                          const sync_definition& sync, bool is_paused) {
  schema_step out;
  out.sync = sync;
  out.next.seen = discovered;
  out.next.selection = selection_of(sync);
  auto streams = streams_of(discovered);
  const auto there = keys_of(streams);
  reading reads{sync, there, {}};
  if (sync.streams)
    for (const auto& one : *sync.streams)
      reads.chosen.insert(stream_id{one.name_space, one.name}.key());
  // Catalogs of different connectors cannot be compared.
  const auto comparable =
      known && source_of(known->selection) == source_of(out.next.selection);
  const auto chosen_anew =
      !comparable || known->selection != out.next.selection;
  if (!chosen_anew)
    reads.baseline = {known->baseline.begin(), known->baseline.end()};
  for (const auto& key : reads.chosen)
    if (there.contains(key))
      reads.baseline.insert(key);
    else if (!reads.baseline.contains(key))
      out.unknown.push_back(key);
  if (sync.streams)
    note_columns(sync, streams, reads.baseline);
  if (comparable) {
    out.diff = compare_catalogs(known->seen, discovered, reads);
    out.matters =
        !out.diff.empty()
        && !(out.diff.gone_streams.empty() && out.diff.gone_columns.empty()
             && out.diff.new_columns.empty() && out.diff.changed_types.empty()
             && sync.streams);
  }
  // A change is new, or was there at an earlier look and is not accepted yet.
  out.unaccepted = sync.schema_changes.policy == schema_policy::pause
                   && !chosen_anew
                   && (out.matters || (is_paused && !known->followed.empty()));
  reads.accepts = !out.unaccepted;
  if (!sync.streams) {
    out.none_left = std::none_of(there.begin(), there.end(), reads);
    if (out.none_left)
      out.gone = {reads.baseline.begin(), reads.baseline.end()};
  }
  if (!sync.streams)
    for (const auto& key : there)
      if (reads(key))
        reads.baseline.insert(key);
  out.next.baseline = {reads.baseline.begin(), reads.baseline.end()};
  const auto& earlier = known && !known->followed.empty() ? known->followed
                        : known                           ? known->seen
                                                          : discovered;
  const auto ignores =
      sync.schema_changes.policy == schema_policy::ignore && !chosen_anew;
  if ((ignores && earlier != discovered) || out.unaccepted)
    out.next.followed = earlier;
  auto whole = true;
  if (!sync.streams) {
    auto kept = json::array();
    for (auto& one : streams)
      if (reads(id_of(one).key()))
        kept.push_back(std::move(one));
    whole = kept.size() == there.size();
    streams = std::move(kept);
  } else if (reads.follows_streams()) {
    for (const auto& one : streams) {
      const auto id = id_of(one);
      if (reads(id.key()) && !reads.chosen.contains(id.key())) {
        stream_choice added;
        added.name = id.name;
        added.name_space = id.target_namespace;
        out.sync.streams->push_back(std::move(added));
      }
    }
  }
  if (!out.next.followed.empty()) {
    put_back(streams, out.next.followed);
    whole = false;
  }
  if (sync.streams)
    leave_out_gone(out, streams, reads.baseline);
  // The catalog is kept byte for byte if nothing is left out.
  out.catalog = whole ? discovered : write_json(json{{"streams", streams}});
  return out;
}

} // namespace motorcade
