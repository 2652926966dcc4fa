// What warehouses do when the disk of their tables is full, with real servers:
// the request is told as one that may pass, leaves nothing, and passes as soon
// as there is room.
#include "support/mysql_world.hpp"

#include <catch2/catch_all.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

using namespace motorcade;
using namespace motorcade::support;
using Catch::Matchers::ContainsSubstring;

using strings = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {

/// @returns rows of more bytes than the small disk has, which no server packs.
/// Each lies in one page of InnoDB: MariaDB 10.11 dies if the disk is full
/// while it writes a text that lies beside its row.
strings large_rows() {
  constexpr size_t rows = 4'000;
  constexpr size_t row_bytes = 3'000;
  uint64_t state = 88'172'645'463'325'252;
  strings out;
  for (size_t id = 0; id < rows; ++id) {
    std::string text(row_bytes, ' ');
    for (auto& c : text) {
      // xorshift
      state ^= state << 13U;
      state ^= state >> 7U;
      state ^= state << 17U;
      constexpr std::string_view letters =
          "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-";
      c = letters[state % letters.size()];
    }
    out.push_back(R"({"id":)" + std::to_string(id) + R"(,"v":")" + text
                  + R"("})");
  }
  return out;
}

/// Makes a folder on the small disk that belongs to the owner of another one:
/// a server's.
fs::path folder_for(const std::string& owner_of) {
  auto out =
      fs::path{test::environment("SMALL_DISK")} / test::fresh_name("disk");
  fs::create_directory(out);

  struct stat owner {};

  REQUIRE(::stat(owner_of.c_str(), &owner) == 0);
  // Only root may give something away; else it is the server's own user.
  if (owner.st_uid != ::geteuid())
    REQUIRE(::chown(out.c_str(), owner.st_uid, owner.st_gid) == 0);
  return out;
}

/// Fills the disk by a request, and sees the next one through.
template <class World>
void fill_and_go_on(World& world, destination& to, const std::string& told) {
  const auto full = send_rows(to, request_for("t"), large_rows());
  CHECK(code_of(full) == ec::destination_unavailable);
  CHECK_THAT(reason(full), ContainsSubstring(told));
  CHECK(world.tables().empty());
  // Nothing of it takes room any more.
  commit(send_rows(to, request_for("t"), {R"({"id":7,"v":"x"})"}));
  const auto again = send_rows(to, request_for("t"), large_rows());
  CHECK(code_of(again) == ec::destination_unavailable);
  CHECK(world.rows("SELECT id, v FROM " + world.schema + ".t")
        == strings{"7|x"});
  CHECK(world.tables() == strings{"t"});
}

} // namespace

TEST_CASE(
    "a full disk of Postgres is reported, and the table stays as it was") {
  postgres_warehouse world;
  const auto user = '"' + test::environment("PGUSER") + '"';
  const auto place = test::fresh_name("small");
  const auto folder =
      folder_for(world
                     .rows("SELECT setting FROM pg_settings WHERE name = "
                           "'data_directory'")
                     .at(0));
  world.database->query("CREATE TABLESPACE " + place + " LOCATION '"
                        + folder.string() + "'");
  world.database->query("ALTER ROLE " + user + " SET default_tablespace TO "
                        + place);
  auto to = postgres_warehouse::open(world.schema);
  fill_and_go_on(world, *to, "the server's disk is full");
  to.reset();
  world.database->query("ALTER ROLE " + user + " RESET default_tablespace");
  world.database->query("DROP SCHEMA " + world.schema + " CASCADE");
  world.database->query("DROP TABLESPACE " + place);
}

TEST_CASE("a full disk of MariaDB is reported, and the table stays as it was") {
  mysql_warehouse world;
  const auto data = world.rows("SELECT @@datadir").at(0);
  // A database is a folder.
  fs::create_directory_symlink(folder_for(data), data + world.schema);
  fill_and_go_on(world, *world.to, "the server's disk is full");
}

TEST_CASE("a full disk of SQLite is reported, and the table stays as it was") {
  struct world {
    fs::path folder =
        fs::path{test::environment("SMALL_DISK")} / test::fresh_name("disk");
    std::string path = folder / "rows.db";
    std::string schema = "main";

    world() { fs::create_directory(folder); }

    ~world() { fs::remove_all(folder); }

    world(const world&) = delete;
    world& operator=(const world&) = delete;

    strings rows(const std::string& query) const {
      strings out;
      const sqlite_handle file{path};
      sqlite_statement statement{file.get(), query};
      while (statement.step())
        out.push_back(
            statement.column(0)
            + (statement.columns() > 1 ? '|' + statement.column(1) : ""));
      return out;
    }

    strings tables() const {
      return rows("SELECT name FROM sqlite_schema WHERE type = 'table' AND "
                  "name <> '_motorcade_commits' ORDER BY 1");
    }
  };

  world place;
  destination_settings settings;
  settings.url = "sqlite://" + place.path;
  auto to = open_destination(settings, "", "t1");
  REQUIRE(to);
  fill_and_go_on(place, **to, "the disk is full");
}
