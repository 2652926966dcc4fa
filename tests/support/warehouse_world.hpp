#pragma once

#include "runtime/database/sqlite/sqlite_handle.hpp"
#include "runtime/destination/choice/open_destination.hpp"
#include "support/database_world.hpp"
#include "support/scratch_folder.hpp"
#include "support/upload_probe.hpp"

#include <string>
#include <vector>

namespace motorcade::support {

/// What a warehouse calls the types of columns.
struct type_names {
  std::string boolean;
  std::string integer;
  std::string floating;
  std::string string;
  std::string timestamp;
  std::string json;
};

/// Sends rows as one request, and waits for the answer.
inline upload_outcome send_rows(destination& to, upload_request request,
                                const std::vector<std::string>& lines) {
  upload_probe upload{to, std::move(request)};
  if (!lines.empty())
    upload.write(lines);
  return upload.finish();
}

/// A schema of a real Postgres that rows go to, and a look into it.
class postgres_warehouse {
public:
  inline static const type_names types = {"boolean",
                                          "bigint",
                                          "double precision",
                                          "text",
                                          "timestamp with time zone",
                                          "jsonb"};

  postgres_warehouse()
      : schema{test::fresh_name("w")},
        database{test::postgres_world()},
        to{open(schema)} {}

  ~postgres_warehouse() {
    to.reset();
    database->query("DROP SCHEMA IF EXISTS " + schema + " CASCADE");
  }

  /// @returns a destination of the cluster's own user.
  static destination_ptr open(const std::string& schema,
                              const std::string& task = "t1") {
    destination_settings settings;
    settings.uploads = 4;
    settings.url = test::postgres_address(test::environment("PGUSER"),
                                          test::environment("PGPASSWORD"),
                                          "schema=" + schema);
    auto made = open_destination(settings, "", task);
    if (!made)
      FAIL(made.error().what);
    return *made;
  }

  /// @returns the rows of a query, their columns joined by `|`, NULL as `-`.
  std::vector<std::string> rows(const std::string& query) {
    std::vector<std::string> out;
    for (const auto& row : database->query(query)) {
      auto& text = out.emplace_back();
      for (const auto& cell : row)
        text += (&cell == &row.front() ? "" : "|") + cell.value_or("-");
    }
    return out;
  }

  /// @returns columns and types of a table, by name.
  std::vector<std::string> columns(const std::string& table) {
    return rows("SELECT attname, format_type(atttypid, atttypmod) FROM "
                "pg_attribute WHERE attrelid = '"
                + schema + ".\"" + table
                + "\"'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY "
                  "attname");
  }

  /// @returns the tables of the schema but for our notes.
  std::vector<std::string> tables() {
    return rows("SELECT relname FROM pg_class WHERE relnamespace = '" + schema
                + "'::regnamespace AND relkind = 'r' AND relname NOT "
                  "LIKE '_motorcade%' ORDER BY 1");
  }

  /// @returns an expression that is the column as text.
  static std::string as_text(const std::string& column) {
    return "CAST(" + column + " AS text)";
  }

  /// Sends rows as one request, and waits for the answer.
  upload_outcome send(upload_request request,
                      const std::vector<std::string>& lines) {
    return send_rows(*to, std::move(request), lines);
  }

  std::string schema;
  test::world_ptr database;
  destination_ptr to;
};

/// A real SQLite file that rows go to, and a look into it.
class sqlite_warehouse {
public:
  inline static const type_names types = {"INTEGER", "INTEGER", "REAL",
                                          "TEXT",    "TEXT",    "TEXT"};

  sqlite_warehouse() : to{open()} {}

  destination_ptr open() const {
    destination_settings settings;
    settings.url = "sqlite://" + path();
    auto made = open_destination(settings, "", "t1");
    if (!made)
      FAIL(made.error().what);
    return *made;
  }

  std::string path() const { return folder.path("rows.db"); }

  /// @returns the rows of a query, their columns joined by `|`, NULL as `-`.
  std::vector<std::string> rows(const std::string& query) const {
    std::vector<std::string> out;
    const sqlite_handle file{path()};
    sqlite_statement statement{file.get(), query};
    while (statement.step()) {
      auto& text = out.emplace_back();
      for (int i = 0; i < statement.columns(); ++i)
        text += (i == 0 ? "" : "|")
                + (statement.is_null(i) ? "-" : statement.column(i));
    }
    return out;
  }

  void run(const std::string& statements) const {
    sqlite_handle{path()}.run(statements);
  }

  /// @returns columns and types of a table, by name.
  std::vector<std::string> columns(const std::string& table) const {
    return rows("SELECT name, type FROM pragma_table_info('" + table
                + "') ORDER BY name");
  }

  /// @returns the tables of the file but for our notes.
  std::vector<std::string> tables() const {
    return rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND name "
                "NOT LIKE '_motorcade%' ORDER BY 1");
  }

  static std::string as_text(const std::string& column) { return column; }

  upload_outcome send(upload_request request,
                      const std::vector<std::string>& lines) const {
    return send_rows(*to, std::move(request), lines);
  }

  const std::string schema = "main";
  test::scratch_folder folder;
  destination_ptr to;
};

} // namespace motorcade::support
