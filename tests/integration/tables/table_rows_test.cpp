#include "runtime/destination/postgres/postgres_link.hpp"
#include "runtime/table_rows/file_rows_reader.hpp"
#include "runtime/table_rows/postgres_rows_reader.hpp"
#include "runtime/table_rows/sqlite_rows_reader.hpp"
#include "schema/task/tables.hpp"
#include "support/database_world.hpp"
#include "support/records_world.hpp"
#include "support/scratch_folder.hpp"

#include <sqlite3.h>
#include <sys/stat.h>
#include <zstd.h>

#include <catch2/catch_all.hpp>

#include <cstring>
#include <filesystem>
#include <fstream>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

using names = std::vector<std::string>;

/// Runs statements on a file of SQLite.
void run(const std::string& path, const std::string& text) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
  char* error = nullptr;
  const auto status =
      sqlite3_exec(handle, text.c_str(), nullptr, nullptr, &error);
  INFO((error == nullptr ? "" : error));
  CHECK(status == SQLITE_OK);
  sqlite3_free(error);
  sqlite3_close(handle);
}

/// @returns the first column of the rows; NULL as `-`.
names first_of(const table_page& page) {
  names out;
  for (const auto& row : page.rows)
    out.push_back(row.at(0).value_or("-"));
  return out;
}

/// Appends a frame of zstd to a file.
void append(const std::string& path, const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), 0);
  packed.resize(
      ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
  std::ofstream{path, std::ios::binary | std::ios::app} << packed;
}

postgres_config config_of(const std::string& schema) {
  postgres_config out;
  out.connect = {{"host", environment("PGHOST")},
                 {"port", environment("PGPORT")},
                 {"user", environment("PGUSER")},
                 {"password", environment("PGPASSWORD")},
                 {"dbname", environment("PGDATABASE")}};
  out.default_schema = schema;
  out.location = "there";
  return out;
}

} // namespace

TEST_CASE("the newest rows of SQLite are those that were inserted last") {
  const scratch_folder folder;
  const auto path = (folder.path() / "rows.db").string();
  CHECK(get(read_sqlite_rows(path, "users", {})).columns.empty());
  run(path,
      "PRAGMA journal_mode = WAL; CREATE TABLE \"us\"\"ers\" (id INTEGER, "
      "\"na me\" TEXT, b BLOB)");
  for (int i = 0; i < 5; ++i)
    run(path, R"(INSERT INTO "us""ers" VALUES ()" + std::to_string(i)
                  + ", NULL, x'ff00')");
  CHECK(get(read_sqlite_rows(path, "none", {})).columns.empty());
  auto page = get(read_sqlite_rows(path, "us\"ers", {.rows = 3}));
  CHECK(page.columns == names{"id", "na me", "b"});
  CHECK(first_of(page) == names{"4", "3", "2"});
  CHECK_FALSE(page.rows[0][1]);
  CHECK(page.more);
  CHECK(page.order == "inserted");
  page = get(read_sqlite_rows(path, "us\"ers", {.rows = 5}));
  CHECK_FALSE(page.more);
  // Nothing was written, and nothing can be.
  run(path, "CREATE TABLE timed (id TEXT, _jitsu_timestamp TEXT); INSERT INTO "
            "timed VALUES ('new', '2026-01-02'), ('old', '2026-01-01')");
  page = get(read_sqlite_rows(path, "timed", {}));
  CHECK(first_of(page) == names{"new", "old"});
  CHECK(page.order == "_jitsu_timestamp");
  run(path, "CREATE TABLE keyed (id TEXT PRIMARY KEY) WITHOUT ROWID; INSERT "
            "INTO keyed VALUES ('a')");
  CHECK(get(read_sqlite_rows(path, "keyed", {})).order == "none");
  // A view may do anything.
  run(path, "CREATE VIEW looks AS SELECT id FROM keyed");
  CHECK(get(read_sqlite_rows(path, "looks", {})).columns.empty());
  CHECK(get(read_sqlite_rows(path, "sqlite_schema", {})).columns.empty());
}

TEST_CASE("what is no regular file is not opened") {
  const scratch_folder folder;
  const auto path = (folder.path() / "pipe").string();
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  for (const auto& page :
       {read_sqlite_rows(path, "t", {}), read_file_rows(path, {}),
        read_sqlite_rows(folder.path().string(), "t", {}),
        read_file_rows(folder.path().string(), {})}) {
    REQUIRE_FALSE(page);
    CHECK(page.error().code == ec::service_unavailable);
    CHECK(page.error().what.find("no regular file") != std::string::npos);
  }
}

TEST_CASE("a table of many columns shows fewer rows") {
  const scratch_folder folder;
  const auto path = (folder.path() / "rows.db").string();
  run(path, "CREATE TABLE t (a, b, c); INSERT INTO t VALUES (1, 1, 1), (2, 2, "
            "2), (3, 3, 3), (4, 4, 4)");
  auto page = get(read_sqlite_rows(path, "t", {.values = 7}));
  CHECK(first_of(page) == names{"4", "3"});
  CHECK(page.more);
  CHECK(get(read_sqlite_rows(path, "t", {.values = 1})).rows.size() == 1);
  const auto lines = (folder.path() / "rows.zst").string();
  append(lines, "{\"a\":1,\"b\":1}\n{\"a\":2}\n{\"a\":3}\n");
  page = get(read_file_rows(lines, {.values = 5}));
  CHECK(first_of(page) == names{"3", "2"});
  CHECK(page.more);
  const auto world = postgres_world();
  const auto schema = *world->query("SELECT current_schema()").at(0).at(0);
  world->query("CREATE TABLE wide AS SELECT n AS a, n AS b FROM "
               "generate_series(1, 5) n");
  page =
      get(read_postgres_rows(config_of(schema), schema, "wide", {.values = 6}));
  CHECK(page.rows.size() == 3);
  CHECK(page.more);
}

TEST_CASE("huge rows of a file are passed over, and take no memory") {
  const scratch_folder folder;
  const auto path = (folder.path() / "rows.zst").string();
  const auto row = [](int id, size_t size) {
    return R"({"id":)" + std::to_string(id) + R"(,"text":")"
           + std::string(size, 'x') + "\"}\n";
  };
  append(path, row(1, 10) + row(2, 2 << 20) + row(3, 10));
  auto page = get(read_file_rows(path, {}));
  CHECK(first_of(page) == names{"3", "1"});
  CHECK(page.more);
  // Of 40 rows of 900 KB some are kept.
  for (int id = 4; id < 44; ++id)
    append(path, row(id, 900'000));
  page = get(read_file_rows(path, {}));
  CHECK(page.rows.size() == 18);
  CHECK(page.rows.at(0).at(0) == "43");
  CHECK(page.rows.at(0).at(1)->size() == 1000 + std::strlen("…"));
  CHECK(page.more);
}

TEST_CASE("long values and many columns are cut") {
  const scratch_folder folder;
  const auto path = (folder.path() / "rows.db").string();
  run(path, "CREATE TABLE t (a TEXT, b TEXT, c TEXT); INSERT INTO t VALUES "
            "('\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4', 'abc', 'x')");
  const auto page =
      get(read_sqlite_rows(path, "t", {.characters = 3, .columns = 2}));
  CHECK(page.columns == names{"a", "b"});
  CHECK(page.rows.at(0).at(0) == "\xc3\xa4\xc3\xa4\xc3\xa4\xe2\x80\xa6");
  CHECK(page.rows.at(0).at(1) == "abc");
}

TEST_CASE("a file that is no database is told by its name") {
  const scratch_folder folder;
  const auto path = (folder.path() / "rows.db").string();
  std::ofstream{path} << "this is no database, but it is long enough for one";
  const auto page = read_sqlite_rows(path, "t", {});
  REQUIRE_FALSE(page);
  CHECK(page.error().code == ec::service_unavailable);
  CHECK(page.error().what.find(path) != std::string::npos);
}

TEST_CASE("rows of Postgres are read, and nothing else can be done") {
  const auto world = postgres_world();
  const auto schema = *world->query("SELECT current_schema()").at(0).at(0);
  const auto config = config_of(schema);
  CHECK(get(read_postgres_rows(config, schema, "users", {})).columns.empty());
  world->query(R"(CREATE TABLE "us""ers" (id int, "na me" jsonb))");
  world->query("INSERT INTO \"us\"\"ers\" SELECT n, '{\"a\": 1}' FROM "
               "generate_series(1, 5) n");
  auto page = get(read_postgres_rows(config, schema, "us\"ers", {.rows = 3}));
  CHECK(page.columns == names{"id", "na me"});
  CHECK(page.rows.size() == 3);
  CHECK(page.rows[0][1] == "{\"a\": 1}");
  CHECK(page.more);
  CHECK(page.order == "none");
  world->query("CREATE TABLE timed (id text, _airbyte_extracted_at "
               "timestamptz)");
  world->query("INSERT INTO timed VALUES ('old', now() - interval '1 day'), "
               "('new', now()), ('none', NULL)");
  page = get(read_postgres_rows(config, schema, "timed", {}));
  CHECK(first_of(page) == names{"new", "old", "none"});
  CHECK(page.order == "_airbyte_extracted_at");
  // A view may do anything.
  world->query("CREATE VIEW looks AS SELECT 1 AS id");
  CHECK(get(read_postgres_rows(config, schema, "looks", {})).columns.empty());
  // A lock is waited for no longer than the limit.
  const interruption never;
  auto locks = get(postgres_link::connect(config, "test", {}, never));
  get(locks->run("BEGIN; LOCK TABLE " + quote_identifier(schema) + ".timed"));
  const auto locked =
      read_postgres_rows(config, schema, "timed", {.time = 200ms});
  get(locks->run("ROLLBACK"));
  REQUIRE_FALSE(locked);
  CHECK(locked.error().code == ec::service_unavailable);
  // Nobody listens there.
  auto away = config;
  away.connect["host"] = "127.0.0.1";
  away.connect["port"] = "1";
  const auto lost = read_postgres_rows(away, schema, "timed", {});
  REQUIRE_FALSE(lost);
  CHECK(lost.error().code == ec::service_unavailable);
  CHECK(lost.error().what.find(environment("PGPASSWORD")) == std::string::npos);
  auto wrong = config;
  wrong.connect["password"] = "hunter2-hunter2";
  const auto refused = read_postgres_rows(wrong, schema, "timed", {});
  if (!refused) {
    CHECK(refused.error().code == ec::service_unavailable);
    CHECK(refused.error().what.find("hunter2") == std::string::npos);
  }
}

TEST_CASE("the last rows of a file are shown, the last one first") {
  const scratch_folder folder;
  const auto path = (folder.path() / "users.ndjson.zst").string();
  CHECK(get(read_file_rows(path, {})).columns.empty());
  append(path, "{\"id\":1,\"name\":\"one\"}\n{\"id\":2}\n");
  append(path, "{\"id\":3,\"name\":null,\"more\":{\"a\":[1]}}\n");
  auto page = get(read_file_rows(path, {}));
  CHECK(page.columns == names{"id", "name", "more"});
  CHECK(first_of(page) == names{"3", "2", "1"});
  CHECK(page.rows[0][2] == "{\"a\":[1]}");
  CHECK_FALSE(page.rows[0][1]);
  CHECK(page.rows[2]
        == std::vector<std::optional<std::string>>{"1", "one", {}});
  CHECK(page.order == "inserted");
  CHECK_FALSE(page.more);
  page = get(read_file_rows(path, {.rows = 2}));
  CHECK(first_of(page) == names{"3", "2"});
  CHECK(page.more);
  // No time at all: what was read so far.
  page = get(read_file_rows(path, {.time = -1ms}));
  CHECK(page.order == "none");
  CHECK(page.more);
  std::ofstream{path, std::ios::binary | std::ios::app} << "no zstd";
  CHECK_FALSE(read_file_rows(path, {}));
}
