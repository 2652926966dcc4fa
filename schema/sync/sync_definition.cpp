#include "schema/sync/sync_definition.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/catalog/destination_kind.hpp"
#include "schema/json/bad_value.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/json/json_view.hpp"
#include "schema/schedule/sync_schedule.hpp"
#include "schema/sync/definition_reader.hpp"
#include "schema/sync/hidden_values.hpp"

#include <nlohmann/json.hpp>

#include <set>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

/// The longest text, in bytes.
constexpr size_t longest_name = definition_reader::longest_name;
/// The most streams, columns of one, and labels.
constexpr size_t most_streams = 10'000;
constexpr size_t most_labels = 64;
constexpr size_t most_retries = 20;
constexpr double longest_delay = 7 * 24 * 3600;
constexpr double longest_age = 366.0 * 24 * 3600;

stream_choice read_stream(json_view from, const std::string& place,
                          definition_reader& reader) {
  stream_choice out;
  if (!from.is_object()) {
    reader.refuse(place, "must be an object");
    return out;
  }
  reader.allow(from, place,
               {"name", "namespace", "syncMode", "cursorField", "primaryKey",
                "columns"});
  out.name = reader.text(from, "name", place + ".name", true);
  out.name_space = reader.text(from, "namespace", place + ".namespace");
  out.sync_mode = reader.text(from, "syncMode", place + ".syncMode");
  if (!out.sync_mode.empty() && out.sync_mode != "full_refresh"
      && out.sync_mode != "incremental")
    reader.refuse(place + ".syncMode", "must be full_refresh or incremental");
  if (const auto path = definition_reader::found(from, "cursorField")) {
    // A text is a path of one step.
    if (path->is_string())
      out.cursor_field = {reader.name(*path, place + ".cursorField",
                                      "a text that is not empty")};
    else
      out.cursor_field = reader.texts(*path, place + ".cursorField");
  }
  if (const auto key = definition_reader::found(from, "primaryKey")) {
    if (!key->is_array())
      reader.refuse(place + ".primaryKey", "must be a list of columns");
    key->for_each_element([&](json_view column) {
      if (column.is_string())
        out.primary_key.push_back(
            {reader.name(column, place + ".primaryKey", "a list of columns")});
      else
        out.primary_key.push_back(reader.texts(column, place + ".primaryKey"));
    });
  }
  if (const auto columns = definition_reader::found(from, "columns"))
    out.columns = reader.texts(*columns, place + ".columns");
  return out;
}

void read_streams(json_view from, sync_definition& out,
                  definition_reader& reader) {
  if (from.is_string() && from.text() == "all")
    return;
  if (!from.is_array()) {
    reader.refuse("streams", "must be \"all\", or a list of streams");
    return;
  }
  out.streams.emplace();
  std::set<std::pair<std::string, std::string>> seen;
  from.for_each_element([&](json_view one) {
    const auto place = "streams[" + std::to_string(out.streams->size()) + ']';
    auto choice = read_stream(one, place, reader);
    if (!seen.emplace(choice.name_space, choice.name).second)
      reader.refuse(place, "names a stream that another one names already");
    out.streams->push_back(std::move(choice));
  });
  if (out.streams->empty())
    reader.refuse("streams", "is an empty list; \"all\" takes all of them");
  if (out.streams->size() > most_streams)
    reader.refuse("streams", "has more than " + std::to_string(most_streams)
                                 + " elements");
}

void read_options(json_view from, sync_options& out,
                  definition_reader& reader) {
  reader.allow(from, "options",
               {"namespace", "tableNamePrefix", "toSameCase", "addMeta",
                "deduplicate", "debug"});
  out.target_namespace = reader.text(from, "namespace", "options.namespace");
  out.table_name_prefix =
      reader.text(from, "tableNamePrefix", "options.tableNamePrefix");
  out.to_same_case =
      reader.flag(from, "toSameCase", "options.toSameCase", false);
  if (const auto meta = definition_reader::found(from, "addMeta")) {
    if (meta->is_string() && meta->text() == to_string(row_meta::airbyte))
      out.add_meta = row_meta::airbyte;
    else if (meta->raw() == "true")
      out.add_meta = row_meta::jitsu;
    else if (meta->raw() != "false")
      reader.refuse("options.addMeta", "must be true, false or \"airbyte\"");
  }
  out.deduplicate =
      reader.flag(from, "deduplicate", "options.deduplicate", true);
  out.debug = reader.flag(from, "debug", "options.debug", false);
}

void read_retries(json_view from, retry_policy& out,
                  definition_reader& reader) {
  reader.allow(from, "retries", {"delaysSeconds", "pauseAfter"});
  if (const auto delays = definition_reader::found(from, "delaysSeconds")) {
    out.delays.clear();
    if (!delays->is_array())
      reader.refuse("retries.delaysSeconds", "must be a list of numbers");
    delays->for_each_element([&](json_view one) {
      out.delays.emplace_back(
          reader.whole(one, "retries.delaysSeconds", longest_delay));
    });
    if (out.delays.size() > most_retries)
      reader.refuse("retries.delaysSeconds", "has more than "
                                                 + std::to_string(most_retries)
                                                 + " elements");
  }
  if (const auto after = definition_reader::found(from, "pauseAfter"))
    out.pause_after = reader.whole(*after, "retries.pauseAfter", 1'000'000);
}

void read_schema_changes(json_view from, schema_change_rule& out,
                         definition_reader& reader) {
  reader.allow(from, "schemaChanges", {"policy", "everySeconds"});
  if (definition_reader::found(from, "policy")
      && !from_string(reader.text(from, "policy", "schemaChanges.policy"),
                      out.policy))
    reader.refuse("schemaChanges.policy",
                  "must be ignore, follow_columns, follow_all or pause");
  if (const auto every = definition_reader::found(from, "everySeconds"))
    out.every = std::chrono::seconds{
        reader.whole(*every, "schemaChanges.everySeconds", longest_age)};
}

/// Reads all members but the secret ones.
void read_open_part(json_view from, std::string_view sync_id,
                    sync_definition& out, definition_reader& reader) {
  if (const auto source = reader.object(from, "source", "source")) {
    reader.allow(*source, "source", {"package", "version", "config"});
    out.package = reader.text(*source, "package", "source.package", true);
    out.version = reader.text(*source, "version", "source.version", true);
  } else {
    reader.refuse("source", "is missing");
  }
  if (const auto streams = definition_reader::found(from, "streams"))
    read_streams(*streams, out, reader);
  if (const auto schedule = reader.object(from, "schedule", "schedule")) {
    auto read = sync_schedule::parse(schedule->raw(), sync_id);
    if (!read)
      reader.refuse("schedule", read.error().what);
    out.schedule = schedule->raw();
  }
  if (const auto options = reader.object(from, "options", "options"))
    read_options(*options, out.options, reader);
  if (const auto retries = reader.object(from, "retries", "retries"))
    read_retries(*retries, out.retries, reader);
  if (const auto changes =
          reader.object(from, "schemaChanges", "schemaChanges"))
    read_schema_changes(*changes, out.schema_changes, reader);
  if (const auto channels = definition_reader::found(from, "notifications"))
    out.notifications = read_channels(*channels, reader, false);
  if (const auto labels = reader.object(from, "labels", "labels")) {
    labels->for_each_member([&](const std::string& name, json_view value) {
      const auto place = "labels." + excerpt(name);
      if (name.empty() || name.size() > longest_name || !value.is_string()
          || value.text().size() > longest_name)
        reader.refuse(place, "must be a text of at most "
                                 + std::to_string(longest_name) + " bytes");
      reader.expect_no_nul(name, place);
      reader.expect_no_nul(value.text(), place);
      out.labels[name] = value.text();
    });
    if (out.labels.size() > most_labels)
      reader.refuse("labels", "are more than " + std::to_string(most_labels));
  }
}

json open_tree(const sync_definition& sync) {
  json out = json::object();
  out["source"] = {{"package", sync.package}, {"version", sync.version}};
  if (sync.streams) {
    auto& streams = out["streams"] = json::array();
    for (const auto& one : *sync.streams) {
      json stream{{"name", one.name}};
      if (!one.name_space.empty())
        stream["namespace"] = one.name_space;
      if (!one.sync_mode.empty())
        stream["syncMode"] = one.sync_mode;
      if (!one.cursor_field.empty())
        stream["cursorField"] = one.cursor_field;
      if (!one.primary_key.empty())
        stream["primaryKey"] = one.primary_key;
      if (!one.columns.empty())
        stream["columns"] = one.columns;
      streams.push_back(std::move(stream));
    }
  } else {
    out["streams"] = "all";
  }
  out["schedule"] = sync.schedule.empty() ? json{} : json::parse(sync.schedule);
  out["options"] = {
      {"namespace", sync.options.target_namespace},
      {"tableNamePrefix", sync.options.table_name_prefix},
      {"toSameCase", sync.options.to_same_case},
      {"addMeta", sync.options.add_meta == row_meta::airbyte
                      ? json(to_string(row_meta::airbyte))
                      : json(sync.options.add_meta == row_meta::jitsu)},
      {"deduplicate", sync.options.deduplicate},
      {"debug", sync.options.debug}};
  auto delays = json::array();
  for (const auto one : sync.retries.delays)
    delays.push_back(one.count());
  out["retries"] = {{"delaysSeconds", std::move(delays)},
                    {"pauseAfter", sync.retries.pause_after}};
  out["schemaChanges"] = {{"policy", to_string(sync.schema_changes.policy)},
                          {"everySeconds", sync.schema_changes.every.count()}};
  out["notifications"] = write_channels(sync.notifications);
  out["labels"] = sync.labels;
  return out;
}

} // namespace

result<sync_definition> parse_sync(std::string_view body,
                                   std::string_view sync_id) {
  if (const auto bad = find_bad_value(body, false, max_kept_members))
    return failure{ec::invalid_argument, to_text(*bad)};
  const json_view from{body};
  definition_reader reader;
  sync_definition out;
  reader.allow(from, "",
               {"source", "destination", "streams", "schedule", "options",
                "retries", "schemaChanges", "notifications", "labels"});
  read_open_part(from, sync_id, out, reader);
  if (const auto source = from.find("source"); source && source->is_object()) {
    if (const auto config = reader.object(*source, "config", "source.config"))
      out.config = config->raw();
    else
      reader.refuse("source.config", "is missing");
  }
  if (const auto destination =
          reader.object(from, "destination", "destination")) {
    const auto kind = kind_of_destination(destination->raw());
    if (!kind)
      reader.refuse("destination", "cannot be used: " + kind.error().what);
    else if (*kind == destination_kind::unsaid)
      reader.refuse("destination.destinationType", "is missing");
    out.destination = destination->raw();
  }
  if (const auto channels = definition_reader::found(from, "notifications"))
    out.notifications = read_channels(*channels, reader, true);
  if (reader.fault())
    return *reader.fault();
  return out;
}

std::string write_open_part(const sync_definition& sync) {
  return write_json(open_tree(sync));
}

std::string write_secret_part(const sync_definition& sync) {
  // The JSON is put together as text, since numbers may be of any size.
  auto out = R"({"config":)" + sync.config;
  if (!sync.client_digest.empty())
    out += R"(,"clientDigest":")" + sync.client_digest + '"';
  if (!sync.destination.empty())
    out += R"(,"destination":)" + sync.destination;
  if (!sync.notifications.empty())
    out += R"(,"notifications":)" + write_channel_secrets(sync.notifications);
  return out + "}";
}

result<sync_definition> read_parts(std::string_view open,
                                   std::string_view secret,
                                   std::string_view sync_id) {
  sync_definition out;
  definition_reader reader;
  if (!nlohmann::json::accept(open) || !nlohmann::json::accept(secret))
    return failure{ec::invalid_argument, "what is stored is not JSON"};
  read_open_part(json_view{open}, sync_id, out, reader);
  const json_view documents{secret};
  if (const auto config = reader.object(documents, "config", "config"))
    out.config = config->raw();
  else
    reader.refuse("config", "is missing");
  out.client_digest = documents.text_at("clientDigest");
  if (const auto destination =
          reader.object(documents, "destination", "destination"))
    out.destination = destination->raw();
  if (const auto channels =
          definition_reader::found(documents, "notifications"))
    read_channel_secrets(*channels, out.notifications, reader);
  if (reader.fault())
    return *reader.fault();
  return out;
}

std::string show_open_part(std::string_view open) {
  auto out = json::parse(open);
  out["source"]["config"] = nullptr;
  out["destination"] = nullptr;
  return write_json(out);
}

std::string show_sync(const sync_definition& sync, std::string_view spec) {
  auto out = open_tree(sync);
  out["source"]["config"] =
      json::parse(tells_secrets(spec) ? hide_secrets(sync.config, spec)
                                      : hide_all(sync.config));
  if (!sync.destination.empty())
    out["destination"] = json::parse(hide_secrets(sync.destination, {}));
  out["notifications"] = show_channels(sync.notifications);
  return write_json(out);
}

} // namespace motorcade
