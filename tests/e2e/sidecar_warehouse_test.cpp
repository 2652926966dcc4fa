// A read whose rows go straight into Postgres, as a Pod of Jitsu's newer
// controllers asks for it.
#include "runtime/task/packed_documents.hpp"
#include "support/airbyte_lines.hpp"
#include "support/holds.hpp"
#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade::test;
using nlohmann::json;

namespace {

json destination_config(const std::string& schema) {
  return {{"destinationType", "postgres"},
          {"host", environment("PGHOST")},
          {"port", std::stoi(environment("PGPORT"))},
          {"database", environment("PGDATABASE")},
          {"username", environment("PGUSER")},
          {"password", environment("PGPASSWORD")},
          {"defaultSchema", schema},
          {"sslMode", "disable"}};
}

json full_refresh() {
  return {
      {"streams",
       {{{"stream",
          {{"name", "users"},
           {"json_schema", {{"properties", {{"id", {{"type", "integer"}}}}}}}}},
         {"sync_mode", "full_refresh"},
         {"destination_sync_mode", "overwrite"}}}}};
}

} // namespace

TEST_CASE(
    "a destinationConfig brings rows into tables, and none empties them") {
  sidecar_world world{postgres_world()};
  const auto schema = fresh_name("rows");
  auto rows = [&] {
    std::string out;
    for (const auto& row :
         world.database().query("SELECT id, o_a, _unmapped_data FROM " + schema
                                + ".users ORDER BY id NULLS LAST"))
      for (const auto& cell : row)
        out += cell.value_or("-") + " ";
    return out;
  };
  world.env.erase("BULKER_URL");
  world.file("destinationConfig.json", destination_config(schema).dump());
  world.catalog(full_refresh());
  auto ended = world.play(status_line("users", "STARTED")
                          + record_line("users", R"({"id":1,"o":{"a":"x"}})")
                          + record_line("users", R"({"id":"y","o":{"a":2}})")
                          + status_line("users", "COMPLETE"));
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(rows() == "1 x - - 2 {\"id\": \"y\"} ");
  CHECK_FALSE(holds(ended.err, environment("PGPASSWORD")));
  // Both given: the config wins. And no row is a table without rows.
  world.env["TASK_ID"] = "t2";
  world.env["BULKER_URL"] = world.bulker.url();
  ended = world.play(status_line("users", "STARTED")
                     + status_line("users", "COMPLETE"));
  CHECK(ended.exit_code == 0);
  CHECK(rows().empty());
  CHECK(world.bulker.requests().empty());
  CHECK(holds(ended.err, "not to BULKER_URL"));
  world.database().query("DROP SCHEMA " + schema + " CASCADE");
}

TEST_CASE("streams that the destination would put into one table are refused") {
  sidecar_world world{postgres_world()};
  const auto schema = fresh_name("rows");
  world.env.erase("BULKER_URL");
  world.env["NAMESPACE"] = "${SOURCE_NAMESPACE}";
  world.file("destinationConfig.json", destination_config(schema).dump());
  // The first has no namespace, and goes to the default schema.
  world.catalog(configured_catalog(
      {"users", {"users", schema}, {"users", "elsewhere"}}, "full_refresh"));
  world.start();
  const auto ended = world.finish();
  CHECK(ended.exit_code != 0);
  const auto task = world.task();
  CHECK(task.status == "FAILED");
  for (const auto& part : {"stream " + schema + ".users: it would share",
                           schema + ".users with the stream users",
                           std::string{"TABLE_NAME_PREFIX"}})
    CHECK(task.error.find(part) != std::string::npos);
  CHECK(task.error.find("elsewhere") == std::string::npos);
}

TEST_CASE("a destinationConfig may be packed, as in a Pod with a large one") {
  sidecar_world world{postgres_world()};
  const auto schema = fresh_name("packed");
  auto config = destination_config(schema);
  // Not read without TLS.
  config["sslServerCA"] = "-----BEGIN CERTIFICATE-----\n"
                          + std::string(2 << 20, 'x')
                          + "\n-----END CERTIFICATE-----\n";
  world.env.erase("BULKER_URL");
  world.env["DESTINATION_CONFIG_FILE"] =
      world.env.at("CONFIG_DIR") + "/destinationConfig.json.zst";
  world.file("destinationConfig.json.zst",
             motorcade::pack_document(config.dump()));
  world.catalog(full_refresh());
  auto ended = world.play(status_line("users", "STARTED")
                          + record_line("users", R"({"id":1})")
                          + status_line("users", "COMPLETE"));
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.database().query("SELECT id FROM " + schema + ".users").size()
        == 1);
  world.database().query("DROP SCHEMA " + schema + " CASCADE");
  // Damaged: told by its name alone.
  world.env["TASK_ID"] = "t2";
  world.file("destinationConfig.json.zst", config.dump());
  ended = world.start().finish();
  CHECK(ended.exit_code == 2);
  CHECK(holds(world.task().error,
              "destinationConfig.json.zst: no packed document"));
}

TEST_CASE("an unsupported destinationType is refused with the ways to it") {
  sidecar_world world{postgres_world()};
  world.file("destinationConfig.json",
             R"({"destinationType":"bigquery","keyFile":"hush-hush"})");
  auto ended = world.start().finish();
  CHECK(ended.exit_code == 2);
  CHECK(world.task().status == "FAILED");
  CHECK(holds(world.task().error, "bigquery"));
  CHECK(holds(world.task().error, "Bulker server"));
  CHECK_FALSE(holds(ended.err + world.task().error, "hush-hush"));
}

TEST_CASE("without a destination the error names both ways to set one") {
  sidecar_world world{postgres_world()};
  world.env.erase("BULKER_URL");
  auto ended = world.start().finish();
  CHECK(ended.exit_code == 2);
  CHECK(holds(world.task().error, "destinationConfig.json"));
  CHECK(holds(world.task().error, "BULKER_URL"));
}

TEST_CASE("a file of SQLite keeps rows, states and the task side by side") {
  sidecar_world world;
  const auto rows = [&] {
    std::string out;
    for (const auto& row :
         world.database().query("SELECT id, v FROM crm_users ORDER BY id"))
      for (const auto& cell : row)
        out += cell.value_or("-") + " ";
    return out;
  };
  // The same file as the task's own database.
  world.env["BULKER_URL"] = world.env["DATABASE_URL"];
  world.env["TABLE_NAME_PREFIX"] = "crm_";
  world.catalog({{"streams",
                  {{{"stream",
                     {{"name", "users"},
                      {"json_schema", json::object()},
                      {"source_defined_primary_key", {{"id"}}}}},
                    {"sync_mode", "incremental"}}}}});
  auto ended = world.play(status_line("users", "STARTED")
                          + record_line("users", R"({"id":1,"v":"a"})")
                          + record_line("users", R"({"id":2,"v":"b"})")
                          + state_line("users", R"({"at":2})")
                          + status_line("users", "COMPLETE"));
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.states().at("users").find('2') != std::string::npos);
  CHECK(rows() == "1 a 2 b ");
  world.env["TASK_ID"] = "t2";
  world.file("state.json", R"([{"type":"STREAM","stream":{"stream_descriptor":)"
                           R"({"name":"users"},"stream_state":{"at":2}}}])");
  ended = world.play(status_line("users", "STARTED")
                     + record_line("users", R"({"id":2,"v":"c"})")
                     + record_line("users", R"({"id":3,"v":"d"})")
                     + state_line("users", R"({"at":3})")
                     + status_line("users", "COMPLETE"));
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(rows() == "1 a 2 c 3 d ");
}

TEST_CASE(
    "Airbyte's columns come with each row, and name values that did not fit") {
  const auto in_postgres = GENERATE(true, false);
  sidecar_world world{in_postgres ? postgres_world() : sqlite_world()};
  const auto schema = fresh_name("meta");
  world.env.erase("BULKER_URL");
  world.env["ADD_META"] = "airbyte";
  if (in_postgres)
    world.file("destinationConfig.json", destination_config(schema).dump());
  else
    world.env["BULKER_URL"] = world.env["DATABASE_URL"];
  auto streams = full_refresh();
  streams["streams"][0]["generation_id"] = 12;
  streams["streams"][0]["minimum_generation_id"] = 12;
  streams["streams"][0]["sync_id"] = 3;
  world.catalog(streams);
  const auto row = [](const std::string& id, const std::string& meta) {
    return R"({"type":"RECORD","record":{"stream":"users","data":{"id":)" + id
           + R"(},"emitted_at":1714564800123)" + meta + "}}\n";
  };
  const auto ended = world.play(
      status_line("users", "STARTED") + row("1", "")
      + row(R"("x")", R"(,"meta":{"changes":[{"field":"name","change":)"
                      R"("TRUNCATED","reason":"SOURCE_RETRIEVAL_ERROR"}]})")
      + status_line("users", "COMPLETE"));
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  const auto table = in_postgres ? schema + ".users" : std::string{"users"};
  const auto rows = world.database().query(
      "SELECT _airbyte_raw_id, _airbyte_extracted_at, _airbyte_generation_id, "
      "_airbyte_meta, _unmapped_data FROM "
      + table + " ORDER BY id NULLS LAST");
  REQUIRE(rows.size() == 2);
  CHECK(rows[0][0] != rows[1][0]);
  for (const auto& one : rows) {
    CHECK(one[0].value_or("").size() == 36);
    CHECK(holds(one[1].value_or(""), "2024-05-01"));
    CHECK(holds(one[1].value_or(""), "12:00:00.123"));
    CHECK(one[2] == "12");
  }
  CHECK(json::parse(rows[0][3].value_or(""))
        == json{{"sync_id", world.env["SYNC_ID"]}, {"changes", json::array()}});
  CHECK(rows[0][4] == std::nullopt);
  CHECK(json::parse(rows[1][3].value_or(""))
        == json{{"sync_id", world.env["SYNC_ID"]},
                {"changes",
                 {{{"field", "name"},
                   {"change", "TRUNCATED"},
                   {"reason", "SOURCE_RETRIEVAL_ERROR"}},
                  {{"field", "id"},
                   {"change", "NULLED"},
                   {"reason", "DESTINATION_TYPECAST_ERROR"}}}}});
  CHECK(json::parse(rows[1][4].value_or("")) == json{{"id", "x"}});
  if (in_postgres)
    world.database().query("DROP SCHEMA " + schema + " CASCADE");
}
