#include "runtime/database/database.hpp"
#include "runtime/database/database_url.hpp"
#include "runtime/database/postgres/postgres_connection.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>

using namespace motorcade;

namespace {

bool holds(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("search_path and schema are taken out of the URL, the rest stays") {
  auto url = parse_postgres_url(
      "postgresql://u:secret@db.example:6543/app?sslmode=disable&"
      "search_path=bulker,Public%2C%22My%20%22%22Schema%22%2C%22a%2Cb%22&"
      "schema=Console&connect_timeout=3");
  REQUIRE(url);
  CHECK(url->schemas
        == names{"bulker", "public", "My \"Schema", "a,b", "Console"});
  CHECK_FALSE(holds(url->connect, "search_path"));
  CHECK_FALSE(holds(url->connect, "schema"));
  CHECK(holds(url->connect, "?sslmode=disable&connect_timeout=3&"));
  CHECK_FALSE(holds(url->connect, "connect_timeout=10"));
  CHECK(url->location == "db.example:6543/app");
}

TEST_CASE("a URL without limits gets them") {
  auto url = parse_postgres_url("postgres://u@h/d");
  REQUIRE(url);
  for (auto part : {"connect_timeout=10", "tcp_user_timeout=20000",
                    "keepalives_idle=10", "keepalives_interval=3",
                    "keepalives_count=3", "application_name=motorcade-sidecar"})
    CHECK(holds(url->connect, part));
  auto own = parse_postgres_url("postgres://u@h/d?keepalives_idle=60");
  REQUIRE(own);
  CHECK(holds(own->connect, "keepalives_idle=60"));
  CHECK_FALSE(holds(own->connect, "keepalives_idle=10"));
}

TEST_CASE("a location names every host and no user") {
  auto many = parse_postgres_url("postgres://user:pw@a:1,[::1]:2/db");
  REQUIRE(many);
  CHECK(many->location == "a:1,[::1]:2/db");
  auto unnamed = parse_postgres_url("postgres://someone@h:1");
  REQUIRE(unnamed);
  CHECK(holds(unnamed->location, "h:1/"));
}

TEST_CASE("the password is masked in both of its spellings") {
  auto url =
      parse_postgres_url("postgres://u:p%40ss@h/p%40ss?sslpassword=zz99");
  REQUIRE(url);
  CHECK(url->location == "h:5432/***");
  CHECK(mask("say p@ss, p%40ss and zz99", url->secrets)
        == "say ***, *** and ***");
  // By chance they stand in any text.
  CHECK(mask("a short report", {"o", "por"}) == "a short report");
}

TEST_CASE("a URL that cannot be read is refused without repeating it") {
  for (const auto* bad : {"",
                          "postgres",
                          "mysql://u:hushhush@h/d",
                          "postgres:/u:hushhush@h",
                          "POSTGRES://u:hushhush@h/d",
                          "postgres://u:hush%zzhush@h/d",
                          "postgres://u:hushhush%00@h/d",
                          "postgres://u:hushhush@[::1/d",
                          "postgres://u:hushhush@h/d?hushhush=1",
                          "postgres://u:x@h/d?hushhush",
                          "postgres://u:x@h/d?sslmode=%hushhush",
                          "postgres://u:x@h/d?search_path=%22hushhush",
                          "postgres://u:pa?hushhush",
                          "postgres://u:hushhush/x@h:1/d",
                          "postgres://u:x/hushhush@h/d",
                          "postgres://u:hushhush",
                          "postgres://u:hushhush/d",
                          "sqlite://hushhush",
                          "sqlite:hushhush",
                          "sqlite:///",
                          "sqlite:///hushhush/",
                          "sqlite:///hushhush?mode=ro",
                          "sqlite:///hushhush%zz",
                          "sqlite:///hushhush%00"}) {
    INFO(bad);
    auto made = make_database(bad);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ec::invalid_argument);
    CHECK_FALSE(holds(made.error().what, "hushhush"));
    CHECK(holds(made.error().what, "DATABASE_URL"));
    CHECK_FALSE(holds(made.error().what, "\n"));
  }
}

TEST_CASE("a password may hold a question mark") {
  auto url = parse_postgres_url("postgres://u:a?b@h/d?schema=s");
  REQUIRE(url);
  CHECK(url->location == "h:5432/d");
  CHECK(url->schemas == names{"s"});
  CHECK(std::find(url->secrets.begin(), url->secrets.end(), "a?b")
        != url->secrets.end());
}

TEST_CASE("an SQLite URL names an absolute path") {
  auto path = parse_sqlite_url("sqlite:///var/lib/a%20b/t%3F.db");
  REQUIRE(path);
  CHECK(*path == "/var/lib/a b/t?.db");
  auto made = make_database("sqlite:///var/lib/x.db");
  REQUIRE(made);
  CHECK((*made)->locate() == "sqlite file /var/lib/x.db");
}

TEST_CASE("making a database does not connect") {
  auto made = make_database("postgres://u:pw@127.0.0.1:1/d?schema=x");
  REQUIRE(made);
  CHECK((*made)->locate() == "127.0.0.1:1/d");
}

TEST_CASE("an SQLSTATE says whether to try again") {
  for (auto passes : {"08006", "40001", "40P01", "53100", "53300", "57014",
                      "57P01", "57P03", "55P03", "25006"})
    CHECK(classify_sqlstate(passes) == ec::database_unavailable);
  for (auto stays :
       {"22P02", "22P05", "23505", "42501", "42P01", "42P10", "54000", "3D000"})
    CHECK(classify_sqlstate(stays) == ec::database_rejected);
}

TEST_CASE("failures to connect are classified") {
  const std::string head =
      "connection to server at \"h\" (10.0.0.1), port 5432 failed: ";
  for (auto wrong :
       {R"(FATAL:  password authentication failed for user "u")",
        R"(FATAL:  no pg_hba.conf entry for host "x", user "u")",
        R"(FATAL:  database "x" does not exist)",
        R"(FATAL:  role "u" does not exist)", "FATAL:  no such user: u",
        R"(FATAL:  role "u" is not permitted to log in)",
        "fe_sendauth: no password supplied",
        "server does not support SSL, but SSL was required"})
    CHECK(classify_connect(head + wrong) == ec::database_rejected);
  CHECK(classify_connect("invalid sslmode value: \"x\"")
        == ec::database_rejected);
  for (auto passing :
       {"Connection refused\n\tIs the server running on that host?",
        "No such file or directory", "timeout expired",
        "FATAL:  the database system is starting up",
        "FATAL:  the database system is shutting down",
        "FATAL:  sorry, too many clients already", "Network is unreachable",
        "session is read-only"})
    CHECK(classify_connect(head + passing) == ec::database_unavailable);
  CHECK(classify_connect("could not translate host name \"h\" to address")
        == ec::database_unavailable);
}
