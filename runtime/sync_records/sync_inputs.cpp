#include "runtime/sync_records/sync_inputs.hpp"

#include "runtime/database/sql_builder.hpp"
#include "runtime/database/sql_run.hpp"

#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view catalogs = "source_catalog";
constexpr std::string_view config_updates = "source_config_update";

} // namespace

result<std::optional<discovered_row>>
sync_inputs::discovered(const std::string& package, const std::string& version,
                        const std::string& key) {
  auto rows = run_built(*session_, catalogs, [&](sql_builder& builder) {
    return "SELECT " + builder.read("status") + ", " + builder.read("catalog")
           + ", " + builder.read("description") + ", "
           + builder.read_time("timestamp") + " FROM " + builder.table()
           + " WHERE " + builder.equals({"package", package}) + " AND "
           + builder.equals({"version", version}) + " AND "
           + builder.equals({"key", key});
  });
  if (!rows)
    return rows.error();
  if (rows->empty())
    return std::optional<discovered_row>{};
  auto& row = rows->front();
  discovered_row out;
  if (!from_string(row[0], out.status))
    return unreadable_row(*session_, catalogs);
  out.catalog = std::move(row[1]);
  out.description = std::move(row[2]);
  out.time = from_iso8601_micros(row[3]).value_or(wall_time{});
  return std::optional{std::move(out)};
}

result<std::optional<spec_row>>
sync_inputs::told_spec(const std::string& package, const std::string& version) {
  auto rows = run_built(*session_, "source_spec", [&](sql_builder& builder) {
    return "SELECT " + builder.read("specs") + ", " + builder.read("error")
           + ", " + builder.read_time("timestamp") + " FROM " + builder.table()
           + " WHERE " + builder.equals({"package", package}) + " AND "
           + builder.equals({"version", version});
  });
  if (!rows)
    return rows.error();
  if (rows->empty())
    return std::optional<spec_row>{};
  auto& row = rows->front();
  return std::optional{
      spec_row{std::move(row[0]), std::move(row[1]),
               from_iso8601_micros(row[2]).value_or(wall_time{})}};
}

result<std::string> sync_inputs::spec(const std::string& package,
                                      const std::string& version) {
  auto row = told_spec(package, version);
  if (!row)
    return row.error();
  return *row ? std::move((*row)->spec) : std::string{};
}

result<std::vector<changed_config>>
sync_inputs::changed_configs(const std::string& sync_id) {
  auto rows = run_built(*session_, config_updates, [&](sql_builder& builder) {
    return "SELECT " + builder.read("package") + ", " + builder.read("version")
           + ", " + builder.read("key") + ", " + builder.read("config")
           + " FROM " + builder.table() + " WHERE "
           + builder.equals({"sync_id", sync_id});
  });
  if (!rows)
    return rows.error();
  std::vector<changed_config> out;
  for (auto& row : *rows)
    out.push_back({std::move(row[0]), std::move(row[1]), std::move(row[2]),
                   std::move(row[3])});
  return out;
}

result<void> sync_inputs::forget_config(const std::string& sync_id,
                                        const changed_config& row) {
  auto gone = run_built(*session_, config_updates, [&](sql_builder& builder) {
    return "DELETE FROM " + builder.table() + " WHERE "
           + builder.equals({"sync_id", sync_id}) + " AND "
           + builder.equals({"package", row.package}) + " AND "
           + builder.equals({"version", row.version}) + " AND "
           + builder.equals({"key", row.key}) + " AND "
           + builder.equals({"config", row.config});
  });
  return gone ? result<void>{} : gone.error();
}

result<void> sync_inputs::forget_configs(const std::string& sync_id) {
  auto gone = run_built(*session_, config_updates, [&](sql_builder& builder) {
    return "DELETE FROM " + builder.table() + " WHERE "
           + builder.equals({"sync_id", sync_id});
  });
  return gone ? result<void>{} : gone.error();
}

result<bool> sync_inputs::has_states(const std::string& sync_id) {
  auto rows = run_built(*session_, "source_state", [&](sql_builder& builder) {
    return "SELECT 1 FROM " + builder.table() + " WHERE "
           + builder.equals({"sync_id", sync_id}) + " LIMIT 1";
  });
  return rows ? result<bool>{!rows->empty()} : rows.error();
}

result<std::vector<std::string>>
sync_inputs::forget_states(const std::string& sync_id,
                           const std::string& stream) {
  auto rows = run_built(*session_, "source_state", [&](sql_builder& builder) {
    auto text = "DELETE FROM " + builder.table() + " WHERE "
                + builder.equals({"sync_id", sync_id});
    if (!stream.empty())
      text += " AND " + builder.equals({"stream", stream});
    return text + " RETURNING " + builder.as_text("stream");
  });
  if (!rows)
    return rows.error();
  std::vector<std::string> out;
  for (auto& row : *rows)
    out.push_back(std::move(row.front()));
  return out;
}

} // namespace motorcade
