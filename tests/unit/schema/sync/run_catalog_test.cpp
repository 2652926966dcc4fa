#include "schema/sync/run_catalog.hpp"

#include <nlohmann/json.hpp>

#include <catch2/catch_all.hpp>

#include <string>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

const std::string discovered = R"({"streams":[
  {"name":"users","namespace":"public","supported_sync_modes":["full_refresh","incremental"],
   "source_defined_cursor":true,"source_defined_primary_key":[["id"]],
   "json_schema":{"type":"object","properties":{"id":{"type":"integer"},
     "name":{"type":"string"},"updated_at":{"type":"string"}}}},
  {"name":"orders","namespace":null,"supported_sync_modes":["full_refresh","incremental"],
   "json_schema":{"type":"object","properties":{"id":{"type":"integer"},
     "day":{"type":"string"},"total":{"type":"number"}}}},
  {"name":"old","json_schema":{}}]})";

sync_definition sync_of(const std::string& streams) {
  auto out = parse_sync(
      R"({"source":{"package":"p","version":"1","config":{}},"streams":)"
          + streams + "}",
      "crm");
  REQUIRE(out);
  return *out;
}

json catalog_of(const std::string& streams) {
  auto made = make_run_catalog(discovered, sync_of(streams));
  REQUIRE(made);
  CHECK(made->gone.empty());
  return json::parse(made->json)["streams"];
}

std::string fault(const std::string& streams) {
  auto made = make_run_catalog(discovered, sync_of(streams));
  return made ? "" : made.error().what;
}

} // namespace

TEST_CASE("all streams are read as they are announced") {
  const auto streams = catalog_of(R"("all")");
  REQUIRE(streams.size() == 3);
  CHECK(streams[0]["sync_mode"] == "incremental");
  CHECK(streams[0]["destination_sync_mode"] == "append_dedup");
  CHECK(streams[1]["sync_mode"] == "full_refresh");
}

TEST_CASE("chosen streams are read as they were chosen") {
  auto streams = catalog_of(
      R"([{"name":"users","namespace":"public","syncMode":"full_refresh"}])");
  REQUIRE(streams.size() == 1);
  CHECK(streams[0]["sync_mode"] == "full_refresh");
  CHECK(streams[0]["destination_sync_mode"] == "overwrite");
  CHECK_FALSE(streams[0].contains("cursor_field"));

  streams = catalog_of(
      R"([{"name":"orders","syncMode":"incremental","cursorField":"day"}])");
  CHECK(streams[0]["cursor_field"] == json{"day"});
  CHECK(streams[0]["destination_sync_mode"] == "append");

  streams = catalog_of(
      R"([{"name":"orders","syncMode":"incremental","cursorField":"day","primaryKey":["id"]}])");
  CHECK(streams[0]["destination_sync_mode"] == "append_dedup");
  CHECK(streams[0]["primary_key"] == json{json{"id"}});
  // By this one the table is keyed.
  CHECK(streams[0]["stream"]["source_defined_primary_key"] == json{json{"id"}});
}

TEST_CASE("streams are chosen among any that a connector can announce") {
  for (const auto* odd : {R"("description":"\ud800")", R"("maximum":1e400)"}) {
    const auto made = make_run_catalog(
        R"({"streams":[{"name":"users","json_schema":{"properties":{"id":{)"
            + std::string{odd} + "}}}}]}",
        sync_of(R"([{"name":"users"}])"));
    REQUIRE(made);
    CHECK(made->gone.empty());
    CHECK(json::parse(made->json)["streams"].size() == 1);
  }
}

TEST_CASE("columns that were not chosen are read no more") {
  const auto streams = catalog_of(
      R"([{"name":"orders","syncMode":"incremental","cursorField":"day","columns":["total"]},
          {"name":"users","namespace":"public","columns":["name"]}])");
  json columns = json::array();
  for (const auto& [name, one] :
       streams[1]["stream"]["json_schema"]["properties"].items())
    columns.push_back(name);
  // Cursor and key stay.
  CHECK(columns == json{"day", "total"});
  CHECK(streams[0]["stream"]["json_schema"]["properties"].size() == 2);
  // So that the sidecar leaves out what the connector sends all the same.
  CHECK(streams[0]["selected_columns"] == json{"id", "name"});
  CHECK(streams[1]["selected_columns"] == json{"day", "total"});
}

TEST_CASE(
    "the keys of a stream are never among the columns that are left out") {
  for (const auto& mode : {"full_refresh", "incremental"}) {
    INFO(mode);
    // The connector's own key, which is not chosen, and one that is.
    auto streams = catalog_of(
        R"([{"name":"users","namespace":"public","columns":["name"],"syncMode":")"
        + std::string{mode} + R"("}])");
    CHECK(streams[0]["selected_columns"] == json{"id", "name"});
    streams = catalog_of(
        R"([{"name":"orders","columns":["total"],"primaryKey":["id","day"],
             "cursorField":"day","syncMode":")"
        + std::string{mode} + R"("}])");
    CHECK(streams[0]["selected_columns"] == json{"day", "id", "total"});
  }
  CHECK_FALSE(
      catalog_of(R"([{"name":"orders"}])")[0].contains("selected_columns"));
}

TEST_CASE("a key or cursor that a stream does not have is refused") {
  const std::string catalog = R"({"streams":[
    {"name":"s","supported_sync_modes":["full_refresh","incremental"],
     "json_schema":{"properties":{"id":{"type":"integer"},"user_id":{},
       "at":{"properties":{"day":{},"open":{"type":"object"},
                           "any":{"properties":{}}}}}}},
    {"name":"bare","supported_sync_modes":["full_refresh","incremental"],
     "json_schema":{"type":"object","properties":{}}},
    {"name":"none","supported_sync_modes":["full_refresh","incremental"],
     "json_schema":{}}]})";

  struct row {
    const char* stream;
    const char* choice;
    /// Empty: it can be read.
    const char* fault;
  };

  const row rows[] = {
      {"s", R"("primaryKey":["id"],"cursorField":"user_id")", ""},
      {"s", R"("primaryKey":[["at","day"],"id"])", ""},
      {"s", R"("primaryKey":[["at","open","x"]])", ""},
      {"s", R"("cursorField":["at","any","x"])", ""},
      {"s", R"("primaryKey":["userid"])",
       R"(stream "s" has no column "userid", which its primaryKey names, did you mean "user_id"? There are "id", "user_id", "at")"},
      {"s", R"("primaryKey":["id",["at","hour"]])",
       R"(has no column "at.hour", which its primaryKey names; there are "day", "open", "any")"},
      {"s", R"("cursorField":"updated","syncMode":"incremental")",
       R"(has no column "updated", which its cursorField names)"},
      {"s", R"("cursorField":["at","x"])",
       R"(has no column "at.x", which its cursorField)"},
      // Even if the stream is read whole.
      {"s", R"("cursorField":"updated","syncMode":"full_refresh")",
       "has no column"},
      {"bare", R"("primaryKey":["x"],"cursorField":"y")", ""},
      {"none", R"("primaryKey":["x"],"cursorField":"y")", ""},
  };
  for (const auto& one : rows) {
    INFO(one.stream << ' ' << one.choice);
    const auto made = make_run_catalog(
        catalog, sync_of(std::string{R"([{"name":")"} + one.stream + "\","
                         + one.choice + "}]"));
    CHECK(bool{made} == (*one.fault == '\0'));
    if (!made)
      CHECK_THAT(made.error().what, ContainsSubstring(one.fault));
  }
}

TEST_CASE("a choice that cannot be read is refused by name") {
  struct row {
    const char* streams;
    const char* part;
  };

  const row rows[] = {
      {R"([{"name":"orders","syncMode":"incremental"}])",
       "stream \"orders\" needs a cursorField"},
      {R"([{"name":"old","syncMode":"incremental"}])",
       "stream \"old\" cannot be read as incremental"},
      {R"([{"name":"orders","columns":["nope"]}])",
       R"(stream "orders" has no column "nope")"},
      {R"([{"name":"old","columns":["id"]}])", "announces no columns"},
      {R"([{"name":"gone"}])",
       "the one stream that this sync reads is gone from the source: \"gone\""},
  };
  for (const auto& one : rows) {
    INFO(one.streams);
    CHECK_THAT(fault(one.streams), ContainsSubstring(one.part));
  }
}

TEST_CASE("of many streams that are all gone the first are named") {
  std::vector<std::string> gone;
  gone.reserve(13);
  for (int i = 0; i < 13; ++i)
    gone.push_back("s" + std::to_string(i));
  CHECK_THAT(describe_gone_streams(gone, discovered),
             ContainsSubstring("all 13 streams")
                 && ContainsSubstring(R"("s9" and 3 more; it has)"));
  CHECK_THAT(describe_gone_streams({}, discovered),
             ContainsSubstring("had no stream when this sync")
                 && ContainsSubstring("follow_all"));
}

TEST_CASE(
    "chosen streams that are gone are reported, and the others are read") {
  auto made = make_run_catalog(
      discovered,
      sync_of(R"([{"name":"gone","namespace":"public"},{"name":"orders"}])"));
  REQUIRE(made);
  CHECK(made->gone == std::vector<std::string>{"public.gone"});
  CHECK(json::parse(made->json)["streams"].size() == 1);
}
