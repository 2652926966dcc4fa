// The trial of a MySQL: what it does there, and what it tells.
#include "runtime/destination/trial.hpp"
#include "support/mysql_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::support;
using Catch::Matchers::ContainsSubstring;

using strings = std::vector<std::string>;

namespace {

const trial_request trial{"sync", "t1", ""};

/// @returns why the place cannot be used.
std::string told(destination& to, const trial_request& what = trial) {
  const auto tried = try_destination(to, what, [] { return false; });
  return tried ? "it can be used" : tried.error().what;
}

} // namespace

TEST_CASE("a trial makes the database of the namespace, as a read would") {
  mysql_warehouse world;
  auto elsewhere = trial;
  elsewhere.target_namespace = test::fresh_name("n");
  CHECK(told(*world.to, elsewhere) == "it can be used");
  CHECK(world.rows("SELECT count(*) FROM information_schema.TABLES WHERE "
                   "TABLE_SCHEMA = '"
                   + elsewhere.target_namespace + "'")
        == strings{"0"});
  // It is there, and can be dropped.
  world.rows("DROP DATABASE " + elsewhere.target_namespace);
}

TEST_CASE("a trial names what is missing, and no password") {
  mysql_warehouse world;
  world.rows("CREATE DATABASE " + world.schema);

  struct row {
    std::string grants;
    std::string parameters;
    std::string told;
  };

  for (const auto& [grants, parameters, words] : std::vector<row>{
           {"", "", "create the database"},
           {"SELECT ON " + world.schema + ".*", "", "grant the user SELECT"},
           {"SELECT, INSERT, CREATE, ALTER, DROP ON " + world.schema + ".*", "",
            "grant the user SELECT, INSERT"},
           {"ALL PRIVILEGES ON " + world.schema + ".*",
            "?sslMode=verify-full&sslServerCA="
                + percent_encode(test::environment("MYSQL_CA")),
            "sslServerCA"},
           {"ALL PRIVILEGES ON " + world.schema + ".*", "",
            "it can be used"}}) {
    INFO(grants << parameters);
    const auto user = test::fresh_name("poor");
    world.rows("CREATE USER '" + user + "'@'%' IDENTIFIED BY 'hush-poor'");
    if (!grants.empty())
      world.rows("GRANT " + grants + " TO '" + user + "'@'%'");
    destination_settings settings;
    settings.url = mysql_address(user, "hush-poor", world.schema + parameters);
    // A name that the certificate is not for.
    if (!parameters.empty())
      settings.url.replace(settings.url.find("@localhost"), 10, "@127.1");
    const auto to = open_destination(settings, "", "t1");
    REQUIRE(to);
    CHECK_THAT(told(**to),
               ContainsSubstring(words) && !ContainsSubstring("hush"));
    world.rows("DROP USER '" + user + "'@'%'");
    CHECK(world.tables().empty());
  }
}

TEST_CASE("a table that the user may make and not drop is named") {
  mysql_warehouse world;
  world.rows("CREATE DATABASE " + world.schema);
  const auto user = test::fresh_name("keep");
  world.rows("CREATE USER '" + user + "'@'%' IDENTIFIED BY 'hush-keep'");
  // All but DROP.
  world.rows("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX ON "
             + world.schema + ".* TO '" + user + "'@'%'");
  destination_settings settings;
  settings.url = mysql_address(user, "hush-keep", world.schema);
  const auto to = open_destination(settings, "", "t1");
  REQUIRE(to);
  const auto words = told(**to);
  world.rows("DROP USER '" + user + "'@'%'");
  const auto left = world.tables();
  REQUIRE_FALSE(left.empty());
  CHECK_THAT(words, ContainsSubstring("DROP command denied")
                        && ContainsSubstring("motorcade_check_")
                        && !ContainsSubstring("hush"));
}
