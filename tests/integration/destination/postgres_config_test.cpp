// How a URL or a destinationConfig leads to a Postgres, and what is refused.
#include "runtime/destination/postgres/postgres_config.hpp"
#include "support/warehouse_world.hpp"

#include <catch2/catch_all.hpp>

#include <cstdlib>
#include <string>

using namespace motorcade;
using namespace motorcade::support;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a destinationConfig of Jitsu leads to Postgres") {
  postgres_warehouse world;
  const auto config = [&](const std::string& more) {
    return R"({"destinationType":"postgres","host":")"
           + test::environment("PGHOST") + R"(","port":)"
           + test::environment("PGPORT") + R"(,"database":")"
           + test::environment("PGDATABASE") + R"(","username":")"
           + test::environment("PGUSER") + R"(","password":")"
           + test::environment("PGPASSWORD") + R"(","defaultSchema":")"
           + world.schema + R"(","parameters":{"statement_timeout":"60s",)"
           + R"("connect_timeout":"20"},"unknown":1)" + more + "}";
  };
  const auto send = [&](const std::string& text) {
    destination_settings settings;
    settings.url = "http://bulker:1";
    auto made = open_destination(settings, text, "t1");
    REQUIRE(made);
    CHECK_THAT((*made)->locate(request_for("a.t")),
               Catch::Matchers::StartsWith("postgres://")
                   && Catch::Matchers::EndsWith(world.schema + ".a_t")
                   && !ContainsSubstring("http"));
    upload_probe upload{**made, request_for("a.t", write_mode::replace_table)};
    upload.write({R"({"id":1})"});
    return upload.finish();
  };
  commit(send(config(R"(,"sslMode":"disable")")));
  // Debian's Postgres has an unsigned certificate.
  commit(send(config("")));
  const auto unsigned_one = send(config(R"(,"sslMode":"verify-full",)"
                                        R"("sslServerCA":"/etc/hostname")"));
  CHECK(code_of(unsigned_one) == ec::invalid_argument);
}

TEST_CASE("messages name the server that is used") {
  const auto location = [](const std::string& url) {
    const auto config = read_postgres_destination_url(url);
    REQUIRE(config);
    CHECK(config->connect.at("port")
          == config->location.substr(config->location.find(':') + 1, 4));
    return config->location;
  };
  // The environment of this test names a server, as a person's may.
  const auto port = test::environment("PGPORT");
  const auto host = test::environment("PGHOST");
  const auto database = test::environment("PGDATABASE");
  REQUIRE(::setenv("PGPORT", "7777", 1) == 0);
  REQUIRE(::setenv("PGHOST", "other", 1) == 0);
  REQUIRE(::setenv("PGDATABASE", "app", 1) == 0);
  CHECK(location("postgres://u@h/d") == "h:7777/d");
  CHECK(location("postgres://u@h:5433/d") == "h:5433/d");
  CHECK(location("postgres:///d") == "other:7777/d");
  CHECK(location("postgres://u@h") == "h:7777/app");
  // A config says all of it itself.
  auto config = read_postgres_config(
      json_view{R"({"host":"h","database":"d","username":"u"})"});
  REQUIRE(config);
  CHECK(config->location == "h:5432/d");
  CHECK(config->connect.at("port") == "5432");
  REQUIRE(::unsetenv("PGPORT") == 0);
  CHECK(location("postgres://u@h/d") == "h:5432/d");
  REQUIRE(::setenv("PGPORT", port.c_str(), 1) == 0);
  REQUIRE(::setenv("PGHOST", host.c_str(), 1) == 0);
  REQUIRE(::setenv("PGDATABASE", database.c_str(), 1) == 0);
}

TEST_CASE("a URL may end with a slash") {
  const auto port = test::environment("PGPORT");
  for (const auto* url : {"postgres://u@h/d/", "postgres://u@h/d//?schema=s"}) {
    const auto config = read_postgres_destination_url(url);
    REQUIRE(config);
    CHECK(config->connect.at("dbname") == "d");
    CHECK(config->location == "h:" + port + "/d");
  }
  const auto none = read_postgres_destination_url("postgres://u@h/");
  REQUIRE(none);
  CHECK(none->location == "h:" + port + '/' + test::environment("PGDATABASE"));
}

TEST_CASE("configs that cannot be used are refused in words") {
  const auto refused = [](const std::string& config,
                          const std::string& url = {}) {
    destination_settings settings;
    settings.url = url;
    auto made = open_destination(settings, config, "t1");
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ec::invalid_argument);
    CHECK_THAT(made.error().what, !ContainsSubstring("hush"));
    return made.error().what;
  };
  CHECK_THAT(refused(""), ContainsSubstring("destinationConfig.json")
                              && ContainsSubstring("BULKER_URL"));
  CHECK_THAT(refused("{}"), ContainsSubstring("BULKER_URL"));
  CHECK_THAT(refused("[hush"), ContainsSubstring("no JSON object"));
  CHECK_THAT(refused(R"({"destinationType":"snowflake","password":"hush"})"),
             ContainsSubstring("snowflake") && ContainsSubstring("postgres")
                 && ContainsSubstring("Bulker server")
                 && ContainsSubstring("Airbyte destination connector"));
  CHECK_THAT(refused(R"({"destinationType":"postgres","password":"hush"})"),
             ContainsSubstring("host is required"));
  const auto with = [](const std::string& more, const std::string& host = "h") {
    return R"({"destinationType":"postgres","host":")" + host
           + R"(","database":"d","username":"u","password":"hush",)" + more
           + "}";
  };
  CHECK_THAT(refused(with(R"("sslMode":"prefer")")),
             ContainsSubstring("sslMode"));
  CHECK_THAT(refused(with(R"("authenticationMethod":"iam")")),
             ContainsSubstring("authenticationMethod"));
  CHECK_THAT(refused(with(R"("parameters":{"a b":"x"})")),
             ContainsSubstring("parameters"));
  // What says where Postgres is, or lends the operator's credentials.
  for (const auto* name : {"passfile", "service", "sslkey", "host", "hostaddr",
                           "user", "sslcert", "sslrootcert"})
    CHECK_THAT(
        refused(with(R"("parameters":{")" + std::string{name} + R"(":"x"})")),
        ContainsSubstring(std::string{"parameters: "} + name));
  CHECK_THAT(refused(with(R"("port":5432)", "postgres://u:hush@h")),
             ContainsSubstring("host must be a name"));
  CHECK_THAT(refused(with(R"("host":"other")")),
             ContainsSubstring("host is there twice"));
  CHECK_THAT(refused("", "postgres://u:hush@x@h/d"),
             ContainsSubstring("more than one"));
  CHECK_THAT(refused(R"({"destinationType":"file","folder":"x"})"),
             ContainsSubstring("absolute path"));
}
