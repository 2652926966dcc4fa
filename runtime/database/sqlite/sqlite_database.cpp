#include "runtime/database/sqlite/sqlite_database.hpp"

#include "runtime/database/descriptor_limit.hpp"
#include "runtime/database/ended_result.hpp"
#include "runtime/database/state_succession.hpp"

#include <sqlite3.h>

namespace motorcade {

namespace {

/// `INSERT INTO table (…) VALUES (?, …)` of the values whose columns exist.
std::string insert_text(const sql_table& into,
                        std::span<const column_value> values) {
  std::string columns;
  std::string marks;
  for (const auto& value : values) {
    if (!into.has(value.column))
      continue;
    const auto* comma = columns.empty() ? "" : ", ";
    columns += comma + quote_identifier(value.column);
    marks += std::string{comma} + "?";
  }
  return "INSERT INTO " + into.name + " (" + columns + ") VALUES (" + marks
         + ")";
}

/// Lets commits not wait for the disk while it lives. The next commit that
/// does waits for all before it, since they are in the same log.
class quick_commits {
public:
  explicit quick_commits(sqlite_handle& handle) : handle_{handle} {
    handle_.run("PRAGMA synchronous = NORMAL");
  }

  ~quick_commits() {
    // As `sqlite_handle` sets it; no file is touched, so that it cannot fail.
    sqlite3_exec(handle_.get(), "PRAGMA synchronous = FULL", nullptr, nullptr,
                 nullptr);
  }

  quick_commits(const quick_commits&) = delete;
  quick_commits& operator=(const quick_commits&) = delete;

private:
  sqlite_handle& handle_;
};

/// Runs the statement with the values whose columns exist.
void step_with(sqlite_statement& statement, const sql_table& into,
               std::span<const column_value> values) {
  int parameter = 0;
  for (const auto& value : values)
    if (into.has(value.column))
      statement.bind(++parameter, value.text);
  statement.step();
  statement.reset();
}

} // namespace

sqlite_database::sqlite_database(std::shared_ptr<sqlite_session> session)
    : session_{std::move(session)} {}

result<void> sqlite_database::prepare() {
  auto ready =
      session_->attempt("", [](sqlite_handle&) { return result<void>{}; });
  return ready ? ready : name_lack_of_descriptors(ready.error());
}

result<task_status> sqlite_database::put_task(const task_row& row) {
  return session_->attempt(
      "source_task", [&](sqlite_handle& handle) -> result<task_status> {
        const auto& into = session_->table_of("source_task");
        auto values = task_values(row);
        values.push_back({"updated_at", to_iso8601_micros(utc_now())});
        auto text = insert_text(into, values)
                    + " ON CONFLICT (task_id) DO UPDATE SET package = "
                      "excluded.package";
        for (auto name : {"version", "started_at", "updated_at", "status",
                          "description", "metrics", "error"})
          if (into.has(name))
            text += std::string{", "} + name + " = excluded." + name;
        // The program that began the task may know better who asked for it.
        if (into.has("started_by"))
          text += ", started_by = coalesce(excluded.started_by, "
                  "source_task.started_by)";
        text += row.yields ? " WHERE source_task.status = 'RUNNING'"
                           : " WHERE source_task.status <> 'CANCELLED'";
        sqlite_transaction transaction{handle};
        sqlite_statement write{handle.get(), text};
        step_with(write, into, values);
        sqlite_statement read{
            handle.get(), "SELECT status FROM source_task WHERE task_id = ?"};
        auto task_id = repair_text(row.task_id);
        read.bind(1, task_id);
        auto status = task_status::running;
        if (!read.step() || !from_string(read.column(0), status))
          throw sqlite_error{ec::database_rejected,
                             "the task's row has an unknown status"};
        read.reset();
        transaction.commit();
        return status;
      });
}

result<void> sqlite_database::put_states(const std::string& sync_id,
                                         std::span<const state_row> rows) {
  if (rows.empty())
    return {};
  return session_->attempt("source_state", [&](sqlite_handle& handle) {
    const auto& into = session_->table_of("source_state");
    std::vector<column_value> values = {
        {"sync_id", sync_id},
        {"stream", ""},
        {"state", ""},
        {"timestamp", to_iso8601_micros(utc_now())}};
    auto text = insert_text(into, values)
                + " ON CONFLICT (sync_id, stream) DO UPDATE SET state = "
                  "excluded.state";
    if (into.has("timestamp"))
      text += ", timestamp = excluded.timestamp";
    auto next = succeed(rows);
    sqlite_transaction transaction{handle};
    if (next.ends_all_others) {
      // All states are deleted, since those that remain are written below.
      sqlite_statement clear{handle.get(),
                             "DELETE FROM source_state WHERE sync_id = ?"};
      clear.bind(1, sync_id);
      clear.step();
      clear.reset();
    }
    sqlite_statement remove{handle.get(), "DELETE FROM source_state WHERE "
                                          "sync_id = ? AND stream = ?"};
    for (const auto& key : next.ended) {
      remove.bind(1, sync_id);
      remove.bind(2, key);
      remove.step();
      remove.reset();
    }
    sqlite_statement write{handle.get(), text};
    for (const auto* row : next.written) {
      values[1].text = row->stream;
      values[2].text = row->state;
      step_with(write, into, values);
    }
    transaction.commit();
    return result<void>{};
  });
}

result<void> sqlite_database::put_logs(const std::string& sync_id,
                                       const std::string& task_id,
                                       std::span<const log_row> rows) {
  if (rows.empty())
    return {};
  return session_->attempt("task_log", [&](sqlite_handle& handle) {
    const auto& into = session_->table_of("task_log");
    std::vector<column_value> values = {{"id", ""},
                                        {"level", ""},
                                        {"logger", ""},
                                        {"message", ""},
                                        {"timestamp", ""},
                                        {"sync_id", repair_text(sync_id)},
                                        {"task_id", repair_text(task_id)}};
    // A power failure ends the task, too, and the lines that it has not stored
    // are lost in any case. Its end waits for the disk.
    const quick_commits quick{handle};
    sqlite_transaction transaction{handle};
    sqlite_statement write{handle.get(), insert_text(into, values)
                                             + " ON CONFLICT DO NOTHING"};
    for (const auto& row : rows) {
      values[0].text = row.id;
      values[1].text = repair_text(row.level);
      values[2].text = repair_text(row.logger);
      values[3].text = repair_text(row.message);
      values[4].text = to_iso8601_micros(row.time);
      step_with(write, into, values);
    }
    transaction.commit();
    return result<void>{};
  });
}

result<void> sqlite_database::put_result(const result_row& row) {
  return write_row(result_values(row));
}

result<bool> sqlite_database::has_ended(const result_row& row) {
  return motorcade::has_ended(*session_, row);
}

result<void> sqlite_database::put_config(const config_row& row) {
  return write_row(config_values(row));
}

result<void> sqlite_database::write_row(row_write write) {
  return session_->attempt(write.table, [&](sqlite_handle& handle) {
    const auto& into = session_->table_of(write.table);
    auto values = std::move(write.values);
    values.push_back({"timestamp", to_iso8601_micros(utc_now())});
    std::string set;
    for (const auto& value : values)
      if (into.has(value.column))
        set +=
            (set.empty() ? "" : ", ") + quote_identifier(value.column) + " = ?";
    std::string where;
    for (const auto& value : write.key)
      where += (where.empty() ? "" : " AND ") + quote_identifier(value.column)
               + " = ?";
    if (into.has(write.condition_column))
      where += " AND " + write.condition;
    // The key columns are values as well, for tables with any key.
    values.insert(values.end(), write.key.begin(), write.key.end());
    sqlite_transaction transaction{handle};
    sqlite_statement update{handle.get(), "UPDATE " + into.name + " SET " + set
                                              + " WHERE " + where};
    step_with(update, into, values);
    if (sqlite3_changes(handle.get()) == 0) {
      sqlite_statement insert{handle.get(), insert_text(into, values)
                                                + " ON CONFLICT DO NOTHING"};
      step_with(insert, into, values);
    }
    transaction.commit();
    return result<void>{};
  });
}

result<std::vector<state_row>>
sqlite_database::states(const std::string& sync_id) {
  return session_->attempt("source_state", [&](sqlite_handle& handle) {
    std::vector<state_row> states;
    sqlite_statement read{handle.get(),
                          "SELECT stream, state FROM source_state WHERE "
                          "sync_id = ? ORDER BY stream"};
    read.bind(1, sync_id);
    while (read.step())
      states.push_back({read.column(0), read.column(1)});
    return result<std::vector<state_row>>{std::move(states)};
  });
}

result<std::string> sqlite_database::spec(const std::string& package,
                                          const std::string& version) {
  return session_->attempt("source_spec", [&](sqlite_handle& handle) {
    std::string found;
    if (!session_->table_of("source_spec").has("specs"))
      return result<std::string>{std::move(found)};
    sqlite_statement read{handle.get(),
                          "SELECT specs FROM source_spec WHERE package = ? AND "
                          "version = ? AND specs IS NOT NULL"};
    read.bind(1, package);
    read.bind(2, version);
    if (read.step())
      found = read.column(0);
    return result<std::string>{std::move(found)};
  });
}

std::string sqlite_database::locate() const {
  return session_->locate();
}

} // namespace motorcade
