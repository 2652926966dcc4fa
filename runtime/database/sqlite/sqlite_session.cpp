#include "runtime/database/sqlite/sqlite_session.hpp"

#include <array>

namespace motorcade {

namespace {

/// The tables of a read, which must have their columns before it starts.
constexpr std::array<std::string_view, 3> written_tables = {
    "source_state", "source_task", "task_log"};

std::vector<const table*> missing_tables(sqlite_handle& handle) {
  std::vector<const table*> missing;
  sqlite_statement find{handle.get(),
                        "SELECT 1 FROM sqlite_master WHERE name = ?"};
  for (const auto& t : tables()) {
    if (t.on_demand)
      continue;
    find.bind(1, t.name);
    if (!find.step())
      missing.push_back(&t);
    find.reset();
  }
  return missing;
}

void create(sqlite_handle& handle, const table& wanted) {
  for (const auto& statement : create_statements(wanted, sql_dialect::sqlite))
    handle.run(statement);
}

/// Runs a statement to its end.
std::vector<sql_row> rows_of(sqlite_handle& handle, const sql_statement& made) {
  sqlite_statement statement{handle.get(), made.text};
  int number = 0;
  for (const auto& parameter : made.parameters)
    statement.bind(++number, parameter);
  std::vector<sql_row> rows;
  while (statement.step()) {
    auto& row = rows.emplace_back();
    for (int i = 0; i < statement.columns(); ++i)
      row.push_back(statement.column(i));
  }
  return rows;
}

} // namespace

void sqlite_session::open() {
  auto opened = std::make_unique<sqlite_handle>(path_);
  // Has SQLite overwrite what it deletes: changed configs of connectors lie
  // unencrypted in a table until syncctl has sealed them, and must not be
  // readable in the file afterwards.
  opened->run("PRAGMA secure_delete = ON");
  if (!missing_tables(*opened).empty()) {
    sqlite_transaction transaction{*opened};
    for (const auto* t : missing_tables(*opened))
      create(*opened, *t);
    transaction.commit();
  }
  tables_.clear();
  handle_ = std::move(opened);
  try {
    for (auto name : written_tables)
      table_of(name);
  } catch (...) {
    handle_.reset();
    throw;
  }
}

const sql_table& sqlite_session::table_of(std::string_view name) {
  auto known = tables_.find(name);
  if (known != tables_.end())
    return known->second;
  const auto& wanted = table_named(name);
  if (wanted.on_demand) {
    sqlite_transaction transaction{*handle_};
    sqlite_statement find{handle_->get(),
                          "SELECT 1 FROM sqlite_master WHERE name = ?"};
    find.bind(1, name);
    if (!find.step()) {
      find.reset();
      create(*handle_, wanted);
    }
    find.reset();
    transaction.commit();
  }
  sqlite_statement list{handle_->get(),
                        "SELECT name, type FROM pragma_table_info(?)"};
  list.bind(1, name);
  sql_table found{quote_identifier(name), {}};
  std::vector<std::string> present;
  while (list.step()) {
    present.push_back(list.column(0));
    found.types[present.back()] = list.column(1);
  }
  auto missing = missing_column(wanted, present);
  if (!missing.empty())
    throw sqlite_error{ec::database_rejected,
                       "table " + std::string{name}
                           + " exists without the column "
                           + std::string{missing}};
  return tables_[std::string{name}] = std::move(found);
}

result<std::vector<sql_row>> sqlite_session::run(std::string_view table,
                                                 const statement_maker& make) {
  return attempt(table, [&](sqlite_handle& handle) {
    return result<std::vector<sql_row>>{rows_of(handle, make(table_of(table)))};
  });
}

result<std::vector<std::vector<sql_row>>>
sqlite_session::run_together(std::span<const std::string>,
                             std::string_view table,
                             const statements_maker& make) {
  return attempt(table, [&](sqlite_handle& handle) {
    const auto statements = make(table_of(table));
    sqlite_transaction transaction{handle};
    std::vector<std::vector<sql_row>> out;
    out.reserve(statements.size());
    for (const auto& one : statements)
      out.push_back(rows_of(handle, one));
    transaction.commit();
    return result<std::vector<std::vector<sql_row>>>{std::move(out)};
  });
}

} // namespace motorcade
