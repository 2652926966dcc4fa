#include "support/database_world.hpp"

#include "runtime/database/sqlite/sqlite_handle.hpp"

#include <catch2/catch_all.hpp>
#include <sqlite3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

using namespace motorcade;
using namespace motorcade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

struct folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / fresh_name("motorcade_sqlite_");

  folder() { std::filesystem::create_directory(path); }

  ~folder() { std::filesystem::remove_all(path); }

  std::string url() const { return "sqlite://" + file().string(); }

  std::filesystem::path file() const { return path / "t.db"; }
};

failure refusal(const std::string& url) {
  auto made = make_database(url);
  if (!made)
    return made.error();
  auto ready = (*made)->prepare();
  return ready ? failure{} : ready.error();
}

} // namespace

TEST_CASE("a new file is its owner's alone, and so are its companions") {
  folder place;
  auto database = prepared(place.url());
  REQUIRE(database->put_states("s", std::vector<state_row>{{"a", "{}"}}));
  for (const auto& entry : std::filesystem::directory_iterator{place.path}) {
    struct stat status = {};
    REQUIRE(::stat(entry.path().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
  }
  CHECK(std::filesystem::exists(place.path / "t.db-wal"));
}

TEST_CASE("a missing folder is named") {
  folder place;
  auto error = refusal("sqlite://" + (place.path / "none" / "t.db").string());
  CHECK(error.code == ec::database_rejected);
  CHECK_THAT(error.what,
             ContainsSubstring("folder of the file does not exist"));
  CHECK(refusal("sqlite:///proc/t.db").code == ec::database_rejected);
  CHECK(refusal("sqlite://" + place.path.string()).code
        == ec::database_rejected);
}

TEST_CASE("a file that is no database is refused and left alone") {
  folder place;
  const std::string content(4096, 'x');
  std::ofstream{place.file()} << content;
  auto error = refusal(place.url());
  CHECK(error.code == ec::database_rejected);
  CHECK_THAT(error.what, ContainsSubstring("not a database"));
  std::ifstream in{place.file()};
  CHECK(std::string{std::istreambuf_iterator<char>{in}, {}} == content);
}

TEST_CASE("a full disk is a failure that may pass") {
  folder place;
  auto database = prepared(place.url());
  REQUIRE(database->put_states("s", std::vector<state_row>{{"a", "1"}}));
  sqlite_handle other{place.file()};
  CHECK(classify_sqlite(SQLITE_FULL) == ec::database_unavailable);
  other.run("PRAGMA max_page_count = 1");
  try {
    other.run("CREATE TABLE big AS SELECT zeroblob(1000000) AS b");
    FAIL("nothing was full");
  } catch (const sqlite_error& e) {
    CHECK(e.code() == ec::database_unavailable);
    CHECK_THAT(e.what(), ContainsSubstring("disk is full"));
  }
}

TEST_CASE("a writer that does not end makes the others wait, then fail") {
  folder place;
  auto database = prepared(place.url());
  sqlite_handle other{place.file()};
  std::vector<state_row> rows = {{"a", "1"}};
  {
    sqlite_transaction blocking{other};
    auto put = database->put_states("s", rows);
    REQUIRE_FALSE(put);
    CHECK(put.error().code == ec::database_unavailable);
    CHECK_THAT(put.error().what, ContainsSubstring("locked"));
  }
  CHECK(database->put_states("s", rows));
}

TEST_CASE("a write that fails leaves nothing behind") {
  folder place;
  auto database = prepared(place.url());
  sqlite_handle other{place.file()};
  other.run("CREATE TRIGGER no BEFORE INSERT ON source_state WHEN NEW.stream "
            "= 'z' BEGIN SELECT RAISE(ABORT, 'no z'); END");
  auto put =
      database->put_states("s", std::vector<state_row>{{"a", "1"}, {"z", "1"}});
  REQUIRE_FALSE(put);
  CHECK(put.error().code == ec::database_rejected);
  CHECK(database->states("s")->empty());
  CHECK(database->put_states("s", std::vector<state_row>{{"a", "1"}}));
}

TEST_CASE("SQLite's codes say whether to try again") {
  for (auto passes : {SQLITE_BUSY, SQLITE_LOCKED, SQLITE_IOERR_WRITE,
                      SQLITE_BUSY_SNAPSHOT, SQLITE_NOMEM})
    CHECK(classify_sqlite(passes) == ec::database_unavailable);
  for (auto stays : {SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_READONLY,
                     SQLITE_CANTOPEN, SQLITE_CONSTRAINT, SQLITE_ERROR})
    CHECK(classify_sqlite(stays) == ec::database_rejected);
}
