#include "runtime/sync_records/run_notes.hpp"

#include "runtime/database/sql_builder.hpp"
#include "runtime/database/sql_run.hpp"

namespace motorcade {

result<void> run_notes::add(const run_note& note) {
  auto stored = run_built(*session_, "task_log", [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"id", note.id});
    columns.add({"level", note.level});
    columns.add({"logger", "syncctl"});
    columns.add({"message", note.message});
    columns.add({"sync_id", note.sync_id});
    columns.add({"task_id", note.run_id});
    columns.add({"timestamp", to_iso8601_micros(note.time)});
    return "INSERT INTO " + builder.table() + " (" + columns.names()
           + ") VALUES (" + columns.values() + ") ON CONFLICT DO NOTHING";
  });
  return stored ? result<void>{} : stored.error();
}

} // namespace motorcade
