#include "runtime/sync_records/left_reads.hpp"

#include "runtime/database/sql_builder.hpp"
#include "runtime/database/sql_run.hpp"

#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view table_name = "sync_left_read";

} // namespace

result<void> left_reads::add(const std::string& run_id,
                             const std::string& sync_id) {
  auto rows = run_built(*session_, table_name, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"run_id", run_id});
    columns.add({"sync_id", sync_id});
    columns.add_now("created_at");
    return "INSERT INTO " + builder.table() + " (" + columns.names()
           + ") VALUES (" + columns.values()
           + ") ON CONFLICT (run_id) DO NOTHING";
  });
  return rows ? result<void>{} : rows.error();
}

result<std::vector<left_read>> left_reads::all(std::chrono::seconds kept) {
  auto rows = run_built(*session_, table_name, [&](sql_builder& builder) {
    return "SELECT " + builder.as_text("run_id") + ", "
           + builder.read("sync_id") + ", CASE WHEN "
           + builder.as_time("created_at") + " <= " + builder.ago(kept)
           + " THEN 'old' ELSE 'new' END FROM " + builder.table()
           + " ORDER BY 1";
  });
  if (!rows)
    return rows.error();
  std::vector<left_read> out;
  for (auto& row : *rows)
    out.push_back({std::move(row[0]), std::move(row[1]), row[2] == "old"});
  return out;
}

result<void> left_reads::forget(const std::string& run_id) {
  auto rows = run_built(*session_, table_name, [&](sql_builder& builder) {
    return "DELETE FROM " + builder.table() + " WHERE "
           + builder.equals({"run_id", run_id});
  });
  return rows ? result<void>{} : rows.error();
}

} // namespace motorcade
