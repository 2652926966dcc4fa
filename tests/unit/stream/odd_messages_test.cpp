// Messages that are written otherwise than JSON or the protocol have them, and
// text that has their words.
#include "support/parsed_lines.hpp"

#include <catch2/catch_all.hpp>

#include <numeric>

using namespace motorcade;
using namespace motorcade::test;

using namespace std::string_literals;

namespace {

/// Every other byte is NUL.
std::string wide(std::string_view text, bool little_endian) {
  std::string out;
  for (auto c : text) {
    if (!little_endian)
      out += '\0';
    out += c;
    if (little_endian)
      out += '\0';
  }
  return out;
}

std::string replaced(std::string text, std::string_view what,
                     std::string_view by) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos;
       at += by.size())
    text.replace(at, what.size(), by);
  return text;
}

std::string in_url(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (auto c : text)
    if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_')
      out += c;
    else
      (out += '%')
          .append({digits[static_cast<unsigned char>(c) >> 4],
                   digits[static_cast<unsigned char>(c) & 15]});
  return out;
}

const auto row =
    R"({"type":"RECORD","record":{"stream":"users","data":{"id":1,"name":"Ann"},"emitted_at":1700000000000}})"s;
const auto state =
    R"({"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"id":1}}}})"s;
const auto global =
    R"({"type":"STATE","state":{"type":"GLOBAL","global":{"shared_state":{"lsn":1},"stream_states":[{"stream_descriptor":{"name":"users"},"stream_state":{"id":1}}]}}})"s;
const auto error =
    R"({"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":{"message":"no","failure_type":"config_error"}}})"s;
const auto status =
    R"({"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1,"stream_status":{"stream_descriptor":{"name":"users"},"status":"COMPLETE"}}})"s;
const auto control =
    R"({"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1,"connectorConfig":{"config":{"token":"hush"}}}})"s;

const struct {
  std::string message;
  const char* kind;
} all[] = {{row, "RECORD"},  {state, "STATE"},  {global, "STATE"},
           {error, "TRACE"}, {status, "TRACE"}, {control, "CONTROL"}};

} // namespace

TEST_CASE("messages in other notations are doubts", "[mixed]") {
  for (const auto& [message, kind] : all) {
    const std::string forms[] = {
        replaced(message, "\"", "\"\""),
        "\"" + replaced(message, "\"", "\"\"") + "\"",
        "1;\"" + replaced(message, "\"", "\"\"") + "\";x",
        replaced(message, "\"", "\\\""),
        replaced(message, "\"", R"(\\\")"),
        replaced(message, "\"", "\u201D"),
        replaced(message, "\"", "\u2018"),
        replaced(message, "\"", "&quot;"),
        replaced(message, "\"", "&#34;"),
        replaced(message, "\"", "&#x22;"),
        replaced(message, "\"", "&amp;quot;"),
        replaced(message, "\"", "`"),
        replaced(message, "\"", "'"),
        replaced(message, "\"", ""),
        replaced(message, "\"", "\\u0022"),
        replaced(message, "\"", "\\x22"),
        replaced(message, ":", "=>"),
        replaced(message, "\":", "\"="),
        replaced(message, "\":", "\" "),
        in_url(message),
        "GET /?m=" + in_url(message),
        in_url(in_url(message)),
        wide(message, true),
        wide(message, false),
        "\xFF\xFE"s + wide(message, true),
        message.substr(0, 1) + '\0' + message.substr(1),
        message.substr(0, 30) + '\0' + message.substr(30),
        "INFO sent " + replaced(message, "\"", "\\\""),
    };
    for (const auto& form : forms) {
      INFO(form);
      CHECK(doubts(form) == kind);
      CHECK(doubts("before\n" + form + "\nbehind\n") == kind);
    }
  }
}

TEST_CASE("a message that lacks one character is a doubt", "[mixed]") {
  for (const auto& [message, kind] : all)
    for (size_t i = 0; i < message.size(); ++i) {
      if (std::string_view{"{}[]\":,"}.find(message[i])
          == std::string_view::npos)
        continue;
      auto broken = message;
      broken.erase(i, 1);
      INFO(broken);
      auto found = doubts(broken);
      // The first character of a message may be gone, and more than one part
      // of it may seem to be one.
      CHECK(found.find(kind) != std::string::npos);
      CHECK(found.find('+') == std::string::npos);
    }
}

TEST_CASE("the rest of a message whose head is lost is a doubt", "[mixed]") {
  const struct {
    std::string message;
    const char* kind;
    /// From here on nothing tells what it was.
    const char* last;
  } rests[] = {
      {row, "RECORD", "emitted_at"},
      {state, "STATE", "stream_state"},
      {error, "TRACE", "failure_type"},
      {control, "CONTROL", "connectorConfig"},
  };

  for (const auto& [message, kind, last] : rests)
    for (size_t i = 1; i < message.rfind(last); ++i) {
      INFO(message.substr(i));
      auto found = doubts(message.substr(i));
      CHECK(found != "");
      CHECK(found.find('+') == std::string::npos);
    }
  // Both ends.
  for (const char* rest :
       {R"("stream":"users","data":{"id":1)", R"("data":{"id":1},"emitted_a)",
        R"(users","data":{"id":1,"name":"Ann"},"emitted_at":17)",
        R"("record":{"stream":"users","da)",
        R"(id":1},"emitted_at":1700000000000,"stream":"us)"}) {
    INFO(rest);
    CHECK(doubts(rest) == "RECORD");
  }

  const struct {
    const char* rest;
    const char* kind;
  } others[] = {
      {R"(users"},"stream_state":{"id":)", "STATE"},
      {R"("stream_descriptor":{"name":"users"},"stream_st)", "STATE"},
      {R"(,"sourceStats":{"recordCount":)", "STATE"},
      {R"("stream_status":{"stream_descriptor":{"name":"users"},"status":"COMP)",
       "TRACE"},
      {R"("error":{"message":"no","failure_type":"conf)", "TRACE"},
      {R"(FIG","emitted_at":1,"connectorConfig":{"config":{"token":"hu)",
       "CONTROL"},
      {R"(Ann"},"emitted_at":17000)", "RECORD"},
  };

  for (const auto& [rest, kind] : others) {
    INFO(rest);
    CHECK(doubts(rest) == kind);
  }
}

TEST_CASE("a message that a line end cuts in two is counted once", "[mixed]") {
  for (const auto& [message, kind] : all)
    for (size_t i = 9; i + 2 < message.size(); ++i) {
      auto cut = message.substr(0, i) + "\n" + message.substr(i);
      INFO(cut);
      auto found = doubts(cut);
      CHECK((found == kind || found == "UNKNOWN"));
      CHECK(doubts(cut + "\n" + message + "\n") == found + "+");
    }
  CHECK(doubts(row.substr(0, 40) + "\nINFO x\n" + row.substr(40))
        == "RECORD RECORD");
}

TEST_CASE("a last line that breaks off is a doubt, wherever it does",
          "[mixed]") {
  const auto doubts_of_cut = [](const std::string& text) {
    const auto slab = parse_lines(text);
    return std::accumulate(slab->unreadable.begin(), slab->unreadable.end(),
                           uint64_t{0});
  };
  for (const auto& [message, kind] : all)
    for (size_t i = 1; i < message.size(); ++i) {
      INFO(message.substr(0, i));
      CHECK(doubts_of_cut(message.substr(0, i)) == 1);
    }
  CHECK(doubts_of_cut("{ ") == 1);
  CHECK(doubts_of_cut(R"({ "rec)") == 1);
  // What ends with a newline, and other text, is log.
  for (const auto* text : {"{\n", "{\"\n", "{\"rec\n", "{}", "{x", "x{", "["})
    CHECK(doubts_of_cut(text) == 0);
}

TEST_CASE("a type behind a huge record with an error in it is a doubt",
          "[mixed]") {
  auto data = R"({"v":")" + std::string(1 << 20, 'x') + R"("})";
  for (const auto* fault : {"NaN", "", R"(""")", "}"}) {
    INFO(fault);
    CHECK(doubts("{\"record\":{\"data\":" + data + ",\"e\":" + fault
                 + ",\"stream\":\"users\",\"emitted_at\":1},\"type\":"
                   "\"RECORD\"}")
              .find("RECORD")
          == 0);
  }
}

TEST_CASE("text that holds words of messages stays text", "[mixed]") {
  const char* lines[] = {
      "type RECORD is not supported for record streams",
      "Got type: RECORD, record: 5",
      "type=RECORD record=12 stream=users",
      "state: {type: STREAM} of type STREAM",
      R"(INFO Saved state: {"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"id":5}}})",
      R"(INFO Saved state: {"type":"STREAM","stream":{"stream_descriptor":{"name":"us)",
      R"(INFO Initial state: [{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"id":5}}}])",
      R"(    "stream_state": {)",
      R"(    "stream_descriptor": {"name": "users"},)",
      R"(      "emitted_at": 1700000000000)",
      R"(  "type": "STREAM",)",
      R"("stream_state": {)",
      R"("emitted_at": 1700000000000)",
      R"(ERROR: "emitted_at": 5, "stream_state": 6)",
      R"(Columns, "emitted_at": 5, "x": 6)",
      R"(got {"attributes":{"type":"State"},"State":{"type":"open","id":5},"x":)",
      R"(got {"attributes": {"type": "RECORD"}, "record": {"type": "a"}, "x": NaN})",
      R"(schema: {"type":"object","properties":{"record":{"type":"string"},"state":{"type":"str)",
      R"({"type":"record","name":"record","fields":[{"name":"record","type":{"type":"record","na)",
      R"(AirbyteStateMessage@1[type=STREAM,stream=AirbyteStreamState@2[streamDescriptor=StreamDescriptor@3[name=users],streamState={"id":5}]])",
      R"(Emitting state for users: {"stream_descriptor":{"name":"users"},"stream_state":{"id":5}})",
      R"(IntegrationConfig{command=READ, configPath='c.json', statePath='s.json'})",
      R"(1 validation error: record -> emitted_at field required (type=value_error.missing))",
      R"(query { state { type } record { stream } })",
      R"(  "data": {)",
      "    }",
      "  }}",
      "}}}",
      R"(DEBUG row {'stream': 'users', 'data': {'id': 1}, 'emitted_at': 1})",
      R"(DEBUG row {"stream": "users", "data": {"id": 1}, "emitted_at": 1})",
      "Selected columns: id, data, stream, emitted_at",
      R"(columns "id", "data", "stream", "emitted_at")",
      R"(SELECT "stream", "data", "emitted_at" FROM "record" WHERE "type" = 'RECORD')",
      R"(GET /api?filter=%7B%22type%22%3A%22RECORD%22%7D 200)",
      "GET /records?type=RECORD&state=open&page=2 200",
      R"(POST {"type":"RECORD"} 201)",
      "100%25 of 5&nbsp;records &quot;RECORD&quot;",
      "schema: {type: RECORD, name: addr, fields: [stream, data]}",
      R"({"type":"record","name":"addr","fields":[{"name":"stream","type":"string"}]})",
      R"({"type":"RECORD","name":"addr","fields":[{"name":"data","type":"STRING"}]})",
      R"({"type":"REQUEST","record":{"id":5},"status":200})",
      R"({"type":"EVENT","state":{"from":"a","to":"b"}})",
      R"({"type":"METRIC","name":"rows","value":5})",
      R"({"type":"CONTROL","group":3})",
      R"({"type":"CATALOG_ITEM","sku":"x"})",
      R"({"type":"state_change","state":{"type":"on"}})",
      R"({"kind":"RECORD","name":"x"})",
      R"({"level":"info","type":"event","record":{"stream":"users","data":{},"emitted_at":1}})",
      R"({"level":"info","msg":"sent {\"type\":\"RECORD\",\"record\":{\"stream\":\"users\",\"data\":{},\"emitted_at\":1}}"})",
      R"({"level":"info","msg":"sent {\"type\":\"RECORD\",\"record\":{\"stream\":\"users\",\"data\":{},\"emi)",
      R"({"level":"info","msg":"sent\x {\"type\":\"RECORD\",\"record\":{\"stream\":\"users\",\"data\":{},\"emitted_at\":1}}"})",
      R"(app | {"body":"{\"type\":\"RECORD\",\"record\":{\"stream\":\"users\",\"data\":{},\"emitted_at\":1}}"} sent)",
      R"(body: {"records":[{"stream":"users","data":{"id":1},"emitted_at":1}]})",
      R"(ValueError: record {'type': 'RECORD'} has no 'stream')",
      R"(KeyError: 'emitted_at')",
      "pydantic: 1 validation error for AirbyteRecordMessage emitted_at",
      "{type=STATE, state=open}",
      "{Type:RECORD Record:0xc0001}",
      "map[type:RECORD record:map[]]",
      "the spec of type SPEC and the catalog of type CATALOG",
      R"(Discovered catalog: {"streams":[{"name":"users","json_schema":{"type":"object"},"supported_sync_modes":["full_refresh"]}]})",
      R"(ConfiguredAirbyteStream(stream=AirbyteStream(name='users', json_schema={'type': 'object'}, supported_sync_modes=[<SyncMode.full_refresh: 'full_refresh'>]), sync_mode=<SyncMode.full_refresh: 'full_refresh'>))",
      R"(it\u2019s a \u201Crecord\u201D of type \u201CRECORD\u201D)",
      "\u201Ctype\u201D: \u201CRECORD\u201D is what the docs say",
      "Syncing stream: users, state: {'id': 5}, data: {}",
      R"(..."users","status":"COMPLETE"})",
      R"("status":"FAILED","message":"x"}})",
  };
  for (const auto* line : lines) {
    INFO(line);
    CHECK(doubts(line) == "");
    auto slab = parse_lines(line);
    REQUIRE(slab->logs);
    REQUIRE(slab->logs->size() == 1);
    CHECK((*slab->logs)[0].text.find("not shown") == std::string::npos);
  }
}
