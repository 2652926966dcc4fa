#include "schema/task/tables.hpp"

#include "schema/task/sync_conditions.hpp"

#include <algorithm>
#include <stdexcept>

namespace motorcade {

namespace {

constexpr auto text = column_kind::text;
constexpr auto uuid = column_kind::uuid;
constexpr auto json = column_kind::json;
constexpr auto time_kind = column_kind::time;

/// @returns a column that may be NULL and may be missing.
column optional(std::string_view name, column_kind kind = text) {
  return {name, kind, true, false};
}

/// @returns an index of the columns, in this order, that holds every row.
template <class... Columns>
table_index index_on(Columns... columns) {
  return {{std::string_view{columns}...}, {}, {}};
}

/// @returns a column of times that may be missing: only people read it.
column written_at(std::string_view name) {
  return {name, time_kind, false, false};
}

std::string_view type_name(column_kind kind, sql_dialect dialect) {
  if (dialect == sql_dialect::sqlite)
    return "TEXT";
  switch (kind) {
  case column_kind::text:
    return "text";
  case column_kind::uuid:
    return "uuid";
  case column_kind::json:
    return "jsonb";
  case column_kind::time:
    return "timestamptz";
  }
  return "text";
}

std::string_view default_time(sql_dialect dialect) {
  // SQLite's clock has milliseconds; the zeros keep every time comparable as
  // text.
  return dialect == sql_dialect::postgres
             ? "now()"
             : "(strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))";
}

std::string join(const std::vector<std::string_view>& names) {
  std::string all;
  for (auto name : names) {
    if (!all.empty())
      all += ", ";
    all += quote_identifier(name);
  }
  return all;
}

/// @returns whether nothing of ours looks rows up by an index: those of the
/// lines of log by sync or by time alone are for people who ask a Postgres.
bool is_for_others(std::string_view table_name, const table_index& index) {
  return table_name == "task_log" && index.columns.size() == 1;
}

std::string create_statement(const std::string& table_name,
                             const table_index& index) {
  auto name = table_name;
  for (auto column : index.columns)
    name += '_' + std::string{column};
  if (!index.suffix.empty())
    name += '_' + std::string{index.suffix};
  auto out = "CREATE INDEX " + quote_identifier(name + "_idx") + " ON "
             + quote_identifier(table_name) + " (" + join(index.columns) + ")";
  if (!index.where.empty())
    out += " WHERE " + std::string{index.where};
  return out;
}

} // namespace

const std::vector<table>& tables() {
  static const std::vector<table> all = {
      {"source_spec",
       {{"package"},
        {"version"},
        optional("specs", json),
        written_at("timestamp"),
        optional("error")},
       {"package", "version"},
       {}},
      {"source_check",
       {{"package"},
        {"version"},
        {"key"},
        {"status"},
        optional("description"),
        written_at("timestamp")},
       {"key"},
       {}},
      {"source_catalog",
       {{"package"},
        {"version"},
        {"key"},
        optional("catalog", json),
        written_at("timestamp"),
        {"status"},
        optional("description")},
       {"package", "version", "key"},
       {}},
      {"source_config_update",
       {{"package"},
        {"version"},
        {"sync_id"},
        {"key"},
        {"config", json},
        written_at("timestamp")},
       {"package", "version", "sync_id", "key"},
       {}},
      {"source_state",
       {{"sync_id"}, {"stream"}, {"state", json}, written_at("timestamp")},
       {"sync_id", "stream"},
       {}},
      {"source_task",
       {{"sync_id"},
        {"task_id"},
        {"package"},
        {"version"},
        {"started_at", time_kind},
        {"updated_at", time_kind},
        optional("started_by", json),
        {"status"},
        optional("description"),
        optional("metrics", json),
        optional("error")},
       {"task_id"},
       {index_on("sync_id", "started_at"),
        index_on("started_at", "package", "version", "status"),
        index_on("status", "started_at")}},
      {"task_log",
       {{"id", uuid},
        {"level"},
        {"logger"},
        {"message"},
        {"sync_id"},
        {"task_id"},
        written_at("timestamp")},
       {"id"},
       {index_on("sync_id"),
        index_on("task_id", "timestamp"),
        index_on("timestamp"),
        {{"task_id", "timestamp"}, trouble_lines, "trouble"}}},
      {"sync_definition",
       {{"sync_id"},
        {"definition", json},
        {"secrets"},
        {"earlier_secrets", text, true},
        optional("given_secrets"),
        {"version"},
        {"paused", text, true},
        {"next_run_at", time_kind, true},
        {"created_at", time_kind},
        {"updated_at", time_kind},
        optional("last_status"),
        optional("last_success_at", time_kind)},
       {"sync_id"},
       {index_on("next_run_at"),
        {{"sync_id"}, failing_syncs, "failing"},
        {{"sync_id"}, paused_syncs, "paused"}},
       true},
      {"sync_run",
       {{"run_id"},
        {"sync_id"},
        {"trigger"},
        {"due_at", time_kind},
        {"attempt"},
        {"status"},
        {"error", text, true},
        {"follow_up", text, true},
        {"created_at", time_kind},
        {"updated_at", time_kind},
        optional("started_at", time_kind),
        optional("rows"),
        optional("bytes")},
       {"run_id"},
       {index_on("sync_id", "created_at"),
        {{"sync_id"}, active_stages, "active"},
        index_on("follow_up")},
       true},
      {"sync_schema",
       {{"sync_id"},
        {"seen"},
        {"followed", text, true},
        {"baseline"},
        {"selection"},
        {"updated_at", time_kind}},
       {"sync_id"},
       {},
       true},
      {"sync_change",
       {{"change_id"},
        {"sync_id"},
        {"changes"},
        {"action"},
        {"follow_up", text, true},
        {"summary"},
        {"created_at", time_kind}},
       {"change_id"},
       {index_on("sync_id"), index_on("follow_up")},
       true},
      {"sync_left_read",
       {{"run_id"}, {"sync_id"}, {"created_at", time_kind}},
       {"run_id"},
       {},
       true},
      {"sync_table",
       {{"table_id"}, {"sync_id"}, {"place"}, {"updated_at", time_kind}},
       {"table_id"},
       {index_on("sync_id")},
       true},
      {"sync_place",
       {{"sync_id"},
        {"place"},
        {"shown"},
        {"first_run"},
        {"updated_at", time_kind}},
       {"sync_id"},
       {},
       true},
      {"sync_file",
       {{"sync_id"}, {"applied"}, {"updated_at", time_kind}},
       {"sync_id"},
       {},
       true},
      {"sync_notification",
       {{"notification_id"},
        {"sync_id"},
        {"channel"},
        {"body"},
        {"attempts"},
        {"status"},
        {"error", text, true},
        {"due_at", time_kind},
        {"created_at", time_kind},
        {"updated_at", time_kind}},
       {"notification_id"},
       {index_on("sync_id"), index_on("due_at")},
       true},
  };
  return all;
}

const table& table_named(std::string_view name) {
  const auto& all = tables();
  auto found = std::find_if(all.begin(), all.end(),
                            [&](const table& t) { return t.name == name; });
  if (found == all.end())
    throw std::out_of_range{"no table " + std::string{name}};
  return *found;
}

std::vector<std::string> create_statements(const table& wanted,
                                           sql_dialect dialect) {
  const std::string name{wanted.name};
  std::string text_of = "CREATE TABLE " + quote_identifier(name) + " (";
  for (const auto& c : wanted.columns) {
    text_of += quote_identifier(c.name);
    text_of += ' ';
    text_of += type_name(c.kind, dialect);
    if (!c.nullable)
      text_of += " NOT NULL";
    // A time that may be missing is missing until it is known.
    if (c.kind == column_kind::time && !c.nullable) {
      text_of += " DEFAULT ";
      text_of += default_time(dialect);
    }
    text_of += ", ";
  }
  text_of += "CONSTRAINT " + quote_identifier(name + "_pkey") + " PRIMARY KEY ("
             + join(wanted.key) + "))";
  std::vector<std::string> statements = {std::move(text_of)};
  for (const auto& index : wanted.indexes)
    if (dialect == sql_dialect::postgres || !is_for_others(name, index))
      statements.push_back(create_statement(name, index));
  return statements;
}

std::string_view missing_column(const table& wanted,
                                std::span<const std::string> present) {
  for (const auto& c : wanted.columns)
    if (c.essential
        && std::find(present.begin(), present.end(), c.name) == present.end())
      return c.name;
  return {};
}

std::string quote_identifier(std::string_view name) {
  std::string quoted = "\"";
  for (auto c : name) {
    if (c == '"')
      quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

} // namespace motorcade
