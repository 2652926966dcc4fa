#include "controller/tables/kept_tables.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "runtime/destination/postgres/postgres_target.hpp"
#include "runtime/destination/sqlite/sqlite_loader.hpp"
#include "runtime/files/table_place.hpp"
#include "runtime/table_rows/file_rows_reader.hpp"
#include "runtime/table_rows/postgres_rows_reader.hpp"
#include "runtime/table_rows/sqlite_rows_reader.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/json/json_view.hpp"
#include "schema/sync/known_schema.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

result<table_page> read(const sync_place& place, const upload_request& request,
                        const table_look& look) {
  const json_view config{place.config.empty() ? "{}"
                                              : std::string_view{place.config}};
  switch (place.kind) {
  case destination_kind::postgres: {
    auto address = read_postgres_config(config);
    if (!address)
      return address.error();
    const auto name = target_of(request, address->default_schema);
    return read_postgres_rows(*address, name.schema, name.table, look);
  }
  case destination_kind::sqlite:
    return read_sqlite_rows(config.text_at("path"), sqlite_table_of(request),
                            look);
  default:
    return read_file_rows(
        table_place{place.folder, request.target_namespace, request.table}.rows,
        look);
  }
}

/// @returns what the source has announced: to a discover with the sync's
/// present config, or else to its last run; empty: to none.
result<std::string> catalog_of(motorcade::sync_tables& rows,
                               const std::string& sync_id,
                               const sync_definition& sync,
                               const sealing_keys& keys) {
  auto discovered = rows.inputs.discovered(
      sync.package, sync.version, discover_key_of(sync, sync_id, keys));
  if (!discovered)
    return discovered.error();
  if (*discovered && !(*discovered)->catalog.empty())
    return std::move((*discovered)->catalog);
  // The config has changed since the last run, whose tables are still there.
  auto seen = rows.schemas.find(sync_id);
  if (!seen)
    return seen.error();
  if (!*seen || !is_of_package((*seen)->selection, sync.package))
    return std::string{};
  return (*seen)->followed.empty() ? std::move((*seen)->seen)
                                   : std::move((*seen)->followed);
}

} // namespace

result<kept_tables::found> kept_tables::look_at(const std::string& sync_id) {
  return store_.use_rows([&](motorcade::sync_tables& rows) -> result<found> {
    auto row = rows.records.find(sync_id);
    if (!row)
      return row.error();
    if (!*row)
      return failure{ec::not_found, "there is no sync " + excerpt(sync_id)};
    found out;
    auto sync = open_sync(**row, keys_);
    if (!sync) {
      out.unknown = sync.error().what;
      return out;
    }
    auto catalog = catalog_of(rows, sync_id, *sync, keys_);
    if (!catalog)
      return catalog.error();
    if (catalog->empty()) {
      out.unknown = "what the source has is not known yet; the next run "
                    "asks for it";
      return out;
    }
    out.place = place_of(*sync, world_);
    auto tables = tables_of(*sync, *catalog, out.place);
    if (tables)
      out.tables = std::move(*tables);
    else
      out.unknown = tables.error().what;
    return out;
  });
}

result<shown_tables> kept_tables::tables(const std::string& sync_id) {
  auto all = look_at(sync_id);
  if (!all)
    return all.error();
  shown_tables out;
  out.unknown = std::move(all->unknown);
  out.tables.reserve(all->tables.size());
  for (auto& one : all->tables)
    out.tables.push_back(std::move(one.shown));
  return out;
}

result<table_page> kept_tables::rows(const std::string& sync_id,
                                     const std::string& name,
                                     const table_look& look) {
  // The connection is given back before the destination is asked.
  auto all = look_at(sync_id);
  if (!all)
    return all.error();
  const auto table =
      std::find_if(all->tables.begin(), all->tables.end(),
                   [&](const auto& one) { return one.shown.name == name; });
  if (table == all->tables.end())
    return failure{ec::not_found,
                   "no stream of sync " + excerpt(sync_id) + " fills a table "
                       + excerpt(name)
                       + (all->unknown.empty() ? "" : ": " + all->unknown)};
  if (!table->shown.unreadable.empty())
    return failure{ec::destination_rejected, table->shown.unreadable};
  return read(all->place, table->request, look);
}

} // namespace motorcade
