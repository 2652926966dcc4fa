#pragma once

#include "runtime/warehouse/open_destination.hpp"
#include "support/database_world.hpp"
#include "support/upload_probe.hpp"

#include <string>
#include <vector>

namespace motorcade::support {

/// A schema of a real Postgres that rows go to, and a look into it.
class postgres_warehouse {
public:
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
                + schema + "." + table
                + "'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY "
                  "attname");
  }

  /// @returns the tables of the schema but for our notes.
  std::vector<std::string> tables() {
    return rows("SELECT relname FROM pg_class WHERE relnamespace = '" + schema
                + "'::regnamespace AND relkind = 'r' AND relname <> "
                  "'_motorcade_commits' ORDER BY 1");
  }

  /// Sends rows as one request, and waits for the answer.
  upload_outcome send(upload_request request,
                      const std::vector<std::string>& lines) {
    upload_probe upload{*to, std::move(request)};
    if (!lines.empty())
      upload.write(lines);
    return upload.finish();
  }

  std::string schema;
  test::world_ptr database;
  destination_ptr to;
};

/// @returns a request that merges by these columns.
inline upload_request keyed(std::string table, std::vector<std::string> key,
                            write_mode mode = write_mode::batch) {
  auto out = request_for(std::move(table), mode);
  out.primary_key = std::move(key);
  return out;
}

} // namespace motorcade::support
