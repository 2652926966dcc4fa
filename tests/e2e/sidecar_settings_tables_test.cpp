// The variables of the sidecar that decide names, columns and modes of tables.

#include "support/setting_effects.hpp"
#include "support/table_reader.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade::test;
using motorcade::support::fault;
using nlohmann::json;

TEST_CASE("NAMESPACE begins every table's name towards Bulker") {
  sidecar_world world;
  world.catalog(configured_catalog({{"users", "shop"}}));
  auto row = record_line({"users", "shop"}, R"({"a":1})");
  SECTION("with the stream's own") {
    world.env["NAMESPACE"] = "to_${SOURCE_NAMESPACE}";
    auto request = only_request(world, row);
    CHECK(request.head.query_value("namespace").empty());
    CHECK(request.table == "to_shop_users");
  }
  SECTION("not by default") {
    world.env["NAMESPACE"] = "${LEGACY}";
    auto request = only_request(world, row);
    CHECK(request.head.query_value("namespace").empty());
    CHECK(request.table == "shop.users");
  }
}

TEST_CASE("TABLE_NAME_PREFIX begins every table's name") {
  sidecar_world world;
  world.catalog(configured_catalog({{"users", "shop"}}));
  auto row = record_line({"users", "shop"}, R"({"a":1})");
  SECTION("plain") {
    world.env["TABLE_NAME_PREFIX"] = "raw_";
    CHECK(only_request(world, row).table == "raw_shop.users");
  }
  SECTION("with the stream's namespace") {
    world.env["TABLE_NAME_PREFIX"] = "raw_${SOURCE_NAMESPACE}_";
    CHECK(only_request(world, row).table == "raw_shop_users");
  }
}

TEST_CASE("TO_SAME_CASE makes names lower case") {
  sidecar_world world;
  world.catalog(configured_catalog({"Users"}));
  world.env["TO_SAME_CASE"] = "true";
  auto request = only_request(world, record_line("Users", R"({"A":1})"));
  CHECK(request.table == "users");
  CHECK(request.head.query_value("toSameCase") == "true");
  // An existing row stays as it is.
  CHECK(request.rows == std::vector<std::string>{R"({"A":1})"});
}

TEST_CASE("ADD_META gives every row its time") {
  sidecar_world world;
  world.env["ADD_META"] = "1";
  auto request = only_request(world, one_row + record_line("users", "{ }"));
  REQUIRE(request.rows.size() == 2);
  CHECK(request.rows[0].find(R"({"n":1,"_jitsu_timestamp":"20)") == 0);
  CHECK(json::parse(request.rows[1]).at("_jitsu_timestamp").is_string());
}

TEST_CASE("DEDUPLICATE sends the primary key unless it is false") {
  sidecar_world world;
  auto catalog = configured_catalog({"users"});
  catalog["streams"][0]["stream"]["source_defined_primary_key"] = {{"id"},
                                                                   {"day"}};
  world.catalog(catalog);
  auto value = GENERATE("", "true", "false");
  world.env["DEDUPLICATE"] = value;
  auto request = only_request(world);
  std::vector<std::string> columns;
  for (const auto& [name, column] : request.head.query)
    if (name == "pk")
      columns.push_back(column);
  if (std::string{value} == "false")
    CHECK(columns.empty());
  else
    CHECK(columns == std::vector<std::string>{"id", "day"});
}

TEST_CASE("FULL_SYNC replaces tables although there is a state") {
  sidecar_world world;
  world.catalog(configured_catalog({"users"}, "incremental"));
  world.file("state.json", R"({"type":"STREAM","stream":{"stream_descriptor":)"
                           R"({"name":"users"},"stream_state":{}}})");
  auto full = GENERATE("true", "false");
  world.env["FULL_SYNC"] = full;
  CHECK(only_request(world).head.query_value("mode")
        == (std::string{full} == "true" ? "replace_table" : "batch"));
}

TEST_CASE("STRICT_RECORD_COUNT saves no state that counts too many") {
  for (const auto* value : {"true", "false"}) {
    sidecar_world world;
    world.catalog(configured_catalog({"users"}, "incremental"));
    world.env["STRICT_RECORD_COUNT"] = value;
    world.play(
        one_row
        + R"({"type":"STATE","state":{"type":"STREAM","stream":{)"
          R"("stream_descriptor":{"name":"users"},"stream_state":{"a":1}},)"
          R"("sourceStats":{"recordCount":3.0}}})"
          "\n");
    CHECK(world.task().of("users") == "PARTIAL");
    CHECK(world.states().count("users")
          == (value == std::string{"true"} ? 0 : 1));
  }
}
