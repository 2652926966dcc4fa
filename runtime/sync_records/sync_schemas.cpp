#include "runtime/sync_records/sync_schemas.hpp"

#include "runtime/database/sql_builder.hpp"
#include "runtime/database/sql_run.hpp"
#include "runtime/sync_records/sync_rows.hpp"

#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view schemas = "sync_schema";
constexpr std::string_view change_table = "sync_change";

} // namespace

result<std::optional<schema_row>>
sync_schemas::find(const std::string& sync_id) {
  auto rows = run_built(*session_, schemas, [&](sql_builder& builder) {
    return "SELECT " + builder.read("seen") + ", " + builder.read("followed")
           + ", " + builder.read("baseline") + ", " + builder.read("selection")
           + ", " + builder.read_time("updated_at") + " FROM " + builder.table()
           + " WHERE " + builder.equals({"sync_id", sync_id});
  });
  if (!rows)
    return rows.error();
  if (rows->empty())
    return std::optional<schema_row>{};
  auto& row = rows->front();
  return std::optional{schema_row{std::move(row[0]), std::move(row[1]),
                                  std::move(row[2]), std::move(row[3]),
                                  std::move(row[4])}};
}

result<void> sync_schemas::put(const std::string& sync_id,
                               const schema_row& row) {
  auto stored = run_built(*session_, schemas, [&](sql_builder& builder) {
    const auto add = [&](column_list& columns) {
      columns.add({"seen", row.seen});
      columns.add({"followed", or_null(row.followed)});
      columns.add({"baseline", row.baseline});
      columns.add({"selection", row.selection});
      columns.add_now("updated_at");
    };
    column_list inserted{builder};
    inserted.add({"sync_id", sync_id});
    add(inserted);
    column_list changed{builder};
    add(changed);
    return "INSERT INTO " + builder.table() + " (" + inserted.names()
           + ") VALUES (" + inserted.values()
           + ") ON CONFLICT (sync_id) DO UPDATE SET " + changed.assignments();
  });
  return stored ? result<void>{} : stored.error();
}

result<void> sync_schemas::add_change(const change_row& change) {
  auto stored = run_built(*session_, change_table, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"change_id", change.id});
    columns.add({"sync_id", change.sync_id});
    columns.add({"changes", change.changes});
    columns.add({"action", change.action});
    columns.add(
        {"follow_up", or_null(change.pauses ? std::string{"PAUSE"} : "")});
    columns.add({"summary", change.summary});
    columns.add_now("created_at");
    return "INSERT INTO " + builder.table() + " (" + columns.names()
           + ") VALUES (" + columns.values()
           + ") ON CONFLICT (change_id) DO NOTHING";
  });
  return stored ? result<void>{} : stored.error();
}

template <class Where>
result<std::vector<change_row>> sync_schemas::select(const Where& where) {
  auto rows = run_built(*session_, change_table, [&](sql_builder& builder) {
    return "SELECT " + builder.read("change_id") + ", "
           + builder.read("sync_id") + ", " + builder.read("changes") + ", "
           + builder.read("action") + ", " + builder.read("follow_up") + ", "
           + builder.read("summary") + ", " + builder.read_time("created_at")
           + " FROM " + builder.table() + " WHERE " + where(builder);
  });
  if (!rows)
    return rows.error();
  std::vector<change_row> out;
  for (auto& row : *rows) {
    const auto created = from_iso8601_micros(row[6]);
    if (!created)
      return unreadable_row(*session_, change_table);
    out.push_back({std::move(row[0]), std::move(row[1]), std::move(row[2]),
                   std::move(row[3]), !row[4].empty(), std::move(row[5]),
                   *created});
  }
  return out;
}

result<std::optional<change_row>>
sync_schemas::find_change(const std::string& id) {
  auto found = select([&](sql_builder& builder) {
    return builder.equals({"change_id", id});
  });
  if (!found)
    return found.error();
  if (found->empty())
    return std::optional<change_row>{};
  return std::optional{std::move(found->front())};
}

result<std::vector<change_row>>
sync_schemas::changes(const std::string& sync_id, size_t limit) {
  return select([&](sql_builder& builder) {
    return builder.equals({"sync_id", sync_id}) + " ORDER BY "
           + builder.as_time("created_at") + " DESC, "
           + builder.as_text("change_id") + " DESC LIMIT "
           + builder.number(limit);
  });
}

result<std::vector<change_row>> sync_schemas::open_pauses() {
  return select(
      [](sql_builder&) { return std::string{"\"follow_up\" IS NOT NULL"}; });
}

result<void> sync_schemas::close_pause(const std::string& change_id) {
  auto stored = run_built(*session_, change_table, [&](sql_builder& builder) {
    return "UPDATE " + builder.table() + " SET "
           + builder.equals({"follow_up", std::nullopt}) + " WHERE "
           + builder.equals({"change_id", change_id});
  });
  return stored ? result<void>{} : stored.error();
}

} // namespace motorcade
