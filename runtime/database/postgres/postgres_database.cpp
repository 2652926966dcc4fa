#include "runtime/database/postgres/postgres_database.hpp"

#include "runtime/database/descriptor_limit.hpp"
#include "runtime/database/ended_result.hpp"
#include "runtime/database/postgres/postgres_log_rows.hpp"
#include "runtime/database/state_succession.hpp"

#include <array>

namespace motorcade {

namespace {

/// The parts of an INSERT, of the columns that the table has.
class insert_text {
public:
  explicit insert_text(const sql_table& into) : into_{into} {}

  bool has(std::string_view column) const { return into_.has(column); }

  /// Adds a column whose value is an expression.
  void add_expression(std::string_view column, std::string_view expression) {
    if (!has(column))
      return;
    const auto* comma = columns_.empty() ? "" : ", ";
    columns_ += comma + quote_identifier(column);
    expressions_ += comma + std::string{expression};
    assignments_.push_back(quote_identifier(column) + " = "
                           + std::string{expression});
  }

  /// Adds a column whose value is a parameter.
  void add(const column_value& value) {
    if (!has(value.column))
      return;
    if (!value.text) {
      add_expression(value.column, "NULL");
      return;
    }
    const auto& type = into_.types.find(value.column)->second;
    parameters_.push_back(fit_text(type, *value.text));
    add_expression(value.column, next() + "::" + type);
  }

  void add_now(std::string_view column) {
    if (has(column))
      add_expression(column, now_as(into_.types.find(column)->second));
  }

  /// Adds a column of many rows, whose values are the items of an array.
  void add_array(std::string_view column, std::string items) {
    if (!has(column))
      return;
    parameters_.push_back(std::move(items) + '}');
    const auto* comma = arrays_.empty() ? "" : ", ";
    auto number = std::to_string(parameters_.size());
    const auto& type = into_.types.find(column)->second;
    arrays_ += comma + next() + "::" + type + "[]";
    array_names_ += comma + ("a" + number);
    add_expression(column, "a" + number);
  }

  /// @returns the statement without its ON CONFLICT clause.
  std::string text() const {
    auto head = "INSERT INTO " + into_.name + " AS old (" + columns_ + ") ";
    if (arrays_.empty())
      return head + "VALUES (" + expressions_ + ")";
    return head + "SELECT " + expressions_ + " FROM unnest(" + arrays_
           + ") AS rows(" + array_names_ + ")";
  }

  /// @returns a statement that updates the row which the first `keys` columns
  /// name, or inserts it, for tables with any key. It returns a row if it wrote
  /// one.
  /// @param condition For the update; empty: none.
  std::string update_or_insert(size_t keys,
                               const std::string& condition) const {
    std::string set;
    std::string where = condition;
    for (size_t i = 0; i < assignments_.size(); ++i) {
      auto& part = i < keys ? where : set;
      part += (part.empty() ? "" : i < keys ? " AND " : ", ") + assignments_[i];
    }
    return "WITH updated AS (UPDATE " + into_.name + " SET " + set + " WHERE "
           + where + " RETURNING 1), inserted AS (INSERT INTO " + into_.name
           + " (" + columns_ + ") SELECT " + expressions_
           + " WHERE NOT EXISTS (SELECT 1 FROM updated) ON CONFLICT DO NOTHING "
             "RETURNING 1) SELECT 1 FROM updated UNION ALL SELECT 1 FROM "
             "inserted";
  }

  const std::vector<std::string>& parameters() const { return parameters_; }

private:
  std::string next() const { return "$" + std::to_string(parameters_.size()); }

  const sql_table& into_;
  std::string columns_;
  std::string expressions_;
  std::string arrays_;
  std::string array_names_;
  /// `column = expression` for each column.
  std::vector<std::string> assignments_;
  std::vector<std::string> parameters_;
};

/// ` SET a = excluded.a, …` of the columns that the table has.
std::string set_excluded(const insert_text& insert,
                         std::span<const std::string_view> columns) {
  std::string text;
  for (auto name : columns) {
    if (!insert.has(name))
      continue;
    auto quoted = quote_identifier(name);
    text += text.empty() ? " SET " : ", ";
    text += quoted + " = excluded." + quoted;
  }
  return text;
}

/// @returns the condition that holds for the states that end; empty: none can.
/// Its parameters are the sync ($1) and, if all others end, the streams
/// written ($2).
std::string ended_condition(const sql_table& states,
                            const state_succession& next) {
  if (!next.ends_all_others && next.ended.empty())
    return {};
  auto text =
      "sync_id = $1::" + states.types.find("sync_id")->second + " AND stream ";
  const auto& type = states.types.find("stream")->second;
  if (next.ends_all_others)
    return text + "<> ALL ($2::" + type + "[])";
  text += "IN (";
  for (size_t i = 0; i < next.ended.size(); ++i)
    text += (i > 0 ? ", '" : "'") + next.ended[i] + "'";
  return text + ")";
}

failure refuse_state(const std::string& location, const state_row& row,
                     const std::string& why) {
  return {ec::database_rejected, "database " + location + ": the state of "
                                     + name_for_message(row.stream)
                                     + " cannot be stored: " + why};
}

} // namespace

postgres_database::postgres_database(std::shared_ptr<postgres_session> session)
    : session_{std::move(session)} {}

result<void> postgres_database::prepare() {
  auto ready = session_->attempt(
      "", [](postgres_connection&) { return result<void>{}; });
  return ready ? ready : name_lack_of_descriptors(ready.error());
}

result<task_status> postgres_database::put_task(const task_row& row) {
  return session_->attempt(
      "source_task",
      [&](postgres_connection& connection) -> result<task_status> {
        const auto& into = connection.table_of("source_task");
        insert_text insert{into};
        for (const auto& value : task_values(row))
          insert.add(value);
        insert.add_now("updated_at");
        constexpr std::array<std::string_view, 8> replaced = {
            "package", "version",     "started_at", "updated_at",
            "status",  "description", "metrics",    "error"};
        auto text = insert.text() + " ON CONFLICT (task_id) DO UPDATE"
                    + set_excluded(insert, replaced);
        // The program that began the task may know better who asked for it.
        if (insert.has("started_by"))
          text +=
              ", started_by = coalesce(excluded.started_by, old.started_by)";
        text += row.yields ? " WHERE old.status = 'RUNNING'"
                           : " WHERE old.status <> 'CANCELLED'";
        text += " RETURNING status";
        auto rows = connection.run(text, insert.parameters());
        if (rows.empty())
          rows = connection.run("SELECT status FROM " + into.name
                                    + " WHERE task_id = $1",
                                {repair_text(row.task_id)});
        if (rows.empty())
          return failure{
              ec::database_unavailable,
              "database " + session_->locate()
                  + ": source_task: the task's row was deleted while "
                    "it was written"};
        auto status = task_status::running;
        if (!from_string(rows[0][0].as<std::string>(), status))
          throw postgres_refusal{"the task's row has an unknown status"};
        return status;
      });
}

result<void> postgres_database::put_states(const std::string& sync_id,
                                           std::span<const state_row> rows) {
  if (rows.empty())
    return {};
  // The keys are in the same order everywhere, or two writers could deadlock.
  auto next = succeed(rows);
  for (const auto* row : next.written) {
    if (!is_storable_text(row->stream))
      return refuse_state(session_->locate(), *row,
                          "its name holds a NUL or is not UTF-8");
    if (!is_storable_text(row->state))
      return refuse_state(session_->locate(), *row,
                          "it holds a NUL or is not UTF-8");
  }
  auto write = [&](postgres_connection& connection) {
    insert_text insert{connection.table_of("source_state")};
    std::string streams;
    std::string states;
    for (const auto* row : next.written) {
      append_array_item(streams, row->stream);
      append_array_item(states, row->state);
    }
    insert.add({"sync_id", sync_id});
    insert.add_array("stream", std::move(streams));
    insert.add_array("state", std::move(states));
    insert.add_now("timestamp");
    constexpr std::array<std::string_view, 2> replaced = {"state", "timestamp"};
    const auto& table = connection.table_of("source_state");
    auto ended = ended_condition(table, next);
    if (!ended.empty()) {
      // States are looked for before they are deleted: a role that may not
      // delete can store states as long as the connector keeps to one kind.
      auto parameters = insert.parameters();
      parameters.resize(next.ends_all_others ? 2 : 1);
      auto found = connection.run("SELECT 1 FROM " + table.name + " WHERE "
                                      + ended + " LIMIT 1",
                                  parameters);
      ended = found.empty() ? std::string{}
                            : "WITH ended AS (DELETE FROM " + table.name
                                  + " WHERE " + ended + ") ";
    }
    // One statement is one transaction; the rows that it deletes are none of
    // those that it writes.
    connection.run(ended + insert.text()
                       + " ON CONFLICT (sync_id, stream) DO UPDATE"
                       + set_excluded(insert, replaced),
                   insert.parameters());
    return result<void>{};
  };
  auto written = session_->attempt("source_state", write);
  if (!written && written.error().code == ec::database_rejected
      && session_->connection())
    return blame(*session_->connection(), next.written, written.error());
  return written;
}

failure postgres_database::blame(postgres_connection& connection,
                                 const std::vector<const state_row*>& rows,
                                 failure reason) {
  auto type = connection.table_of("source_state").types.find("state")->second;
  for (const auto* row : rows) {
    auto tried = session_->attempt("", [&](postgres_connection& same) {
      same.run("SELECT 1 WHERE $1::" + type + " IS NOT NULL", {row->state});
      return result<void>{};
    });
    if (tried)
      continue;
    // The connection was lost meanwhile: the first reason still holds.
    if (tried.error().code != ec::database_rejected)
      return reason;
    auto why = tried.error().what;
    auto head = "database " + session_->locate() + ": ";
    return refuse_state(session_->locate(), *row, why.substr(head.size()));
  }
  return reason;
}

result<void> postgres_database::put_logs(const std::string& sync_id,
                                         const std::string& task_id,
                                         std::span<const log_row> rows) {
  if (rows.empty())
    return {};
  return session_->attempt("task_log", [&](postgres_connection& connection) {
    auto copies = copies_logs_;
    if (copies) {
      try {
        copy_logs(connection, sync_id, task_id, rows);
        return result<void>{};
      } catch (const pqxx::sql_error& refusal) {
        if (!connection.open() || may_pass(refusal))
          throw;
        // Some of the lines may be there already. Of another refusal INSERT
        // knows the reason, if it is refused, too: a view, say, takes no COPY.
        constexpr std::string_view unique_violation = "23505";
        copies = refusal.sqlstate() == unique_violation;
      }
    }
    insert_logs(connection, sync_id, task_id, rows);
    copies_logs_ = copies;
    return result<void>{};
  });
}

result<void> postgres_database::put_result(const result_row& row) {
  return write_row(result_values(row));
}

result<bool> postgres_database::has_ended(const result_row& row) {
  return motorcade::has_ended(*session_, row);
}

result<void> postgres_database::put_config(const config_row& row) {
  if (!is_storable_text(row.config) || repair_json(row.config) != row.config)
    return failure{ec::database_rejected,
                   "database " + session_->locate()
                       + ": source_config_update: the config holds \\u0000 or "
                         "a lone surrogate, which jsonb refuses"};
  return write_row(config_values(row));
}

result<void> postgres_database::write_row(row_write write) {
  return session_->attempt(write.table, [&](postgres_connection& connection) {
    insert_text insert{connection.table_of(write.table)};
    for (const auto& value : write.key)
      insert.add(value);
    for (const auto& value : write.values)
      insert.add(value);
    insert.add_now("timestamp");
    auto text = insert.update_or_insert(
        write.key.size(),
        insert.has(write.condition_column) ? write.condition : "");
    // Nothing was written: the condition does not hold, or another program
    // inserted the row after the update looked for it; then there is one to
    // update now.
    if (connection.run(text, insert.parameters()).empty())
      connection.run(text, insert.parameters());
    return result<void>{};
  });
}

result<std::vector<state_row>>
postgres_database::states(const std::string& sync_id) {
  using rows_result = result<std::vector<state_row>>;
  return session_->attempt("source_state", [&](postgres_connection&
                                                   connection) {
    std::vector<state_row> states;
    // The order is that of bytes, as everywhere, whatever the database's
    // collation.
    auto rows = connection.run(
        "SELECT stream, state FROM " + connection.table_of("source_state").name
            + " WHERE sync_id = $1 ORDER BY stream COLLATE \"C\"",
        {repair_text(sync_id)});
    for (const auto& row : rows)
      states.push_back({row[0].as<std::string>(), row[1].as<std::string>()});
    return rows_result{std::move(states)};
  });
}

result<std::string> postgres_database::spec(const std::string& package,
                                            const std::string& version) {
  return session_->attempt("source_spec", [&](postgres_connection& connection) {
    const auto& from = connection.table_of("source_spec");
    std::string found;
    if (!from.has("specs"))
      return result<std::string>{std::move(found)};
    auto rows = connection.run(
        "SELECT specs FROM " + from.name
            + " WHERE package = $1 AND version = $2 AND specs IS NOT NULL",
        {repair_text(package), repair_text(version)});
    if (!rows.empty())
      found = rows[0][0].as<std::string>();
    return result<std::string>{std::move(found)};
  });
}

std::string postgres_database::locate() const {
  return session_->locate();
}

} // namespace motorcade
