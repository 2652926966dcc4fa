#include "schema/sync/sync_definition.hpp"

#include "schema/sync/hidden_values.hpp"

#include <nlohmann/json.hpp>

#include <catch2/catch_all.hpp>

#include <string>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

namespace {

const std::string whole = R"({
  "source": {"package": "airbyte/source-demo", "version": "1",
             "config": {"api_key": "hunter2-hunter2", "n": 18446744073709551615}},
  "destination": {"destinationType": "sqlite", "path": "rows.db"},
  "streams": [{"name": "users", "namespace": "public", "syncMode": "incremental",
               "cursorField": "updated_at", "primaryKey": ["id", ["a", "b"]],
               "columns": ["id", "name"]}, {"name": "orders"}],
  "schedule": {"cron": "15 * * * *", "timezone": "Europe/Berlin"},
  "options": {"tableNamePrefix": "crm_", "namespace": "raw", "toSameCase": true,
              "addMeta": "airbyte", "deduplicate": false, "debug": true},
  "retries": {"delaysSeconds": [5, 10], "pauseAfter": 3},
  "labels": {"team": "data"}})";

std::string fault(const std::string& body) {
  auto parsed = parse_sync(body, "crm");
  return parsed ? "" : parsed.error().what;
}

/// @returns a definition with one more member.
std::string with(const std::string& member) {
  return R"({"source":{"package":"p","version":"1","config":{}},)" + member
         + "}";
}

} // namespace

TEST_CASE("a value that would be rounded is refused with its place") {
  CHECK(
      fault(R"({"source":{"config":{"a":[1,12345678901234567890123]}}})")
      == "source.config.a[1] is a whole number beyond 64 bits, which would be "
         "rounded; send it as a text");
}

TEST_CASE("a definition is read whole") {
  auto sync = parse_sync(whole, "crm");
  REQUIRE(sync);
  CHECK(sync->package == "airbyte/source-demo");
  CHECK(sync->version == "1");
  CHECK_THAT(sync->config, ContainsSubstring("18446744073709551615"));
  CHECK_THAT(sync->destination, ContainsSubstring("rows.db"));
  REQUIRE(sync->streams);
  REQUIRE(sync->streams->size() == 2);
  const auto& users = sync->streams->front();
  CHECK(users.name == "users");
  CHECK(users.name_space == "public");
  CHECK(users.sync_mode == "incremental");
  CHECK(users.cursor_field == std::vector<std::string>{"updated_at"});
  CHECK(users.primary_key
        == std::vector<std::vector<std::string>>{{"id"}, {"a", "b"}});
  CHECK(users.columns == std::vector<std::string>{"id", "name"});
  CHECK(sync->options.table_name_prefix == "crm_");
  CHECK(sync->options.target_namespace == "raw");
  CHECK(sync->options.to_same_case);
  CHECK(sync->options.add_meta == row_meta::airbyte);
  CHECK_FALSE(sync->options.deduplicate);
  CHECK(sync->options.debug);
  CHECK(sync->retries.delays
        == std::vector<std::chrono::seconds>{std::chrono::seconds{5},
                                             std::chrono::seconds{10}});
  CHECK(sync->retries.pause_after == 3);
  CHECK(sync->labels.at("team") == "data");
}

TEST_CASE("members that are left out have their defaults") {
  auto sync = parse_sync(
      R"({"source":{"package":"p","version":"1","config":{}},"destination":null,)"
      R"("schedule":null,"streams":"all"})",
      "crm");
  REQUIRE(sync);
  CHECK_FALSE(sync->streams);
  CHECK(sync->destination.empty());
  CHECK(sync->schedule.empty());
  CHECK(sync->options.deduplicate);
  CHECK(sync->retries.delays.size() == 3);
  CHECK(sync->retries.pause_after == 10);
}

TEST_CASE("a fault of a definition is reported with its place") {
  struct row {
    std::string body;
    const char* part;
  };

  const row rows[] = {
      {"{}", "source is missing"},
      {R"({"source":7})", "source must be an object"},
      {R"({"source":{}})", "source.package is missing"},
      {R"({"source":{"package":"p"}})", "source.version is missing"},
      {R"({"source":{"package":"p","version":""}})", "source.version is empty"},
      {R"({"source":{"package":"p","version":"1"}})",
       "source.config is missing"},
      {R"({"source":{"package":"p","version":"1","config":[]}})",
       "source.config must be an object"},
      {R"({"source":{"package":"p","version":"1","config":{},"image":"x"}})",
       "\"source.image\" is not known; known are package, version, config"},
      {with(R"("shedule":null)"), "\"shedule\" is not known"},
      {with(R"("labels":{},"labels":{})"), "labels is there twice"},
      {with(R"("destination":{})"), "destination.destinationType is missing"},
      {with(R"("destination":{"destinationType":"snowflake"})"),
       "destination cannot be used"},
      {with(R"("destination":"sqlite:///x")"), "destination must be an object"},
      {with(R"("streams":"some")"), "streams must be \"all\""},
      {with(R"("streams":[])"), "streams is an empty list"},
      {with(R"("streams":[7])"), "streams[0] must be an object"},
      {with(R"("streams":[{"name":"a"},{}])"), "streams[1].name is missing"},
      {with(R"("streams":[{"name":"a"},{"name":"a"}])"),
       "streams[1] names a stream that another one names already"},
      {with(R"("streams":[{"name":"a","sync_mode":"incremental"}])"),
       "\"streams[0].sync_mode\" is not known"},
      {with(R"("streams":[{"name":"a","syncMode":"cdc"}])"),
       "streams[0].syncMode must be full_refresh or incremental"},
      {with(R"("streams":[{"name":"a","columns":"id"}])"),
       "streams[0].columns must be a list of texts"},
      {with(R"("streams":[{"name":"a","columns":[""]}])"),
       "texts that are not empty"},
      {with(R"("streams":[{"name":"a","primaryKey":"id"}])"),
       "streams[0].primaryKey must be a list"},
      {with(R"("schedule":{"cron":"* *"})"), "schedule cron: \"* *\""},
      {with(R"("schedule":"hourly")"), "schedule must be an object"},
      {with(R"("options":{"fullSync":true})"), "\"options.fullSync\""},
      {with(R"("options":{"debug":"yes"})"),
       "options.debug must be true or false"},
      {with(R"("options":{"tableNamePrefix":7})"),
       "options.tableNamePrefix must be a text"},
      {with(R"("options":{"namespace":"a\u0000b"})"), "NUL"},
      {with(R"("labels":{"a":"x\u0000y"})"), "labels.\"a\" holds a NUL"},
      {with(R"("labels":{"a\u0000":"x"})"), "holds a NUL"},
      {with(R"("streams":[{"name":"a","columns":["b","c\u0000"]}])"),
       "streams[0].columns holds a NUL"},
      {with(R"("streams":[{"name":"a","cursorField":"c\u0000"}])"),
       "streams[0].cursorField holds a NUL"},
      {with(R"("streams":[{"name":"a","cursorField":["c\u0000"]}])"),
       "streams[0].cursorField holds a NUL"},
      {with(R"("streams":[{"name":"a","primaryKey":["c\u0000"]}])"),
       "streams[0].primaryKey holds a NUL"},
      {with(R"("streams":[{"name":"a","primaryKey":[["b","c\u0000"]]}])"),
       "streams[0].primaryKey holds a NUL"},
      {with(R"("retries":{"delaysSeconds":5})"),
       "retries.delaysSeconds must be a list"},
      {with(R"("retries":{"delaysSeconds":[-1]})"), "must be a whole number"},
      {with(R"("retries":{"pauseAfter":1.5})"),
       "retries.pauseAfter must be a whole number"},
      {with(R"("labels":{"team":7})"), "labels.\"team\" must be a text"},
      {with(R"("options":{"tableNamePrefix":")" + std::string(501, 'x')
            + "\"}"),
       "longer than 500 bytes"},
  };
  for (const auto& one : rows) {
    INFO(one.body.substr(0, 200));
    CHECK_THAT(fault(one.body), ContainsSubstring(one.part));
  }
}

TEST_CASE("an object of too many members is refused with its place") {
  const auto body = [](size_t members) {
    std::string config;
    for (size_t i = 0; i < members; ++i)
      config += (i == 0 ? "" : ",") + ('"' + std::to_string(i) + "\":1");
    return R"({"source":{"package":"p","version":"1","config":{"a":[{)" + config
           + "}]}}}";
  };
  CHECK(parse_sync(body(10'000), "crm"));
  CHECK_THAT(fault(body(10'001)),
             ContainsSubstring("source.config.a[0]")
                 && ContainsSubstring("an object of more than 10000 members"));
}

TEST_CASE("a stored definition is read back as it was") {
  auto sync = parse_sync(whole, "crm");
  REQUIRE(sync);
  const auto open = write_open_part(*sync);
  CHECK_THAT(open, !ContainsSubstring("hunter2"));
  CHECK_THAT(open, !ContainsSubstring("rows.db"));
  auto again = read_parts(open, write_secret_part(*sync), "crm");
  REQUIRE(again);
  CHECK(write_open_part(*again) == open);
  // Numbers of any size included.
  CHECK(again->config == sync->config);
  CHECK(again->destination == sync->destination);
  CHECK_FALSE(read_parts("", "{}", "crm"));
  CHECK_FALSE(read_parts(open, "{}", "crm"));
  CHECK_FALSE(read_parts(open, "x", "crm"));
}

TEST_CASE("a definition is shown without its secrets") {
  auto sync = parse_sync(whole, "crm");
  REQUIRE(sync);
  const auto shown = nlohmann::json::parse(
      show_sync(*sync, R"({"connectionSpecification":{}})"));
  CHECK(shown["source"]["config"]["api_key"] == "***");
  CHECK(shown["destination"]["path"] == "rows.db");
  CHECK(shown["streams"][1] == nlohmann::json{{"name", "orders"}});
  CHECK(shown["schedule"]["timezone"] == "Europe/Berlin");
}

TEST_CASE("secrets are hidden at any place") {
  const std::string spec = R"({"connectionSpecification":{"properties":{
    "access":{"oneOf":[{"properties":{"word":{"type":"string","airbyte_secret":true}}}]},
    "keys":{"type":"array","airbyte_secret":true,"items":{"type":"string"}}}}})";

  struct row {
    const char* config;
    const char* shown;
  };

  const row rows[] = {
      {R"({"host":"db.example.com","port":5432})",
       R"({"host":"db.example.com","port":5432})"},
      {R"({"password":"hunter2"})", R"({"password":"***"})"},
      {R"({"password":""})", R"({"password":""})"},
      {R"({"password":"a"})", R"({"password":"***"})"},
      {R"({"password":12345678})", R"({"password":"***"})"},
      {R"({"access":{"word":"x"}})", R"({"access":{"word":"***"}})"},
      {R"({"keys":["a","b"]})", R"({"keys":["***","***"]})"},
      {R"({"url":"postgres://me:hunter2secret@db/x"})", R"({"url":"***"})"},
      {R"({"headers":[{"name":"Authorization","value":"Bearer abcdef0123456789"}]})",
       R"({"headers":[{"name":"Authorization","value":"***"}]})"},
      {R"({"start_date":"2026-01-01","flag":true,"none":null})",
       R"({"start_date":"2026-01-01","flag":true,"none":null})"},
  };
  for (const auto& one : rows) {
    INFO(one.config);
    CHECK(hide_secrets(one.config, spec) == one.shown);
  }
}

TEST_CASE("hidden values are put back, and nothing else") {
  const std::string stored =
      R"({"host":"a","password":"hunter2","keys":[{"id":1,"api_key":"k1"},{"id":2,"api_key":"k2"}]})";

  struct row {
    const char* config;
    /// Empty: refused.
    const char* restored;
    const char* reason = "";
  };

  const row rows[] = {
      {R"({"host":"b","password":"***"})",
       R"({"host":"b","password":"hunter2"})"},
      {R"({"host":"b","password":"new"})", R"({"host":"b","password":"new"})"},
      {R"({"n": 12345678901234567890123})",
       R"({"n": 12345678901234567890123})"},
      {R"({"keys":[{"id":1,"api_key":"***"},{"id":2,"api_key":"***"}]})",
       R"({"keys":[{"id":1,"api_key":"k1"},{"id":2,"api_key":"k2"}]})"},
      {R"({"keys":[{"id":1,"api_key":"***"},{"id":3,"api_key":"k3"}]})",
       R"({"keys":[{"id":1,"api_key":"k1"},{"id":3,"api_key":"k3"}]})"},
      // Another element has come before it.
      {R"({"keys":[{"id":2,"api_key":"***"},{"id":1,"api_key":"***"}]})", "",
       "keys[0]"},
      {R"({"keys":[{"id":1,"api_key":"k1"},{"id":2,"api_key":"k2"},{"id":3,"api_key":"***"}]})",
       "", "keys[2]"},
      {R"({"token":"***"})", "", "token"},
      {R"({"host":"***"})", "", "host"},
      {R"({"password":{"text":"***"}})", "", "password.text"},
  };
  for (const auto& one : rows) {
    INFO(one.config);
    auto done = restore_secrets(one.config, stored, "");
    if (*one.restored != '\0') {
      REQUIRE(done);
      CHECK(*done == one.restored);
    } else {
      REQUIRE_FALSE(done);
      CHECK_THAT(done.error().what, ContainsSubstring(one.reason));
      CHECK_THAT(done.error().what, !ContainsSubstring("hunter2"));
    }
  }
  CHECK_FALSE(restore_secrets(R"({"password":"***"})", "", ""));
}
