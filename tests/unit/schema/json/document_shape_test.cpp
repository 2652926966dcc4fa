#include "schema/catalog/catalog.hpp"
#include "schema/state/connector_state.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

using namespace motorcade;

namespace {

struct foreign {
  std::string json;
  /// Both must stand in the message.
  std::string place;
  std::string shape;
};

const std::string api = "Airbyte's page or API";
const std::string line = "a whole line of the protocol";
const std::string rows = "GET /states?format=state";

std::vector<foreign> foreign_states() {
  const std::string of_users =
      R"({"stream_descriptor":{"name":"users"},"stream_state":{"id":1}})";
  const std::string message = R"({"type":"STREAM","stream":)" + of_users + "}";
  const std::string other =
      R"({"type":"STREAM","stream":{"stream_descriptor":{"name":"orders"},
         "stream_state":{}}})";
  const std::string global =
      R"({"type":"GLOBAL","global":{"shared_state":{"lsn":1}}})";
  return {
      // Airbyte's page and API, whole and in parts.
      {R"([{"streamDescriptor":{"name":"users"},"streamState":{"id":1}}])",
       "state[0].streamDescriptor", api},
      {R"([{"streamState":{"id":1}}])", "state[0].streamState", api},
      {R"({"streamDescriptor":{"name":"users"},"streamState":{"id":1}})",
       "state.streamDescriptor", api},
      {R"({"stateType":"stream","connectionId":"c","streamState":[
         {"streamDescriptor":{"name":"users"},"streamState":{"id":1}}]})",
       "state.stateType", api},
      {R"({"stateType":"global","globalState":{"sharedState":{"lsn":1},
         "streamStates":[]}})",
       "state.stateType", api},
      {R"({"stateType":"legacy","state":{"users":1}})", "state.stateType", api},
      {R"({"stateType":"not_set"})", "state.stateType", api},
      {R"({"state_type":"STREAM","states":[]})", "state.state_type", api},
      {R"({"globalState":{"streamStates":[]}})", "state.globalState", api},
      {R"([{"globalState":{"sharedState":{}}}])", "state[0].globalState", api},
      {R"({"stateMessages":[]})", "state.stateMessages", api},
      {R"({"streamState":null})", "state.streamState", api},
      {R"([{"type":"STREAM","stream":{"streamDescriptor":{"name":"users"},
         "streamState":{"id":1}}}])",
       "state[0].stream.streamDescriptor", api},
      {R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},
         "streamState":{"id":1}}}])",
       "state[0].stream.streamState", api},
      {R"([{"type":"GLOBAL","global":{"sharedState":{"lsn":1}}}])",
       "state[0].global.sharedState", api},
      {R"([{"type":"GLOBAL","global":{"shared_state":{},"stream_states":[
         {"streamDescriptor":{"name":"users"}}]}}])",
       "state[0].global.stream_states[0].streamDescriptor", api},
      {"[" + message + R"(,{"streamDescriptor":{"name":"b"}}])",
       "state[1].streamDescriptor", api},
      {R"({"state":{"streamState":[]}})", "state.state.streamState", api},
      {R"({"states":[{"streamDescriptor":{"name":"a"}}]})", "state.states",
       api},
      // Messages that lost their type, or what is around them.
      {R"([{"stream":)" + of_users + "}]", "state[0]", "no `type`"},
      {R"({"stream":)" + of_users + "}", "state:", "no `type`"},
      {R"([{"global":{"shared_state":{"lsn":1}}}])", "state[0]", "no `type`"},
      {R"({"global":{"stream_states":[]}})", "state:", "no `type`"},
      {R"([{"type":null,"stream":)" + of_users + "}]", "state[0]", "no `type`"},
      {"[" + of_users + "]", "state[0].stream_descriptor", "type STREAM"},
      {of_users, "state.stream_descriptor", "type STREAM"},
      {R"({"type":"STREAM","stream_descriptor":{"name":"users"},
         "stream_state":{}})",
       "state.stream_descriptor", "type STREAM"},
      {R"({"shared_state":{},"stream_states":[]})", "state.stream_states",
       "type GLOBAL"},
      {R"([{"type":"stream","stream":)" + of_users + "}]", "state[0].type",
       "unknown type \"stream\""},
      {R"([{"type":"LEGACY","state":{"users":1}}])", "state[0].data",
       "missing"},
      {R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},
         "state":{"id":1}}}])",
       "state[0].stream.state", "`stream_state` is missing"},
      // A line of a log of the connector's output.
      {R"({"type":"STATE","state":)" + message + "}", "state:", line},
      {R"([{"type":"STATE","state":)" + message + "}]", "state[0]", line},
      {R"([{"type":"STATE","state":{"data":{"a":1}}}])", "state[0]", line},
      {R"([{"state":)" + message + "}]", "state[0]", line},
      {message + "\n" + message + "\n", "state:", "several documents"},
      // Our own tables and answers.
      {R"([{"stream":"users","state":{"id":1}}])", "state[0]", rows},
      {R"([{"sync_id":"s","stream":"users","state":"{\"id\":1}",
         "timestamp":"2026-01-01T00:00:00Z"}])",
       "state[0]", rows},
      {R"({"sync_id":"s","stream":"users","state":{"id":1}})", "state:", rows},
      {R"({"ok":true,"states":[{"stream":"users","state":"{}"}]})",
       "state.states", rows},
      {R"({"_GLOBAL_STATE":{"shared_state":{}}})", "state._GLOBAL_STATE", rows},
      {R"({"_LEGACY_STATE":{"users":1}})", "state._LEGACY_STATE", rows},
      // Right in itself, but within something else.
      {R"({"state":[)" + message + "]}", "state.state", "alone"},
      {R"({"config":{},"state":)" + message + "}", "state.state", "alone"},
      {R"({"airbyte_state":[)" + message + "]}", "state.airbyte_state",
       "alone"},
      // Nothing that is known.
      {R"([{}])", "state[0]", "nothing in this is known"},
      {R"([{"users":{"id":1}}])", "state[0]", "\"users\""},
      // A message by its type, and hollow.
      {R"({"type":"STREAM"})", "state.stream", "missing"},
      {R"({"type":"STREAM","data":{"a":1}})", "state.stream", "\"data\""},
      {R"([{"type":"STREAM"}])", "state[0].stream", "missing"},
      {R"({"type":"GLOBAL"})", "state.global", "missing"},
      {R"({"type":"GLOBAL","shared_state":{"lsn":1}})", "state.global",
       "\"shared_state\""},
      {R"({"type":"LEGACY"})", "state.data", "missing"},
      {R"([{"type":"LEGACY"}])", "state[0].data", "missing"},
      {R"({"type":"LEGACY","users":1})", "state.data", "\"users\""},
      {R"({"type":"STREAM","stream":{}})", "state.stream.stream_descriptor",
       "missing"},
      {R"({"type":"GLOBAL","global":{"shared":{"lsn":1}}})",
       "state.global.shared", "are missing"},
      {R"({"type":"stream","stream":)" + of_users + "}", "state.type",
       "unknown type \"stream\""},
      {R"({"type":"Global","global":{"shared_state":{}}})", "state.type",
       "unknown type \"Global\""},
      // Other lines of the protocol, and other documents.
      {R"({"type":"RECORD","record":{"stream":"users","data":{}}})",
       "state:", "of type RECORD"},
      {R"([{"type":"TRACE","trace":{}}])", "state[0]", "of type TRACE"},
      {R"({"type":"STATE"})", "state.state", "missing"},
      {R"({"streams":[{"stream":{"name":"users","json_schema":{}},
         "sync_mode":"incremental"}]})",
       "state.streams", "a catalog"},
      {R"({"streams":[{"name":"users","json_schema":{}}]})", "state.streams",
       "a catalog"},
      {R"({"states":[]})", "state.states", "empty list"},
      {R"({"ok":true,"states":[]})", "state.states", "empty list"},
      {R"({"config":{},"catalog":{},"state":[]})", "state.state", "empty list"},
      // Keys of our table in the place of a stream's name.
      {R"([{"type":"STREAM","stream":{"stream_descriptor":
         {"name":"_GLOBAL_STATE"},"stream_state":{"shared_state":{}}}}])",
       "state[0].stream.stream_descriptor.name", "no stream"},
      {R"({"type":"STREAM","stream":{"stream_descriptor":
         {"name":"_LEGACY_STATE"},"stream_state":{"a":1}}})",
       "state.stream.stream_descriptor.name", "no stream"},
      // Messages that each are right, and not together.
      {"[" + message + "," + message + "]", "state[1].stream.stream_descriptor",
       "the stream \"users\" has a state already in state[0]"},
      {"[" + message + "," + other + "," + message + "]",
       "state[2].stream.stream_descriptor", "already in state[0]"},
      {R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"a.b"},
         "stream_state":{}}},{"type":"STREAM","stream":{"stream_descriptor":
         {"name":"b","namespace":"a"},"stream_state":{}}}])",
       "state[1].stream.stream_descriptor", "already in state[0]"},
      {"[" + global + "," + message + "]", "state[1].type",
       "STREAM beside GLOBAL in state[0]"},
      {"[" + message + "," + global + "]", "state[1].type",
       "GLOBAL beside STREAM in state[0]"},
      {R"([{"data":{"a":1}},)" + message + "]", "state[1].type",
       "STREAM beside LEGACY in state[0]"},
      {"[" + global + "," + global + "]", "state[1]",
       "a second message of type GLOBAL"},
      {R"([{"data":{"a":1}},{"type":"LEGACY","data":{"a":2}}])", "state[1]",
       "a second message of type LEGACY"},
      {R"({"type":"GLOBAL","global":{"stream_states":[)" + of_users + ","
           + of_users + "]}}",
       "state.global.stream_states[1]",
       "already in state.global.stream_states[0]"},
      // How the file was written.
      {"\xEF\xBB\xBF[]", "state:", "byte order mark"},
      {"\xEF\xBB\xBF{\"users\":1}", "state:", "byte order mark"},
      {std::string("\xFF\xFE[\0]\0", 6), "state:", "UTF-16"},
      {std::string("[\0]\0", 4), "state:", "UTF-16"},
  };
}

std::string entry(const std::string& members) {
  return R"({"streams":[{"stream":{"name":"users","json_schema":{}})"
         + (members.empty() ? "" : "," + members) + "}]}";
}

std::vector<foreign> foreign_catalogs() {
  const std::string save = "--save-catalog";
  const std::string bare =
      R"({"name":"users","json_schema":{},"supported_sync_modes":["incremental"]})";
  const std::string of_api =
      R"({"stream":{"name":"users","jsonSchema":{},"supportedSyncModes":[]},
        "config":{"syncMode":"incremental","cursorField":["id"],
        "destinationSyncMode":"append","selected":true}})";
  return {
      {R"({"streams":[)" + of_api + "]}", "streams[0].config", api},
      {entry(R"("config":{"sync_mode":"incremental"})"), "streams[0].config",
       api},
      {entry(R"("config":{"selected":true})"), "streams[0].config", api},
      {entry(R"("syncMode":"incremental")"), "streams[0].syncMode", api},
      {entry(R"("sync_mode":"incremental","cursorField":["id"])"),
       "streams[0].cursorField", api},
      {entry(R"("sync_mode":"incremental","destinationSyncMode":"append")"),
       "streams[0].destinationSyncMode", api},
      {entry(R"("sync_mode":"incremental","primaryKey":[["id"]])"),
       "streams[0].primaryKey", api},
      {R"({"streams":[{"stream":{"name":"a","jsonSchema":{}},
         "sync_mode":"incremental"}]})",
       "streams[0].stream.jsonSchema", api},
      {R"({"streams":[{"stream":{"name":"a"},"sync_mode":"full_refresh"},
         {"stream":{"name":"b"},"syncMode":"incremental"}]})",
       "streams[1].syncMode", api},
      {R"({"streams":[{"name":"a","syncMode":"incremental_append"}]})",
       "streams[0].syncMode", api},
      {R"({"streams":[{"name":"a","jsonSchema":{}}]})", "streams[0]", api},
      {R"({"connectionId":"c","syncCatalog":{"streams":[]}})", "syncCatalog",
       api},
      {R"({"configurations":{"streams":[{"name":"a"}]}})", "configurations",
       api},
      {R"({"catalog":{"streams":[)" + of_api + R"(]},"jobInfo":{}})", "catalog",
       api},
      {entry(R"("sync_mode":"incremental","generationId":2)"),
       "streams[0].generationId", api},
      {entry(R"("sync_mode":"incremental","minimumGenerationId":2)"),
       "streams[0].minimumGenerationId", api},
      {entry(R"("sync_mode":"incremental","syncId":2)"), "streams[0].syncId",
       api},
      {entry(R"("sync_mode":"incremental","tableName":"t")"),
       "streams[0].tableName", api},
      {entry(R"("sync_mode":"incremental","SyncMode":"incremental")"),
       "streams[0].SyncMode", api},
      {entry(R"("sync_mode":"incremental","selectedFields":[])"),
       "streams[0].selectedFields", api},
      {R"({"streams":[{"stream":{"name":"a","isResumable":true},
         "sync_mode":"incremental"}]})",
       "streams[0].stream.isResumable", api},
      {R"({"streams":[{"stream":{"name":"a","defaultCursorField":[]},
         "sync_mode":"incremental"}]})",
       "streams[0].stream.defaultCursorField", api},
      // Without a mode.
      {entry(""), "streams[0].sync_mode", "missing"},
      {entry(R"("sync_mode":null)"), "streams[0].sync_mode", "missing"},
      {entry(R"("destination_sync_mode":"append","cursor_field":["id"])"),
       "streams[0].sync_mode", "missing"},
      {R"({"streams":[{"stream":{"name":"a"},"sync_mode":"full_refresh"},
         {"stream":{"name":"b"}}]})",
       "streams[1].sync_mode", "missing"},
      // What a discover answers.
      {R"({"streams":[)" + bare + "]}", "streams[0]", save},
      {R"({"streams":[{"name":"a","namespace":"n"}]})", "streams[0]", save},
      {"[" + bare + "]", "[0]", save},
      {R"({"type":"CATALOG","catalog":{"streams":[)" + bare + "]}}", "catalog",
       save},
      {R"({"type":"CATALOG","catalog":{"streams":[)" + bare + "]}}", "catalog",
       line},
      {R"({"catalog":)" + entry(R"("sync_mode":"incremental")") + "}",
       "catalog", "alone"},
      {R"([{"stream":{"name":"a"},"sync_mode":"incremental"}])", "",
       "a bare list of streams"},
      // Nothing that is known.
      {R"({"streams":[{}]})", "streams[0].stream", "missing"},
      {R"({"streams":[{"table":"a"}]})", "streams[0].stream", "\"table\""},
      {R"({"streams":[{"Stream":{"name":"a"}}]})", "streams[0].stream",
       "\"stream\""},
      {entry(R"("Sync_Mode":"incremental")"), "streams[0]", "\"sync_mode\""},
      {entry(R"("sync_mod":"incremental")"), "streams[0]", "\"sync_mode\""},
      {R"({"streams":[{"stream":{"Name":"a"},"sync_mode":"incremental"}]})",
       "streams[0].stream.name", "\"name\""},
      {"\xEF\xBB\xBF" + entry(""), "", "byte order mark"},
      {std::string("{\0\"\0", 4), "", "UTF-16"},
  };
}

} // namespace

TEST_CASE("a state of another shape is refused by name", "[shape]") {
  for (const auto& [json, place, shape] : foreign_states()) {
    INFO(json);
    const auto got = parse_state(json);
    REQUIRE_FALSE(got);
    INFO(got.error().what);
    CHECK(got.error().code == ec::invalid_argument);
    CHECK_THAT(got.error().what, Catch::Matchers::StartsWith(place));
    CHECK_THAT(got.error().what, Catch::Matchers::ContainsSubstring(shape));
  }
}

TEST_CASE("a catalog of another shape is refused by name", "[shape]") {
  for (const auto& [json, place, shape] : foreign_catalogs()) {
    INFO(json);
    const auto got = parse_catalog(json);
    REQUIRE_FALSE(got);
    INFO(got.error().what);
    CHECK(got.error().code == ec::invalid_catalog);
    CHECK_THAT(got.error().what,
               Catch::Matchers::StartsWith("catalog: " + place));
    CHECK_THAT(got.error().what, Catch::Matchers::ContainsSubstring(shape));
  }
}

TEST_CASE("a connector's own state may have any members", "[shape]") {
  for (const std::string json : {
           R"({"users":{"cursor":1}})",
           R"({"state":{"cursor":1}})",
           R"({"stream":{"cursor":1}})",
           R"({"stream":"users"})",
           R"({"global":{"cursor":1},"data":{}})",
           R"({"shared_state":{"cursor":1}})",
           R"({"states":{"users":{"cursor":1}}})",
           R"({"type":"incremental","cursor":1})",
           R"({"type":"stream","cursor":1})",
           R"({"type":"RECORD"})",
           R"({"generationId":1,"streamIds":[]})",
           R"({"bookmarks":{"users":{"id":1}},"currently_syncing":null})",
           R"({"users":[{"id":1}],"orders":[[1]]})",
           R"({"streams":[{"name":"users","cursor":1}]})",
           R"({"ok":true})",
       }) {
    INFO(json);
    const auto got = parse_state(json);
    REQUIRE(got);
    CHECK(got->given_for({"", "whatever"}));
  }
}

TEST_CASE("a place without a state is reported", "[shape]") {
  struct row {
    std::string json;
    std::string gap;
  };

  const row table[] = {
      {R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"a"}}}])",
       R"(state[0].stream.stream_state: missing, so the stream "a")"},
      {R"([{"type":"STREAM","stream":{"stream_descriptor":
         {"name":"b","namespace":"n"},"stream_state":null}}])",
       R"(state[0].stream.stream_state: missing, so the stream "n.b")"},
      {R"({"type":"GLOBAL","global":{"shared_state":{},"stream_states":[
         {"stream_descriptor":{"name":"a"}}]}})",
       R"(state.global.stream_states[0].stream_state: missing, so)"},
      {R"({"type":"GLOBAL","global":{}})", "state.global: holds no state"},
      {R"([{"type":"GLOBAL","global":{"stream_states":[]}}])",
       "state[0].global: holds no state"},
  };
  for (const auto& [json, gap] : table) {
    INFO(json);
    const auto got = parse_state(json);
    REQUIRE(got);
    REQUIRE(got->gaps().size() == 1);
    CHECK_THAT(got->gaps()[0], Catch::Matchers::StartsWith(gap));
    CHECK_FALSE(got->given_alone({"", "a"}));
  }
}

TEST_CASE("unknown members are legal in a catalog", "[shape]") {
  for (
      const auto& json :
      {entry(R"("sync_mode":"full_refresh")"),
       entry(R"("sync_mode":"incremental","extra":{"a":1})"),
       entry(R"("sync_mode":"incremental","syncmode":1)"),
       entry(R"("sync_mode":"full_refresh","config":{"of":"another kind"})"),
       entry(R"("sync_mode":"full_refresh","connectionId":"c")"),
       entry(
           R"("sync_mode":"full_refresh","generation_id":1,"minimum_generation_id":0,"sync_id":3,
                 "include_files":false)")}) {
    INFO(json);
    CHECK(parse_catalog(json));
  }
}
