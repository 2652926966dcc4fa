#include "runtime/destination/sqlite/sqlite_notes.hpp"

#include "runtime/destination/warehouse/own_tables.hpp"
#include "schema/task/tables.hpp"

#include <string_view>

namespace motorcade {

namespace {

constexpr std::string_view is_old =
    "committed_at < datetime('now', '-30 days')";

std::string name_of(std::string_view table) {
  return "main." + quote_identifier(table);
}

bool is_there(sqlite_handle& handle, std::string_view table) {
  sqlite_statement found{handle.get(), "SELECT 1 FROM main.sqlite_schema WHERE "
                                       "type = 'table' AND name = ?1"};
  found.bind(1, table);
  return found.step();
}

} // namespace

bool note_request(sqlite_handle& handle, const upload_request& request) {
  const auto notes = name_of(commits_table);
  handle.run("CREATE TABLE IF NOT EXISTS " + notes
             + " (sync_id TEXT, stream TEXT, unit TEXT, committed_at TEXT NOT "
               "NULL DEFAULT CURRENT_TIMESTAMP, PRIMARY KEY (sync_id, stream, "
               "unit)) WITHOUT ROWID");
  const auto unit = request.task_id + "/" + std::to_string(request.unit);
  sqlite_statement put{handle.get(),
                       "INSERT INTO " + notes
                           + " (sync_id, stream, unit) VALUES (?1, ?2, ?3) ON "
                             "CONFLICT DO NOTHING RETURNING 1"};
  put.bind(1, request.connection_id);
  put.bind(2, request.stream);
  put.bind(3, unit);
  const auto fresh = put.step();
  put.reset();
  if (fresh && request.unit == 1) {
    sqlite_statement old{handle.get(), "DELETE FROM " + notes
                                           + " WHERE sync_id = ?1 AND "
                                           + std::string{is_old}};
    old.bind(1, request.connection_id);
    old.step();
  }
  return fresh;
}

void note_states(sqlite_handle& handle, const upload_request& request,
                 std::span<const state_note> states) {
  if (states.empty())
    return;
  const auto notes = name_of(noted_states_table);
  handle.run("CREATE TABLE IF NOT EXISTS " + notes
             + " (sync_id TEXT, stream TEXT, links TEXT NOT NULL, state TEXT "
               "NOT NULL, committed_at TEXT NOT NULL DEFAULT "
               "CURRENT_TIMESTAMP, PRIMARY KEY (sync_id, stream))");
  sqlite_statement put{
      handle.get(),
      "INSERT INTO " + notes
          + " (sync_id, stream, links, state) VALUES (?1, ?2, ?3, ?4) ON "
            "CONFLICT (sync_id, stream) DO UPDATE SET links = excluded.links, "
            "state = excluded.state, committed_at = CURRENT_TIMESTAMP"};
  for (const auto& note : states) {
    const auto links = join_links(note.links);
    put.bind(1, request.connection_id);
    put.bind(2, note.key);
    put.bind(3, links);
    put.bind(4, note.state);
    put.step();
    put.reset();
  }
}

std::vector<state_note> find_noted_states(sqlite_handle& handle,
                                          const std::string& sync) {
  std::vector<state_note> out;
  if (!is_there(handle, noted_states_table))
    return out;
  sqlite_statement rows{handle.get(), "SELECT stream, links, state FROM "
                                          + name_of(noted_states_table)
                                          + " WHERE sync_id = ?1 ORDER BY 1"};
  rows.bind(1, sync);
  while (rows.step())
    out.push_back(
        {rows.column(0), rows.column(2), split_links(rows.column(1))});
  return out;
}

void forget_noted_states(sqlite_handle& handle, const std::string& sync) {
  if (is_there(handle, noted_states_table)) {
    sqlite_statement gone{
        handle.get(), "DELETE FROM " + name_of(noted_states_table)
                          + " WHERE sync_id = ?1 OR " + std::string{is_old}};
    gone.bind(1, sync);
    gone.step();
  }
  if (is_there(handle, commits_table))
    handle.run("DELETE FROM " + name_of(commits_table) + " WHERE "
               + std::string{is_old});
}

} // namespace motorcade
