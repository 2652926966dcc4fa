#include "runtime/table_rows/sqlite_rows_reader.hpp"

#include "runtime/database/sqlite/sqlite_handle.hpp"
#include "schema/task/tables.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <memory>

namespace motorcade {

namespace {

using clock = std::chrono::steady_clock;

/// Instructions of SQLite's machine between two looks at the clock.
constexpr int steps = 1000;

struct closer {
  void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
};

using handle_ptr = std::unique_ptr<sqlite3, closer>;

/// Opens the file for reading alone. Throws sqlite_error.
handle_ptr open(const std::string& path, const table_look& look) {
  sqlite3* opened = nullptr;
  const auto status =
      sqlite3_open_v2(path.c_str(), &opened,
                      SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_ptr out{opened};
  if (status != SQLITE_OK)
    throw sqlite_error{opened, status};
  sqlite3_busy_timeout(opened, static_cast<int>(look.time.count()));
  sqlite_statement{opened, "PRAGMA query_only = 1"}.step();
  // Functions and views of the file itself get no rights.
  sqlite_statement{opened, "PRAGMA trusted_schema = 0"}.step();
  return out;
}

/// Ends statements of a connection that take too long.
class time_limit {
public:
  time_limit(sqlite3* handle, std::chrono::milliseconds time)
      : handle_{handle}, end_{clock::now() + time} {
    sqlite3_progress_handler(
        handle_, steps,
        [](void* self) {
          return clock::now() > static_cast<time_limit*>(self)->end_ ? 1 : 0;
        },
        this);
  }

  ~time_limit() { sqlite3_progress_handler(handle_, 0, nullptr, nullptr); }

  time_limit(const time_limit&) = delete;
  time_limit& operator=(const time_limit&) = delete;

private:
  sqlite3* handle_;
  clock::time_point end_;
};

/// What the file says of a table.
struct found_table {
  std::vector<std::string> columns;
  bool has_rowid = false;
};

/// Views, virtual tables and SQLite's own tables have no columns here: the
/// first two may do anything.
found_table look_at(sqlite3* handle, const std::string& table) {
  found_table out;
  sqlite_statement kind{handle,
                        "SELECT wr = 0 FROM pragma_table_list WHERE schema = "
                        "'main' AND name = ? COLLATE NOCASE AND type = "
                        "'table' AND name NOT LIKE 'sqlite^_%' ESCAPE '^'"};
  kind.bind(1, table);
  if (!kind.step())
    return out;
  out.has_rowid = kind.column(0) == "1";
  sqlite_statement list{handle, "SELECT name FROM pragma_table_info(?)"};
  list.bind(1, table);
  while (list.step())
    out.columns.push_back(list.column(0));
  return out;
}

std::string order_of(const found_table& table) {
  for (const auto* name : time_columns)
    if (std::find(table.columns.begin(), table.columns.end(), name)
        != table.columns.end())
      return name;
  return table.has_rowid ? "inserted" : "none";
}

table_page read(sqlite3* handle, const std::string& table,
                const found_table& found, const std::string& order,
                const table_look& look) {
  table_page out;
  out.order = order;
  std::string text;
  for (const auto& name : found.columns) {
    if (out.columns.size() == look.columns)
      break;
    out.columns.push_back(name);
    // One more character than is shown tells whether it is cut.
    text += (text.empty() ? "SELECT substr(CAST(" : ", substr(CAST(")
            + quote_identifier(name) + " AS TEXT), 1, "
            + std::to_string(look.characters + 1) + ")";
  }
  text += " FROM " + quote_identifier(table);
  if (order == "inserted")
    text += " ORDER BY rowid DESC";
  else if (order != "none")
    text += " ORDER BY " + quote_identifier(order) + " DESC";
  const auto most = look.rows_of(out.columns.size());
  text += " LIMIT " + std::to_string(most + 1);
  const time_limit limit{handle, look.time};
  sqlite_statement rows{handle, text};
  while (rows.step()) {
    if (out.rows.size() == most) {
      out.more = true;
      break;
    }
    auto& row = out.rows.emplace_back();
    for (int i = 0; i < rows.columns(); ++i)
      row.push_back(rows.is_null(i)
                        ? std::optional<std::string>{}
                        : cut_value(rows.column(i), look.characters));
  }
  return out;
}

} // namespace

result<table_page> read_sqlite_rows(const std::string& path,
                                    const std::string& table,
                                    const table_look& look) {
  if (const auto there = find_regular(path); !there)
    return there.error();
  else if (!*there)
    return table_page{};
  try {
    const auto handle = open(path, look);
    const auto found = look_at(handle.get(), table);
    if (found.columns.empty())
      return table_page{};
    const auto order = order_of(found);
    try {
      return read(handle.get(), table, found, order, look);
    } catch (const sqlite_error&) {
      // Too many rows to be ordered in time.
      if (order == "none"
          || (sqlite3_errcode(handle.get()) & 0xff) != SQLITE_INTERRUPT)
        throw;
      return read(handle.get(), table, found, "none", look);
    }
  } catch (const sqlite_error& error) {
    return failure{ec::service_unavailable,
                   "the file " + path + " cannot be read: " + error.what()};
  }
}

} // namespace motorcade
