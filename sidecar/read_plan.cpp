#include "sidecar/read_plan.hpp"

#include "schema/catalog/jitsu_schema.hpp"
#include "schema/catalog/meta_fields.hpp"
#include "schema/state/connector_state.hpp"
#include "schema/state/given_state.hpp"
#include "sidecar/task_parts.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace motorcade {

namespace {

/// @returns a remark about streams that begin anew among others that go on;
/// empty: there are none.
std::string tell_fresh_streams(const catalog& streams,
                               const connector_state& state) {
  std::vector<std::string> fresh;
  for (const auto& stream : streams.streams)
    if (stream.mode == sync_mode::incremental && !state.given_for(stream.id))
      fresh.push_back(stream.id.key());
  if (fresh.empty() || state.empty())
    return {};
  constexpr size_t most_names = 20;
  std::string names;
  for (size_t i = 0; i < std::min(fresh.size(), most_names); ++i)
    names += (i > 0 ? ", " : "") + fresh[i];
  if (fresh.size() > most_names)
    names += " and " + std::to_string(fresh.size() - most_names) + " more";
  return "the state that the connector was given holds none of: " + names
         + ". These streams are read from the start, and their tables are "
           "replaced; other incremental streams go on";
}

/// @returns the mode of a stream's first request, if the platform decides it by
/// generations; nothing: Jitsu's rule decides.
std::optional<write_mode> first_mode_of(const catalog_stream& stream,
                                        bool state_given) {
  if (!stream.generation)
    return std::nullopt;
  // A refresh that goes on from a state has replaced the table earlier.
  const auto goes_on = stream.mode == sync_mode::incremental && state_given;
  return stream.generation->replaces() && !goes_on ? write_mode::replace_table
                                                   : write_mode::batch;
}

} // namespace

result<read_plan> make_read_plan(const sidecar_settings& settings,
                                 const connector_files& files) {
  read_plan out;
  auto streams = parse_catalog(files.catalog);
  if (!streams)
    return streams.error();
  out.streams = std::move(*streams);
  auto state = parse_state(settings.full_sync ? "" : files.state);
  if (!state)
    return state.error();
  out.remarks.insert(out.remarks.end(), state->gaps().begin(),
                     state->gaps().end());
  for (auto& remark : unknown_streams_of(*state, out.streams))
    out.remarks.push_back(std::move(remark));
  if (settings.full_sync && !files.state.empty()) {
    auto passed_over = parse_state(files.state);
    if (!passed_over || !passed_over->empty())
      out.remarks.emplace_back(
          "FULL_SYNC is set: the state.json that is there is ignored. "
          "Rows are missing if the connector was given it");
  }
  out.naming = to_naming(settings, files.destination_config);
  auto tables = assign_tables(out.streams, out.naming);
  if (!tables)
    return tables.error();
  if (auto told = tell_fresh_streams(out.streams, *state); !told.empty())
    out.remarks.push_back(std::move(told));
  for (size_t i = 0; i < out.streams.streams.size(); ++i) {
    const auto& stream = out.streams.streams[i];
    auto& table = (*tables)[i];
    const auto meta = meta_fields(settings.add_meta);
    // Bulker would flatten the object _airbyte_meta.
    auto announced = stream.fields;
    if (settings.add_meta == row_meta::airbyte)
      announced.insert(announced.end(), meta.begin(), meta.end());
    auto header = make_schema_header(table.table, announced);
    if (!header.omitted.empty())
      out.remarks.push_back("stream " + stream.id.key() + ": "
                            + header.omitted);
    if (stream.mode == sync_mode::full_refresh && state->given_alone(stream.id))
      out.remarks.push_back(
          "stream " + stream.id.key()
          + " is read in full, and the connector was given a state of it: rows "
            "that it leaves out for that will be missing, since the table is "
            "replaced");
    session_stream session;
    session.id = stream.id;
    session.incremental = stream.mode == sync_mode::incremental;
    session.state_given = state->given_for(stream.id);
    out.whole_state_given =
        out.whole_state_given
        || (session.state_given && !state->given_alone(stream.id));
    session.first_mode = first_mode_of(stream, session.state_given);
    session.request.connection_id = settings.sync_id;
    session.request.stream = stream.id.key();
    session.request.fields = stream.fields;
    // The sidecar's value counts, even if a row of the connector has that
    // column.
    session.request.fields.insert(session.request.fields.end(), meta.begin(),
                                  meta.end());
    if (settings.add_meta == row_meta::airbyte)
      session.request.changes_column = airbyte_meta_column;
    out.generations.push_back(stream.generation ? stream.generation->id : "0");
    out.columns.push_back(stream.selected_columns);
    for (const auto& name : stream.cursor_field)
      session.request.cursor +=
          (session.request.cursor.empty() ? "" : "_") + name;
    session.request.table = table.table;
    session.request.target_namespace = table.target_namespace;
    session.request.task_id = settings.task_id;
    session.request.primary_key = std::move(table.primary_key);
    session.request.schema = std::move(header.value);
    session.request.to_same_case = settings.to_same_case;
    out.sessions.push_back(std::move(session));
  }
  return out;
}

result<void> check_tables(const destination& where, const read_plan& plan) {
  constexpr size_t most_told = 20;
  std::string wrong;
  size_t count = 0;
  const auto add = [&](const stream_id& stream, const std::string& what) {
    if (++count <= most_told)
      wrong += (wrong.empty() ? "stream " : "\nstream ") + stream.key() + ": "
               + what;
  };
  std::map<std::string, const stream_id*> tables;
  for (const auto& stream : plan.sessions) {
    // The destination knows which namespace is its own.
    const auto [other, first] =
        tables.emplace(where.locate(stream.request), &stream.id);
    if (!first)
      add(stream.id, "it would share " + other->first + " with the stream "
                         + other->second->key()
                         + "; give the destination another default schema or "
                           "database, or set TABLE_NAME_PREFIX to hold "
                           "${SOURCE_NAMESPACE}");
    // A failure that may pass is found again by the commit, which is repeated.
    if (auto fit = where.check_table(stream.request);
        !fit && fit.error().code == ec::destination_rejected)
      add(stream.id, fit.error().what);
  }
  if (count > most_told)
    wrong += "\nand " + std::to_string(count - most_told) + " more";
  return wrong.empty() ? result<void>{}
                       : failure{ec::invalid_argument, std::move(wrong)};
}

} // namespace motorcade
