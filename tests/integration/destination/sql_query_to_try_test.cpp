// The commands that `sidecar run` prints so that a person can look at the rows.

#include "runtime/destination/choice/open_destination.hpp"
#include "support/upload_probe.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::support;

TEST_CASE("a query to try names the table, is quoted, and has no password") {
  struct look {
    std::string url;
    std::string table;
    std::string to_try;
  };

  for (const auto& one :
       {look{"postgres://loader:hush@db.example:5433/land", "users",
             R"(psql 'postgres://db.example:5433/land' -c )"
             R"('TABLE "public"."users" LIMIT 10')"},
        look{"postgres://loader:hush@db.example:5432/la%27nd", "o'ur \"list\"",
             R"(psql 'postgres://db.example:5432/la'\''nd' -c )"
             R"('TABLE "public"."o_ur _list_" LIMIT 10')"},
        look{"mysql://loader:hush@localhost:3306/land", "users",
             "mysql --protocol=TCP --host='localhost' --port=3306 "
             "--user='loader' --password --execute='SELECT * FROM "
             "`land`.`users` LIMIT 10'"},
        look{"mariadb://lo%27ader:hush@db.example:3307/x%60y%27z", "users",
             "mysql --protocol=TCP --host='db.example' --port=3307 "
             "--user='lo'\\''ader' --password --execute='SELECT * FROM "
             "`x``y'\\''z`.`users` LIMIT 10'"},
        look{"clickhouse://loader:hush@db.example:8123/land", "users",
             "curl 'http://db.example:8123' --user 'loader' --data-binary "
             "'SELECT * FROM `land`.`users` LIMIT 10 FORMAT PrettyCompact'"},
        look{"sqlite:///data/o%27ur.db", "users",
             R"(sqlite3 '/data/o'\''ur.db' )"
             R"('SELECT * FROM "users" LIMIT 10')"},
        look{"file:///data/o'ut", "users",
             R"(zstdcat '/data/o'\''ut/users.ndjson.zst' | head)"},
        look{"http://bulker.example:3042", "users", ""}}) {
    INFO(one.url);
    destination_settings settings;
    settings.url = one.url;
    settings.auth_token = "hush";
    const auto to = open_destination(settings, "", "t1");
    INFO((to ? "" : to.error().what));
    REQUIRE(to);
    CHECK((*to)->query_to_try(request_for(one.table)) == one.to_try);
  }
}
