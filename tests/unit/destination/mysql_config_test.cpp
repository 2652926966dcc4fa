#include "runtime/destination/mysql/mysql_config.hpp"
#include "schema/json/json_view.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

namespace {

using variables = std::vector<std::pair<std::string, std::string>>;

/// A config with `more` members.
result<mysql_config> read(const std::string& more) {
  const auto text = R"({"destinationType":"mysql","host":"db","database":"d",)"
                    R"("password":"hush")"
                    + (more.empty() ? "" : "," + more) + "}";
  return read_mysql_config(json_view{text});
}

std::string told(const result<mysql_config>& got) {
  return got ? "it is taken" : got.error().what;
}

} // namespace

TEST_CASE("Jitsu's destinationConfig of MySQL is read") {
  const auto least = read("");
  REQUIRE(least);
  CHECK(least->host == "db");
  CHECK(least->port == 3306);
  CHECK(least->tls == mysql_tls::preferred);
  CHECK(least->location == "db:3306");
  CHECK(least->secrets == std::vector<std::string>{"hush"});
  const auto all = read(
      R"("host":"::1","port":"3307","username":"u","unknown":{},)"
      R"("sslMode":"verify-full","sslServerCA":"/ca.pem","parameters":)"
      R"({"timeout":"1500ms","parseTime":"true","loc":"UTC","charset":"x",)"
      R"("innodb_lock_wait_timeout":50,"tx_isolation":"'READ-COMMITTED'",)"
      R"("a_b":"it's"})");
  REQUIRE(all);
  CHECK(all->location == "[::1]:3307");
  CHECK(all->user == "u");
  CHECK(all->tls == mysql_tls::verified);
  CHECK(all->authority == "/ca.pem");
  CHECK(all->connect_limit == std::chrono::seconds{2});
  CHECK(all->variables
        == variables{{"innodb_lock_wait_timeout", "50"},
                     {"tx_isolation", "'READ-COMMITTED'"},
                     {"a_b", "'it''s'"}});
}

TEST_CASE("certificates may be texts") {
  const auto got =
      read(R"("sslServerCA":"-----BEGIN CERTIFICATE-----\nx",)"
           R"("sslClientKey":"-----BEGIN PRIVATE KEY-----\nhush-key")");
  REQUIRE(got);
  CHECK(std::filesystem::file_size(got->authority) == 29);
  CHECK(std::find(got->secrets.begin(), got->secrets.end(),
                  "-----BEGIN PRIVATE KEY-----\nhush-key")
        != got->secrets.end());
}

TEST_CASE("TLS may be asked for as Go's driver has it") {
  for (const auto& [value, mode] :
       std::vector<std::pair<std::string, mysql_tls>>{
           {"true", mysql_tls::verified},
           {"skip-verify", mysql_tls::required},
           {"preferred", mysql_tls::preferred},
           {"false", mysql_tls::disabled}}) {
    const auto got = read(R"("parameters":{"tls":")" + value + "\"}");
    REQUIRE(got);
    CHECK(got->tls == mode);
  }
  CHECK(read(R"("parameters":{"tls":true})")->tls == mysql_tls::verified);
  // Our own member goes before it.
  CHECK(read(R"("sslMode":"disable","parameters":{"tls":"true"})")->tls
        == mysql_tls::disabled);
}

TEST_CASE("a destinationConfig of MySQL that cannot be used is refused") {
  struct row {
    const char* more;
    const char* told;
  };

  for (const auto& [more, what] : std::vector<row>{
           {R"("host":"")", "host is required"},
           {R"("host":null)", "host is required"},
           {R"("host":"u:hush@h")", "host must be a name"},
           {R"("host":"/run/mysqld.sock")", "host must be a name"},
           {R"("database":"")", "database is required"},
           {R"("port":0)", "port must be"},
           {R"("port":"3306x")", "port must be"},
           {R"("password":["hush"])", "password must be a text"},
           {R"("username":"a\u0000b")", "username holds a NUL"},
           {R"("sslMode":"verify-ca")", "sslMode must be"},
           {R"("parameters":[])", "parameters must be an object"},
           {R"("parameters":{"tls":"hush"})", "parameters: tls must be"},
           {R"("parameters":{"timeout":"soon"})", "parameters: timeout"},
           {R"("parameters":{"a b":1})", "is no variable"},
           {R"("parameters":{"x=1; DROP":1})", "is no variable"},
           {R"("parameters":{"SQL_mode":""})", "SQL_mode is not taken"},
           {R"("parameters":{"collation_connection":"x"})", "is not taken"},
           {R"("parameters":{"a":{}})", "parameters: a must be a text"}}) {
    INFO(more);
    const auto got = read(more);
    CHECK_FALSE(got);
    CHECK_THAT(told(got), ContainsSubstring(what)
                              && ContainsSubstring("destinationConfig: ")
                              && !ContainsSubstring("hush"));
  }
}

TEST_CASE("a URL names a MySQL server") {
  const auto all = read_mysql_url(
      "mariadb://u%40x:p%3Aw@db:3307/d?sslMode=require&timeout=5s&"
      "lock_wait_timeout=7&sslServerCA=/ca.pem");
  REQUIRE(all);
  CHECK(all->user == "u@x");
  CHECK(all->password == "p:w");
  CHECK(all->location == "db:3307");
  CHECK(all->database == "d");
  CHECK(all->tls == mysql_tls::required);
  CHECK(all->authority == "/ca.pem");
  CHECK(all->variables == variables{{"lock_wait_timeout", "7"}});
  ::unsetenv("MYSQL_PWD");
  CHECK(read_mysql_url("mysql://u@h/d")->password.empty());
  ::setenv("MYSQL_PWD", "hush-env", 1);
  CHECK(read_mysql_url("mysql://u@h/d")->password == "hush-env");
  CHECK(read_mysql_url("mysql://u@h/d")->secrets
        == std::vector<std::string>{"hush-env"});
  CHECK(read_mysql_url("mysql://u:p@h/d")->password == "p");
  // A config of a client does not borrow it.
  CHECK(
      read_mysql_config(
          json_view{R"({"destinationType":"mysql","host":"h","database":"d"})"})
          ->password.empty());
  ::unsetenv("MYSQL_PWD");
  for (const auto* wrong :
       {"mysql://u:hush@h", "mysql://u:hush@h/", "mysql://u:hush@/d",
        "mysql://u:hush@h:x/d", "mysql://u:hush@h/d/e",
        "mysql://u:hush@h/d?tls=hush", "mysql://u:hush@h/d?sql_mode=hush"}) {
    INFO(wrong);
    const auto got = read_mysql_url(wrong);
    CHECK_FALSE(got);
    CHECK_THAT(told(got), ContainsSubstring("the destination's URL")
                              && !ContainsSubstring("hush"));
  }
}
