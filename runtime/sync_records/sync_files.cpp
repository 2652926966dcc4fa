#include "runtime/sync_records/sync_files.hpp"

#include "runtime/database/sql_builder.hpp"
#include "runtime/database/sql_run.hpp"

#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view files = "sync_file";
/// In front of the digest in its column if the file is gone; a sealed text does
/// not begin so. An earlier version wrote it alone.
constexpr std::string_view gone_mark = "gone";

std::string write_applied(const file_row& row) {
  return row.gone ? std::string{gone_mark} + row.applied : row.applied;
}

result<void> without_rows(const result<std::vector<sql_row>>& rows) {
  return rows ? result<void>{} : rows.error();
}

} // namespace

result<std::vector<file_row>> sync_files::all() {
  auto rows = run_built(*session_, files, [](sql_builder& builder) {
    return "SELECT " + builder.read("sync_id") + ", " + builder.read("applied")
           + " FROM " + builder.table() + " ORDER BY "
           + builder.as_text("sync_id");
  });
  if (!rows)
    return rows.error();
  std::vector<file_row> out;
  for (auto& row : *rows) {
    const auto gone = row[1].starts_with(gone_mark);
    out.push_back({std::move(row[0]),
                   gone ? row[1].substr(gone_mark.size()) : std::move(row[1]),
                   gone});
  }
  return out;
}

result<file_standing> sync_files::standing(const std::string& sync_id) {
  auto found = among({sync_id});
  if (!found)
    return found.error();
  return found->empty() ? file_standing::none : found->begin()->second;
}

result<std::map<std::string, file_standing>>
sync_files::among(const std::vector<std::string>& sync_ids) {
  std::map<std::string, file_standing> out;
  if (sync_ids.empty())
    return out;
  auto rows = run_built(*session_, files, [&](sql_builder& builder) {
    return "SELECT " + builder.as_text("sync_id") + ", "
           + builder.read("applied") + " FROM " + builder.table() + " WHERE "
           + builder.any("sync_id", sync_ids);
  });
  if (!rows)
    return rows.error();
  for (auto& row : *rows)
    out.emplace(std::move(row[0]), row[1].starts_with(gone_mark)
                                       ? file_standing::gone
                                       : file_standing::defines);
  return out;
}

result<void> sync_files::put(const file_row& row) {
  return without_rows(run_built(*session_, files, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"sync_id", row.sync_id});
    columns.add({"applied", write_applied(row)});
    columns.add_now("updated_at");
    column_list changed{builder};
    changed.add({"applied", write_applied(row)});
    changed.add_now("updated_at");
    return "INSERT INTO " + builder.table() + " (" + columns.names()
           + ") VALUES (" + columns.values()
           + ") ON CONFLICT (sync_id) DO UPDATE SET " + changed.assignments();
  }));
}

result<void> sync_files::erase(const std::string& sync_id) {
  return without_rows(run_built(*session_, files, [&](sql_builder& builder) {
    return "DELETE FROM " + builder.table() + " WHERE "
           + builder.equals({"sync_id", sync_id});
  }));
}

} // namespace motorcade
