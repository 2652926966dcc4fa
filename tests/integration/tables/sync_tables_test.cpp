#include "controller/tables/filled_tables.hpp"

#include "support/cpu_meter.hpp"
#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;

namespace {

const std::string discovered =
    R"({"streams":[{"name":"users","namespace":"public","json_schema":{},"supported_sync_modes":["full_refresh"]},)"
    R"({"name":"Or.ders","json_schema":{},"supported_sync_modes":["full_refresh"]}]})";

sync_definition sync_with(const std::string& more) {
  return get(parse_sync(R"({"source":{"package":"p","version":"1","config":{}})"
                            + (more.empty() ? "" : "," + more) + "}",
                        "crm"));
}

std::vector<std::string> names_of(const std::vector<sync_table>& tables) {
  std::vector<std::string> out;
  out.reserve(tables.size());
  for (const auto& one : tables)
    out.push_back(one.shown.name);
  return out;
}

using names = std::vector<std::string>;

const table_world here{true, "/data/rows", "file:///data/%C3%BC%20tables"};

} // namespace

TEST_CASE("tables are named as tasks name them") {
  struct example {
    std::string more;
    names tables;
    std::string location;
  };

  const std::vector<example> examples{
      {R"("destination":{"destinationType":"sqlite","path":"rows.db"},)"
       R"("options":{"tableNamePrefix":"crm_"})",
       {"crm_public_users", "crm_Or_ders"},
       "/data/rows/rows.db, crm_public_users"},
      {R"("destination":{"destinationType":"postgres","host":"db","database":"d","username":"u","password":"hunter2-hunter2"},)"
       R"("options":{"namespace":"${SOURCE_NAMESPACE}","toSameCase":true})",
       {"public.users", "or_ders"},
       "db:5432/d, public.users"},
      {R"("destination":{"destinationType":"file","folder":"out"})",
       {"public.users", "Or.ders"},
       "/data/rows/out/public.users.ndjson.zst"},
      {"",
       {"public.users", "Or.ders"},
       "/data/\xc3\xbc tables/public.users.ndjson.zst"},
  };
  for (const auto& [more, tables, location] : examples) {
    INFO(more);
    const auto sync = sync_with(more);
    const auto place = place_of(sync, here);
    CHECK(place.unreadable.empty());
    const auto found = get(tables_of(sync, discovered, place));
    CHECK(names_of(found) == tables);
    CHECK(found.at(0).shown.location == location);
    for (const auto& one : found) {
      CHECK(one.shown.unreadable.empty());
      CHECK(one.shown.location.find("hunter2") == std::string::npos);
    }
  }
}

TEST_CASE("a thousand streams have their tables at once") {
  constexpr int count = 1000;
  std::string streams;
  for (int i = 0; i < count; ++i) {
    std::string columns;
    for (int j = 0; j < 20; ++j)
      columns += (j == 0 ? "\"c" : ",\"c") + std::to_string(j)
                 + R"(":{"type":["null","string"]})";
    streams += (i == 0 ? R"({"name":"s)" : R"(,{"name":"s)") + std::to_string(i)
               + R"(","json_schema":{"properties":{)" + columns
               + R"(}},"supported_sync_modes":["full_refresh"]})";
  }
  const auto catalog = R"({"streams":[)" + streams + "]}";
  const auto sync = sync_with(
      R"("destination":{"destinationType":"sqlite","path":"rows.db"})");
  const cpu_meter cpu;
  CHECK(cpu.least([&] {
    const auto place = place_of(sync, here);
    CHECK(get(tables_of(sync, catalog, place)).size() == count);
  }) < std::chrono::milliseconds{100});
}

TEST_CASE("it is said why rows cannot be read back") {
  const auto reason = [](const std::string& destination,
                         const table_world& world) {
    return place_of(sync_with(destination), world).unreadable;
  };
  table_world cluster;
  const auto sqlite =
      R"("destination":{"destinationType":"sqlite","path":"/data/rows.db"})";
  CHECK(reason(sqlite, cluster).find("Pod") != std::string::npos);
  // Beyond the folder of rows nothing is read.
  CHECK(reason(sqlite, here).find("/data/rows") != std::string::npos);
  CHECK(reason(R"("destination":{"destinationType":"sqlite","path":"../x.db"})",
               here)
            .find("path")
        != std::string::npos);
  CHECK(
      reason(
          R"("destination":{"destinationType":"clickhouse","hosts":["a"],"database":"d"})",
          here)
          .find("ClickHouse")
      != std::string::npos);
  // A socket would log in as the user of syncctl.
  for (const auto& world : {here, cluster})
    CHECK(
        reason(
            R"("destination":{"destinationType":"postgres","host":"/run","database":"d"})",
            world)
            .find("host")
        != std::string::npos);
  CHECK(reason("", cluster).find("Bulker") != std::string::npos);
}
