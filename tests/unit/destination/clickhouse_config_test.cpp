#include "runtime/destination/clickhouse/clickhouse_config.hpp"
#include "schema/json/json_view.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

using strings = std::vector<std::string>;

namespace {

result<clickhouse_config> read(std::string_view config) {
  return read_clickhouse_config(json_view{config});
}

} // namespace

TEST_CASE("Jitsu's destinationConfig of ClickHouse is read") {
  const auto got = read(R"({"destinationType":"clickhouse","protocol":"http",
    "hosts":["a","b:9123","[::1]:1"],"username":"u","password":"p",
    "database":"d","cluster":"c","parameters":{"max_threads":2,"x":"y"},
    "engine":{"nullableFields":["n"],"orderFields":["a","b`"],
      "primaryKeys":["a"],"partitionFields":[{"function":"toYYYYMM",
      "field":"at"},{"function":"","field":"k"}]},"loadAsJson":true})");
  REQUIRE(got);
  CHECK(got->servers
        == strings{"http://a:8123", "http://b:9123", "http://[::1]:1"});
  CHECK(got->username == "u");
  CHECK(got->password == "p");
  CHECK(got->database == "d");
  CHECK(got->cluster == "c");
  CHECK(got->parameters
        == decltype(got->parameters){{"max_threads", "2"}, {"x", "y"}});
  CHECK(got->nullable_fields == strings{"n"});
  CHECK(got->partition_by == "toYYYYMM(`at`), `k`");
  CHECK(got->order_by == "`a`, `b\\``");
  CHECK(got->primary_key == "`a`");
  CHECK(got->remark.empty());
}

TEST_CASE("the native protocol of ClickHouse becomes HTTP, with a remark") {
  auto got = read(R"({"protocol":"clickhouse","hosts":["h:9000"]})");
  REQUIRE(got);
  CHECK(got->servers == strings{"http://h:8123"});
  CHECK_THAT(got->remark, ContainsSubstring("port 8123"));
  got = read(R"({"protocol":"clickhouse-secure","hosts":["h"]})");
  REQUIRE(got);
  CHECK(got->servers == strings{"https://h:8443"});
  got = read(R"({"hosts":["h"]})");
  REQUIRE(got);
  CHECK(got->servers == strings{"https://h:8443"});
  CHECK(got->remark.empty());
}

TEST_CASE("a destinationConfig of ClickHouse that cannot be used is refused") {
  struct row {
    std::string_view config;
    std::string_view names;
  };

  const row table[] = {
      {R"({})", "hosts is required"},
      {R"({"hosts":[]})", "hosts is required"},
      {R"({"hosts":"h"})", "hosts must be an array"},
      {R"({"hosts":[7]})", "hosts must be an array"},
      {R"({"hosts":["u:hush@h"]})", "hosts must be names"},
      {R"({"hosts":["http://h"]})", "hosts must be names"},
      {R"({"hosts":["h:hush"]})", "hosts must be names"},
      {R"({"hosts":["h:70000"]})", "hosts must be names"},
      {R"({"hosts":["h"],"protocol":"hush"})", "protocol must be"},
      {R"({"hosts":["h"],"password":["hush"]})", "password must be a text"},
      {R"({"hosts":["h"],"parameters":"hush"})", "parameters must be"},
      {R"({"hosts":["h"],"engine":"hush"})", "engine must be an object"},
      {R"({"hosts":["h"],"engine":{"orderFields":"hush"}})",
       "orderFields must be an array"},
      {R"({"hosts":["h"],"engine":{"partitionFields":[{"function":"f(hush",
        "field":"x"}]}})",
       "partitionFields"},
      {R"({"hosts":["h"],"engine":{"partitionFields":[{"function":"f"}]}})",
       "partitionFields"},
  };
  for (const auto& [config, names] : table) {
    INFO(config);
    const auto got = read(config);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == ec::invalid_argument);
    CHECK_THAT(got.error().what, ContainsSubstring(std::string{names}));
    CHECK_THAT(got.error().what, !ContainsSubstring("hush"));
  }
}

TEST_CASE("a URL names a ClickHouse server") {
  auto got = read_clickhouse_url(
      "clickhouse://u%40x:p%3A@h:81/d%20b?async_insert=0&x=a%26b");
  REQUIRE(got);
  CHECK(got->servers == strings{"http://h:81"});
  CHECK(got->username == "u@x");
  CHECK(got->password == "p:");
  CHECK(got->database == "d b");
  CHECK(got->parameters
        == decltype(got->parameters){{"async_insert", "0"}, {"x", "a&b"}});
  got = read_clickhouse_url("clickhouses://h");
  REQUIRE(got);
  CHECK(got->servers == strings{"https://h:8443"});
  CHECK(got->username == "default");
  CHECK(got->database == "default");
  for (const auto* url : {"clickhouse://", "clickhouse://u:hush@",
                          "clickhouse://h:hush", "clickhouse://h/hush/x",
                          "clickhouse://%zz@h", "clickhouse://h?=hush"}) {
    INFO(url);
    const auto refused = read_clickhouse_url(url);
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().what, !ContainsSubstring("hush"));
  }
}
