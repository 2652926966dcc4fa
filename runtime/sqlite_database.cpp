#include "runtime/sqlite_database.hpp"

#include "schema/tables.hpp"

#include <sqlite3.h>

#include <array>

namespace motorcade {

namespace {

/// The tables of a read, which must be fit before it starts.
constexpr std::array<std::string_view, 3> written_tables = {
    "source_state", "source_task", "task_log"};

std::vector<const table*> missing_tables(sqlite_handle& handle) {
  std::vector<const table*> missing;
  sqlite_statement find{handle.get(),
                        "SELECT 1 FROM sqlite_master WHERE name = ?"};
  for (const auto& t : tables()) {
    find.bind(1, t.name);
    if (!find.step())
      missing.push_back(&t);
    find.reset();
  }
  return missing;
}

/// `INSERT INTO table (…) VALUES (?, …)` of the values whose columns exist.
std::string insert_text(std::string_view into,
                        const std::set<std::string, std::less<>>& present,
                        std::span<const column_value> values) {
  std::string columns;
  std::string marks;
  for (const auto& value : values) {
    if (!present.contains(value.column))
      continue;
    const auto* comma = columns.empty() ? "" : ", ";
    columns += comma + quote_identifier(value.column);
    marks += std::string{comma} + "?";
  }
  return "INSERT INTO " + quote_identifier(into) + " (" + columns + ") VALUES ("
         + marks + ")";
}

/// Runs the statement with the values whose columns exist.
void step_with(sqlite_statement& statement,
               const std::set<std::string, std::less<>>& present,
               std::span<const column_value> values) {
  int parameter = 0;
  for (const auto& value : values)
    if (present.contains(value.column))
      statement.bind(++parameter, value.text);
  statement.step();
  statement.reset();
}

} // namespace

sqlite_database::sqlite_database(std::string path) : path_{std::move(path)} {}

/// Opens the file where it is not open and runs the action. What fails for a
/// time closes it, so that the next call begins anew.
template <class Action>
auto sqlite_database::attempt(std::string_view subject, Action action)
    -> decltype(action(std::declval<sqlite_handle&>())) {
  failure reason;
  try {
    if (!handle_)
      open();
    return action(*handle_);
  } catch (const sqlite_error& e) {
    reason = {e.code(), e.what()};
  } catch (const std::bad_alloc&) {
    reason = {ec::database_unavailable, "out of memory"};
  }
  if (reason.code == ec::database_unavailable)
    handle_.reset();
  auto where = locate() + ": ";
  if (!subject.empty())
    where += std::string{subject} + ": ";
  reason.what = where + one_line(repair_text(reason.what));
  return reason;
}

void sqlite_database::open() {
  auto opened = std::make_unique<sqlite_handle>(path_);
  if (!missing_tables(*opened).empty()) {
    sqlite_transaction transaction{*opened};
    for (const auto* t : missing_tables(*opened))
      for (const auto& statement : create_statements(*t, sql_dialect::sqlite))
        opened->run(statement);
    transaction.commit();
  }
  columns_.clear();
  handle_ = std::move(opened);
  try {
    for (auto name : written_tables)
      columns_of(name);
  } catch (...) {
    handle_.reset();
    throw;
  }
}

const sqlite_database::column_set&
sqlite_database::columns_of(std::string_view table) {
  auto known = columns_.find(table);
  if (known != columns_.end())
    return known->second;
  sqlite_statement list{handle_->get(),
                        "SELECT name FROM pragma_table_info(?)"};
  list.bind(1, table);
  std::vector<std::string> present;
  while (list.step())
    present.push_back(list.column(0));
  auto missing = missing_column(table_named(table), present);
  if (!missing.empty())
    throw sqlite_error{ec::database_rejected,
                       "table " + std::string{table}
                           + " exists without the column "
                           + std::string{missing}};
  return columns_[std::string{table}] = {present.begin(), present.end()};
}

result<void> sqlite_database::prepare() {
  return attempt("", [](sqlite_handle&) { return result<void>{}; });
}

result<task_status> sqlite_database::put_task(const task_row& row) {
  return attempt(
      "source_task", [&](sqlite_handle& handle) -> result<task_status> {
        const auto& present = columns_of("source_task");
        auto values = task_values(row);
        values.push_back({"updated_at", to_iso8601_micros(utc_now())});
        auto text = insert_text("source_task", present, values)
                    + " ON CONFLICT (task_id) DO UPDATE SET package = "
                      "excluded.package";
        for (auto name : {"version", "started_at", "updated_at", "status",
                          "description", "metrics", "error"})
          if (present.contains(name))
            text += std::string{", "} + name + " = excluded." + name;
        // Whoever began the task may know better who asked for it.
        if (present.contains("started_by"))
          text += ", started_by = coalesce(excluded.started_by, "
                  "source_task.started_by)";
        text += " WHERE source_task.status <> 'CANCELLED'";
        sqlite_transaction transaction{handle};
        sqlite_statement write{handle.get(), text};
        step_with(write, present, values);
        sqlite_statement read{
            handle.get(), "SELECT status FROM source_task WHERE task_id = ?"};
        read.bind(1, row.task_id);
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
  return attempt("source_state", [&](sqlite_handle& handle) {
    const auto& present = columns_of("source_state");
    std::vector<column_value> values = {
        {"sync_id", sync_id},
        {"stream", ""},
        {"state", ""},
        {"timestamp", to_iso8601_micros(utc_now())}};
    auto text = insert_text("source_state", present, values)
                + " ON CONFLICT (sync_id, stream) DO UPDATE SET state = "
                  "excluded.state";
    if (present.contains("timestamp"))
      text += ", timestamp = excluded.timestamp";
    sqlite_transaction transaction{handle};
    sqlite_statement write{handle.get(), text};
    for (const auto* row : last_per_stream(rows)) {
      values[1].text = row->stream;
      values[2].text = row->state;
      step_with(write, present, values);
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
  return attempt("task_log", [&](sqlite_handle& handle) {
    const auto& present = columns_of("task_log");
    std::vector<column_value> values = {
        {"id", ""},          {"level", ""},     {"logger", ""},
        {"message", ""},     {"timestamp", ""}, {"sync_id", sync_id},
        {"task_id", task_id}};
    sqlite_transaction transaction{handle};
    sqlite_statement write{handle.get(),
                           insert_text("task_log", present, values)
                               + " ON CONFLICT DO NOTHING"};
    for (const auto& row : rows) {
      values[0].text = row.id;
      values[1].text = repair_text(row.level);
      values[2].text = repair_text(row.logger);
      values[3].text = repair_text(row.message);
      values[4].text = to_iso8601_micros(row.time);
      step_with(write, present, values);
    }
    transaction.commit();
    return result<void>{};
  });
}

result<void> sqlite_database::put_result(const result_row& row) {
  return write_row(result_values(row));
}

result<void> sqlite_database::put_config(const config_row& row) {
  return write_row(config_values(row));
}

result<void> sqlite_database::write_row(row_write write) {
  return attempt(write.table, [&](sqlite_handle& handle) {
    const auto& present = columns_of(write.table);
    auto values = std::move(write.values);
    values.push_back({"timestamp", to_iso8601_micros(utc_now())});
    std::string set;
    for (const auto& value : values)
      if (present.contains(value.column))
        set +=
            (set.empty() ? "" : ", ") + quote_identifier(value.column) + " = ?";
    std::string where;
    for (const auto& value : write.key)
      where += (where.empty() ? "" : " AND ") + quote_identifier(value.column)
               + " = ?";
    if (!write.unless_set.empty() && present.contains(write.unless_set))
      where += " AND " + quote_identifier(write.unless_set) + " IS NULL";
    // Whatever the table's own key is.
    values.insert(values.end(), write.key.begin(), write.key.end());
    sqlite_transaction transaction{handle};
    sqlite_statement update{handle.get(),
                            "UPDATE " + quote_identifier(write.table) + " SET "
                                + set + " WHERE " + where};
    step_with(update, present, values);
    if (sqlite3_changes(handle.get()) == 0) {
      sqlite_statement insert{handle.get(),
                              insert_text(write.table, present, values)
                                  + " ON CONFLICT DO NOTHING"};
      step_with(insert, present, values);
    }
    transaction.commit();
    return result<void>{};
  });
}

result<std::vector<state_row>>
sqlite_database::states(const std::string& sync_id) {
  return attempt("source_state", [&](sqlite_handle& handle) {
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

std::string sqlite_database::locate() const {
  return "sqlite file " + path_;
}

} // namespace motorcade
