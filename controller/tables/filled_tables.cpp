#include "controller/tables/filled_tables.hpp"

#include "runtime/base/text.hpp"
#include "runtime/destination/postgres/postgres_target.hpp"
#include "runtime/destination/sqlite/sqlite_loader.hpp"
#include "runtime/files/table_place.hpp"
#include "schema/catalog/destination_reach.hpp"
#include "schema/catalog/table_naming.hpp"
#include "schema/json/json_view.hpp"
#include "schema/sync/run_catalog.hpp"

namespace motorcade {

namespace {

constexpr std::string_view elsewhere =
    "the rows lie on the disk of the task's Pod";

/// @returns the folder of a URL `file:///folder`, whose path may be
/// percent-encoded; empty: it is another URL.
std::string folder_of(std::string_view url) {
  constexpr std::string_view file = "file://";
  if (!url.starts_with(file))
    return {};
  return percent_decode(url.substr(file.size())).value_or("");
}

std::string_view name_of(destination_kind kind) {
  switch (kind) {
  case destination_kind::clickhouse:
    return "ClickHouse";
  case destination_kind::mysql:
    return "MySQL";
  case destination_kind::s3:
  case destination_kind::gcs:
    return "object storage";
  case destination_kind::postgres:
    return "Postgres";
  default:
    return "Bulker";
  }
}

/// As the sidecar decides it.
table_home home_of(const sync_place& place) {
  switch (place.kind) {
  case destination_kind::postgres:
  case destination_kind::clickhouse:
  case destination_kind::mysql:
    return table_home::schemas;
  case destination_kind::sqlite:
    return table_home::sqlite;
  case destination_kind::file:
  case destination_kind::s3:
  case destination_kind::gcs:
    return table_home::files;
  case destination_kind::unsaid:
    break;
  }
  return place.folder.empty() ? table_home::bulker : table_home::files;
}

/// Says by which name and where a table is found.
void show(sync_table& table, const sync_place& place) {
  auto& shown = table.shown;
  shown.unreadable = place.unreadable;
  const json_view config{place.config.empty() ? "{}"
                                              : std::string_view{place.config}};
  if (place.kind == destination_kind::postgres) {
    if (const auto read = read_postgres_config(config)) {
      const auto name = target_of(table.request, read->default_schema);
      shown.name = table.request.target_namespace.empty()
                       ? name.table
                       : name.schema + "." + name.table;
      shown.location = read->location + ", " + name.schema + "." + name.table;
      return;
    }
  } else if (place.kind == destination_kind::sqlite) {
    shown.name = sqlite_table_of(table.request);
    shown.location = config.text_at("path") + ", " + shown.name;
    return;
  }
  const auto& space = table.request.target_namespace;
  shown.name =
      space.empty() ? table.request.table : space + "." + table.request.table;
  if (!place.folder.empty())
    shown.location = table_place{place.folder, space, table.request.table}.rows;
  else
    shown.location = std::string{name_of(place.kind)} + ", " + shown.name;
}

} // namespace

sync_place place_of(const sync_definition& sync, const table_world& world) {
  sync_place out;
  if (sync.destination.empty()) {
    out.folder = folder_of(world.bulker_url);
    if (out.folder.empty())
      out.unreadable = "rows go to Bulker, which gives none back";
    else if (!world.on_this_machine)
      out.unreadable = elsewhere;
    return out;
  }
  out.config = place_destination(
      sync.destination, world.on_this_machine ? world.rows_folder : "");
  const auto kind = kind_of_destination(out.config);
  if (!kind) {
    out.unreadable = kind.error().what;
    return out;
  }
  out.kind = *kind;
  // Where a task of the sync may not write, nothing is read for a client
  // either.
  if (auto fits = check_destination_reach(out.config, world.rows_folder);
      !fits && (world.on_this_machine || !is_local(out.kind)))
    out.unreadable = fits.error().what;
  else if (is_local(out.kind) && !world.on_this_machine)
    out.unreadable = elsewhere;
  else if (!is_local(out.kind) && out.kind != destination_kind::postgres)
    out.unreadable = "rows of " + std::string{name_of(out.kind)}
                     + " cannot be read back here";
  else if (const json_view config{out.config};
           out.kind == destination_kind::postgres) {
    if (auto read = read_postgres_config(config); !read)
      out.unreadable = read.error().what;
  }
  if (out.kind == destination_kind::file)
    out.folder = json_view{out.config}.text_at("folder");
  return out;
}

result<std::vector<sync_table>> tables_of(const sync_definition& sync,
                                          std::string_view discovered,
                                          const sync_place& place) {
  auto configured = make_run_catalog(discovered, sync);
  if (!configured)
    return configured.error();
  auto streams = parse_catalog(configured->json);
  if (!streams)
    return streams.error();
  const naming_rules rules{
      sync.options.table_name_prefix, sync.options.target_namespace,
      sync.options.to_same_case, sync.options.deduplicate, home_of(place)};
  auto targets = assign_tables(*streams, rules);
  if (!targets)
    return targets.error();
  std::vector<sync_table> out;
  out.reserve(targets->size());
  for (auto& target : *targets) {
    auto& table = out.emplace_back();
    table.request.table = std::move(target.table);
    table.request.target_namespace = std::move(target.target_namespace);
    table.request.to_same_case = sync.options.to_same_case;
    table.shown.stream = target.stream.key();
    show(table, place);
  }
  return out;
}

} // namespace motorcade
