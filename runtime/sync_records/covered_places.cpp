#include "runtime/sync_records/covered_places.hpp"

#include "runtime/database/sql_builder.hpp"
#include "runtime/database/sql_run.hpp"

#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view places = "sync_place";

} // namespace

result<std::optional<covered_place>>
covered_places::find(const std::string& sync_id) {
  auto rows = run_built(*session_, places, [&](sql_builder& builder) {
    return "SELECT " + builder.read("place") + ", " + builder.read("shown")
           + ", " + builder.read("first_run") + " FROM " + builder.table()
           + " WHERE " + builder.equals({"sync_id", sync_id});
  });
  if (!rows)
    return rows.error();
  if (rows->empty())
    return std::optional<covered_place>{};
  auto& row = rows->front();
  return std::optional{
      covered_place{std::move(row[0]), std::move(row[1]), std::move(row[2])}};
}

result<void> covered_places::put(const std::string& sync_id,
                                 const covered_place& row) {
  auto rows = run_built(*session_, places, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"sync_id", sync_id});
    column_list changed{builder};
    for (auto* list : {&columns, &changed}) {
      list->add({"place", row.place});
      list->add({"shown", row.shown});
      list->add({"first_run", row.first_run});
      list->add_now("updated_at");
    }
    return "INSERT INTO " + builder.table() + " (" + columns.names()
           + ") VALUES (" + columns.values()
           + ") ON CONFLICT (sync_id) DO UPDATE SET " + changed.assignments();
  });
  return rows ? result<void>{} : rows.error();
}

} // namespace motorcade
