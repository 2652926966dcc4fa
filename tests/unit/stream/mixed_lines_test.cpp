// What every kind of line becomes: rows, messages, lines of log, or a doubt.
#include "support/parsed_lines.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade::test;

using namespace std::string_literals;

namespace {

struct mixed_line {
  const char* line;
  /// See `outline`.
  const char* becomes;
};

// Pieces of which most lines are made.
#define ROW                                                                    \
  R"({"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}})"
#define STATE                                                                  \
  R"({"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"id":1}}}})"
#define ERROR_TRACE                                                            \
  R"({"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":{"message":"no page","failure_type":"transient_error"}}})"
#define STATUS                                                                 \
  R"({"type":"TRACE","trace":{"type":"STREAM_STATUS","emitted_at":1,"stream_status":{"stream_descriptor":{"name":"users"},"status":"INCOMPLETE"}}})"
#define CONTROL                                                                \
  R"({"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1,"connectorConfig":{"config":{"token":"hush"}}}})"
#define SPEC R"({"type":"SPEC","spec":{"connectionSpecification":{}}})"
#define CHECK_ANSWER                                                           \
  R"({"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}})"
#define CATALOG R"({"type":"CATALOG","catalog":{"streams":[]}})"
#define LOG R"({"type":"LOG","log":{"level":"WARN","message":"slow"}})"

const mixed_line whole_messages[] = {
    {ROW, "users 1"},
    {STATE, "STATE"},
    {ERROR_TRACE, "ERROR"},
    {STATUS, "STATUS"},
    {CONTROL, "CONTROL"},
    {SPEC, "SPEC"},
    {CHECK_ANSWER, "CONNECTION_STATUS"},
    {CATALOG, "CATALOG"},
    {LOG, "WARN slow"},
    {R"({"type":"LOG","log":{"level":"NOTICE","message":"m"}})", "INFO m"},
    {R"({"type":"DEBUG","message":"page","data":{"n":3}})",
     "DEBUG page {\"n\":3}"},
    {R"({"type":"FANFARE","fanfare":{"loud":true}})",
     R"(INFO {"type":"FANFARE","fanfare":{"loud":true}})"},
    {R"({"type":"TRACE","trace":{"type":"NEWS"}})", "unknown TRACE NEWS"},
    {R"({"record":{"emitted_at":1,"data":{"id":1},"stream":"users"},"type":"RECORD"})",
     "users 1"},
    // What lies in the data of a valid message is data.
    {R"({"type":"RECORD","record":{"stream":"users","data":{"v":{"type":"STATE","state":{"data":{}}}},"emitted_at":1}})",
     "users 1"},
    {R"({"type":"RECORD","record":{"stream":"users","data":{"v":"{\"type\":\"STATE\",\"state\":{}}"},"emitted_at":1}})",
     "users 1"},
    {R"({"type":"LOG","log":{"level":"INFO","message":"sent {\"type\":\"RECORD\",\"record\":{\"stream\":\"users\"}}"}})",
     R"(INFO sent {"type":"RECORD","record":{"stream":"users"}})"},
    {R"({"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":{"message":null,"internal_message":"KeyError"}}})",
     "ERROR"},
};

const mixed_line messages_in_text[] = {
    {"Checking… " STATE, "found STATE | STATE | INFO Checking…"},
    {"fetching ... " ROW, "found RECORD | users 1 | INFO fetching ..."},
    {"fetching " ERROR_TRACE, "found TRACE | ERROR | INFO fetching"},
    {"fetching " STATUS, "found TRACE | STATUS | INFO fetching"},
    {"fetching " CONTROL, "found CONTROL | CONTROL | INFO fetching"},
    {"fetching " SPEC, "found SPEC | SPEC | INFO fetching"},
    {"fetching " CHECK_ANSWER,
     "found CONNECTION_STATUS | CONNECTION_STATUS | INFO fetching"},
    {"100% " CATALOG, "found CATALOG | CATALOG | INFO 100%"},
    {"ERROR in " LOG, "found LOG | ERROR ERROR in | WARN slow"},
    {ROW " done", "found RECORD | users 1 | INFO done"},
    {"a " ROW " b", "found RECORD | users 1 | INFO a | INFO b"},
    {ROW ROW, "found RECORD | found RECORD | users 2"},
    {ROW STATE, "found RECORD | found STATE | users 1 | STATE"},
    {STATE " " STATE, "found STATE | STATE | found STATE | STATE"},
    {ROW "," STATE, "found RECORD | found STATE | users 1 | STATE"},
    {"[" ROW "," ROW "]", "found RECORD | found RECORD | users 2"},
    {"data: " STATE, "found STATE | STATE | INFO data:"},
    {"source-1  | " STATE, "found STATE | STATE | INFO source-1  |"},
    {"{count} rows " STATE, "found STATE | STATE | INFO {count} rows"},
    {"{} " STATE, "found STATE | STATE | INFO {}"},
    {"}" STATE, "found STATE | STATE | INFO }"},
    {"\"" STATE, "found STATE | STATE | INFO \""},
    {R"(payload="{\" )" STATE, R"(found STATE | STATE | INFO payload="{\")"},
    {R"({"level":"info","msg":"up"} )" STATE,
     R"(found STATE | STATE | INFO {"level":"info","msg":"up"})"},
    {" \xEF\xBB\xBF" STATE, "found STATE | STATE"},
    {"\x1b[32m" STATE "\x1b[0m", "found STATE | STATE"},
    {"\xff " STATE, "found STATE | STATE | INFO \uFFFD"},
    // Another thread's message runs into a line of log.
    {R"({"type":"LOG","log":{"level":"INFO","message":"long )" ROW,
     R"(found RECORD | users 1 | INFO {"type":"LOG","log":{"level":"INFO","message":"long)"},
    {R"({"type":"LOG","log":{"level":"INFO","message":"one )" ROW R"(two"}})",
     R"(found RECORD | users 1 | INFO {"type":"LOG","log":{"level":"INFO","message":"one | INFO two"}})"},
    {R"({"type":"LOG","log":{"level":"INFO","mess)" STATE,
     R"(found STATE | STATE | INFO {"type":"LOG","log":{"level":"INFO","mess)"},
    {R"({"level":30,"msg":"half )" ROW,
     R"(found RECORD | users 1 | INFO {"level":30,"msg":"half)"},
};

const mixed_line broken_messages[] = {
    // Cut.
    {R"({"type":"RECORD","record":{"stream":"users","data":{"id")",
     "bad RECORD malformed_json users"},
    {R"({"type":"RECORD","rec)", "bad RECORD malformed_json"},
    {R"({"type":"RECO)", "bad RECORD malformed_json"},
    {R"({"type":"S)", "bad UNKNOWN malformed_json"},
    {R"({"type")", "bad UNKNOWN malformed_json"},
    {R"({"ty)", "bad UNKNOWN malformed_json"},
    {R"({"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"}}})",
     "bad STATE malformed_json users"},
    {R"({"type":"TRACE","trace":{"type":"ERR)", "bad TRACE malformed_json"},
    {R"({"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","connectorConfig":{"config":{"token":"hush)",
     "bad CONTROL malformed_json"},
    {R"({"type":"SPEC","spec":{"connectionSpecification":)",
     "bad SPEC malformed_json"},
    {R"({"type":"CATALOG","catalog":{"streams":[{"name":)",
     "bad CATALOG malformed_json"},
    {R"({"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCC)",
     "bad CONNECTION_STATUS malformed_json"},
    // Not JSON.
    {R"({"type":"RECORD","record":{"stream":"users","data":{"id":NaN},"emitted_at":1}})",
     "bad RECORD malformed_json users"},
    {R"({"type":"RECORD","record":{"stream":"users","data":{"a":1,},"emitted_at":1}})",
     "bad RECORD malformed_json users"},
    {R"({"type":"RECORD","record":{"data":{"stream":"x","v":NaN},"emitted_at":1,"stream":"users"}})",
     "bad RECORD malformed_json users"},
    {R"({"record":{"stream":"users","data":{"id":NaN},"emitted_at":1},"type":"RECORD"})",
     "bad RECORD malformed_json users"},
    {R"({"record":{"stream":"users","data":{"id":1)",
     "bad RECORD malformed_json users"},
    {"{\"type\":\"RECORD\",\"record\":{\"stream\":\"users\",\"data\":{\"a\":"
     "\"\xff\"},\"emitted_at\":1}}",
     "bad RECORD invalid_utf8 users"},
    {"{\"type\":\"RECORD\",\"record\":{\"stream\":\"users\",\"data\":{\"a\":"
     "\"\t\"},\"emitted_at\":1}}",
     "bad RECORD control_character users"},
    {R"({"type":"STATE","state":{"data":{"a":Infinity}}})",
     "bad STATE malformed_json"},
    {R"({"type":"CATALOG","catalog":{"streams":[{"name":"a","x":NaN}]}})",
     "bad CATALOG malformed_json"},
    {R"({"type":"TRACE","trace":{"type":"ERROR","error":{"message":"no \x"}}})",
     "bad TRACE malformed_json"},
    // Fields that are missing or of a wrong type.
    {R"({"type":"RECORD"})", "bad RECORD missing_field"},
    {R"({"type":"RECORD","record":{"stream":"users","data":{}}})",
     "bad RECORD missing_field users"},
    {R"({"type":"RECORD","record":{"stream":"users","data":[1],"emitted_at":1}})",
     "bad RECORD wrong_type users"},
    {R"({"type":"RECORD","record":"x"})", "bad RECORD wrong_type"},
    {R"({"type":"RECORD","stream":"users","data":{"id":1},"emitted_at":1})",
     "bad RECORD missing_field users"},
    {R"({"type":"STATE"})", "bad STATE missing_field"},
    {R"({"type":"STATE","value":{"users":1}})", "bad STATE missing_field"},
    {R"({"type":"STATE","state":{}})", "bad STATE missing_field"},
    {R"({"type":"STATE","state":{"type":"ODD"}})", "bad STATE wrong_type"},
    {R"({"type":"STATE","state":"RUNNING"})", "bad STATE wrong_type"},
    {R"({"type":"TRACE","trace":{"type":"ERROR"}})", "bad TRACE missing_field"},
    {R"({"type":"TRACE","trace":{"type":"STREAM_STATUS","stream_status":{"stream_descriptor":{"name":"users"},"status":"MAYBE"}}})",
     "bad TRACE wrong_type"},
    {R"({"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG"}})",
     "bad CONTROL missing_field"},
    {R"({"type":"CONNECTION_STATUS","connection_status":{"status":"SUCCEEDED"}})",
     "bad CONNECTION_STATUS missing_field"},
    {R"({"type":"CATALOG","streams":[]})", "bad CATALOG missing_field"},
    {R"({"type":"SPEC","spec":null})", "bad SPEC missing_field"},
    // Another case.
    {R"({"type":"record","record":{"stream":"users","data":{"id":2},"emitted_at":1}})",
     "bad RECORD wrong_type users"},
    {R"({"type":"State","state":{"type":"STREAM","stream":{}}})",
     "bad STATE wrong_type"},
    {R"({"type":"trace","trace":{"type":"ERROR","error":{"message":"x"}}})",
     "bad TRACE wrong_type"},
    {R"({"type":"catalog","catalog":{"streams":[]}})",
     "bad CATALOG wrong_type"},
    // As Python, JavaScript and Java print their objects.
    {R"({'type': 'RECORD', 'record': {'stream': 'users', 'data': {'id': 2, 'v': None}, 'emitted_at': 1}})",
     "bad RECORD malformed_json users"},
    {R"({'type': 'STATE', 'state': {'type': 'STREAM', 'stream': {'stream_descriptor': {'name': 'users'}}}})",
     "bad STATE malformed_json users"},
    {R"({'record': {'data': {'id': 1}, 'emitted_at': 1, 'stream': 'users'}, 'type': 'RECORD'})",
     "bad RECORD malformed_json users"},
    {R"({'type': 'RECORD', 'log': None, 'state': None, 'record': {'stream': 'users'}})",
     "bad RECORD malformed_json users"},
    {R"({'type': <Type.RECORD: 'RECORD'>, 'record': {'stream': 'users'}})",
     "bad RECORD malformed_json users"},
    {R"({ type: 'RECORD', record: { stream: 'users', data: { id: 1 } } })",
     "bad RECORD malformed_json users"},
    {R"(type=<Type.RECORD: 'RECORD'> log=None record=AirbyteRecordMessage(stream='users', data={'id': 1}) state=None)",
     "bad RECORD malformed_json users"},
    {R"(AirbyteMessage(type=<Type.STATE: 'STATE'>, state=AirbyteStateMessage(type=None)))",
     "bad STATE malformed_json | INFO AirbyteMessage("},
    {R"(io.airbyte.protocol.models.AirbyteMessage@5e08[type=RECORD,log=<null>,record=io.airbyte.protocol.models.AirbyteRecordMessage@4f[stream=users]])",
     "bad RECORD malformed_json | INFO "
     "io.airbyte.protocol.models.AirbyteMessage@5e08["},
    // Behind text, and escaped.
    {R"(sent {'type': 'STATE', 'state': {}})",
     "bad STATE malformed_json | INFO sent"},
    {R"(sent "{\"type\":\"RECORD\",\"record\":{\"stream\":\"users\"}}")",
     "bad RECORD malformed_json users | INFO sent \""},
    {R"(sent {"type":"RECORD","record":{"stream":"users","data":)",
     "bad RECORD malformed_json users | INFO sent"},
    {R"(fetching {"type":"STATE","state":{}} done)",
     "bad STATE missing_field | INFO fetching | INFO done"},
    // The beginning is lost.
    {R"(CORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}})",
     "bad RECORD malformed_json users | INFO CORD\", | INFO }"},
    {R"("state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"}}}})",
     "bad STATE malformed_json users | INFO }"},
    // Two run into each other.
    {R"({"type":"RECORD","record":{"stream":"users","data":{"a":"half)" ROW,
     "bad RECORD malformed_json users | found RECORD | users 1"},
    {R"({"type":"RECORD","record":{"stream":"users","data":{"a":1)" STATE,
     "bad RECORD malformed_json users | found STATE | STATE"},
    {R"({"type":"REC)" STATE,
     "bad RECORD malformed_json | found STATE | STATE"},
    {R"({"type":"STATE","sta)" ROW,
     "bad STATE malformed_json | found RECORD | users 1"},
    {STATE R"({"type":"RECORD","record":{"stream":"users","da)",
     "found STATE | STATE | bad RECORD malformed_json users"},
    // It may be data of what is broken around it.
    {R"({"type":"RECORD","record":{"stream":"users","data":{"a":NaN,"e":)" STATE
     R"(},"emitted_at":1}})",
     "bad RECORD malformed_json users"},
    {R"({"type":"RECORD","record":{"stream":"users","data":{"e":")" STATE
     R"("},"emitted_at":1}})",
     "bad RECORD malformed_json users"},
    {R"({"type":"LOG","log":{"level":"INFO","message":)" ROW,
     R"(bad RECORD malformed_json users | INFO {"type":"LOG","log":{"level":"INFO","message":)"},
    {R"({"level":"info","sent":)" STATE R"(,"t":NaN})",
     R"(bad STATE malformed_json users | INFO {"level":"info","sent":)"},
};

const mixed_line text[] = {
    {"starting", "INFO starting"},
    {"the last RECORD was fine", "INFO the last RECORD was fine"},
    {R"("STATE" of the sync: "RECORD")",
     R"(INFO "STATE" of the sync: "RECORD")"},
    {R"("type" is "RECORD" here)", R"(INFO "type" is "RECORD" here)"},
    {"type=STATE of Airbyte", "INFO type=STATE of Airbyte"},
    {"waiting for {type: RECORD}", "INFO waiting for {type: RECORD}"},
    {R"(expected {"type":"RECORD"} here)",
     R"(INFO expected {"type":"RECORD"} here)"},
    {"[1,2]", "INFO [1,2]"},
    {"[]", "INFO []"},
    {"\"text\"", "INFO \"text\""},
    {"12", "INFO 12"},
    {"null", "INFO null"},
    {"true", "INFO true"},
    {"}", "INFO }"},
    {"{}", "INFO {}"},
    {"{{{{", "INFO {{{{"},
    {R"({"a":)", R"(INFO {"a":)"},
    {R"({"a":NaN})", R"(INFO {"a":NaN})"},
    {R"({"type":5})", R"(INFO {"type":5})"},
    {R"({"type":foo})", R"(INFO {"type":foo})"},
    {R"({"no":"type"})", R"(INFO {"no":"type"})"},
    // zap, pino, bunyan, logrus, python-json-logger, ECS.
    {R"({"level":"warn","ts":1.5,"caller":"a.go:1","msg":"slow","record":{"id":1}})",
     R"(WARN {"level":"warn","ts":1.5,"caller":"a.go:1","msg":"slow","record":{"id":1}})"},
    {R"({"level":50,"time":1,"pid":1,"msg":"no","state":"RUNNING"})",
     R"(ERROR {"level":50,"time":1,"pid":1,"msg":"no","state":"RUNNING"})"},
    {R"({"name":"app","level":20,"msg":"x","v":0})",
     R"(DEBUG {"name":"app","level":20,"msg":"x","v":0})"},
    {R"({"level":"error","msg":"x","time":"t","type":"STATE"})",
     R"(ERROR {"level":"error","msg":"x","time":"t","type":"STATE"})"},
    {R"({"type":"log","level":"info","msg":"x"})",
     R"(INFO {"type":"log","level":"info","msg":"x"})"},
    {R"({"type":"log","log":"x","level":"error"})",
     R"(ERROR {"type":"log","log":"x","level":"error"})"},
    {R"({"type":"record","msg":"x"})", R"(INFO {"type":"record","msg":"x"})"},
    {R"({"type":"state","state":{"from":"a","to":"b"}})",
     R"(INFO {"type":"state","state":{"from":"a","to":"b"}})"},
    {R"({"type":"state","state":"running"})",
     R"(INFO {"type":"state","state":"running"})"},
    {R"({"type":"TRACE","message":"entering"})",
     R"(INFO {"type":"TRACE","message":"entering"})"},
    {R"({"type":"DEBUG","msg":"x"})", R"(DEBUG {"type":"DEBUG","msg":"x"})"},
    {R"({"type":"WARNING","message":"x"})",
     R"(WARN {"type":"WARNING","message":"x"})"},
    {R"({"type":"my type","n":1})", R"(INFO {"type":"my type","n":1})"},
    {R"({"type":"request","status":200})",
     R"(INFO {"type":"request","status":200})"},
    {R"({"levelname":"CRITICAL","message":"RECORD"})",
     R"(FATAL {"levelname":"CRITICAL","message":"RECORD"})"},
    {R"({"log":{"level":"warn"},"message":"x"})",
     R"(WARN {"log":{"level":"warn"},"message":"x"})"},
    {R"({"severity":"NOTICE","message":"STATE"})",
     R"(INFO {"severity":"NOTICE","message":"STATE"})"},
    {R"({"record":{"stream":"users","data":{}},"level":"info"})",
     R"(INFO {"record":{"stream":"users","data":{}},"level":"info"})"},
    {R"({"state":{"type":"STREAM"}})", R"(INFO {"state":{"type":"STREAM"}})"},
    {R"({"msg":"sent","payload":)" STATE "}",
     R"(INFO {"msg":"sent","payload":)" STATE "}"},
    {R"({"log":"{\"type\":\"RECORD\",\"record\":{}}\n","stream":"stdout"})",
     R"(INFO {"log":"{\"type\":\"RECORD\",\"record\":{}}\n","stream":"stdout"})"},
    {R"({"name":"addr","type":"RECORD","mode":"NULLABLE","fields":[]})",
     R"(INFO {"name":"addr","type":"RECORD","mode":"NULLABLE","fields":[]})"},
    {R"({"type":"object","properties":{"type":{"const":"RECORD"}}})",
     R"(INFO {"type":"object","properties":{"type":{"const":"RECORD"}}})"},
    // A LOG that cannot be read is text, at the level that it names.
    {R"({"type":"LOG","log":{"level":"LOUD","message":"m"}})",
     R"(INFO {"type":"LOG","log":{"level":"LOUD","message":"m"}})"},
    {R"({"type":"LOG","log":{"level":"ERROR","message":"half)",
     R"(ERROR {"type":"LOG","log":{"level":"ERROR","message":"half)"},
    {R"({"type":"LOG","log":{"message":"m"}})",
     R"(INFO {"type":"LOG","log":{"message":"m"}})"},
    {R"({"type":"TRACE","trace":{"type":"ESTIMATE","estimate":{"type":"STREAM"}}})",
     R"(INFO {"type":"TRACE","trace":{"type":"ESTIMATE","estimate":{"type":"STREAM"}}})"},
    // Python's and Go's own.
    {"{'level': 'info', 'type': 'state'}",
     "INFO {'level': 'info', 'type': 'state'}"},
    {"map[type:RECORD record:map[]]", "INFO map[type:RECORD record:map[]]"},
};

const mixed_line foreign_rows[] = {
    {R"({"type":"RECORD","record":{"stream":"other","data":{"STATE":1},"emitted_at":1}})",
     "bad RECORD unknown_stream other, no doubt"},
    {R"({"type":"RECORD","record":{"stream":"other","data":{"v":"STATE","w":"RECORD"},"emitted_at":1}})",
     "bad RECORD unknown_stream other, no doubt"},
    {R"({"type":"RECORD","record":{"stream":"Users","data":{},"emitted_at":1}})",
     "bad RECORD unknown_stream Users, for users"},
    {R"({"type":"RECORD","record":{"stream":"user","data":{},"emitted_at":1}})",
     "bad RECORD unknown_stream user, for users"},
    {R"({"type":"RECORD","record":{"stream":"groessen","data":{},"emitted_at":1}})",
     "bad RECORD unknown_stream groessen, for Größen"},
    {R"({"type":"RECORD","record":{"stream":"Gro\u0308\u00dfen","data":{},"emitted_at":1}})",
     "bad RECORD unknown_stream Gro\u0308ßen, for Größen"},
    {R"({"type":"RECORD","record":{"stream":"orders","data":{},"emitted_at":1}})",
     "bad RECORD unknown_stream orders, for shop.orders"},
    {R"({"type":"RECORD","record":{"stream":"shop.orders","data":{},"emitted_at":1}})",
     "bad RECORD unknown_stream shop.orders, for shop.orders"},
    // A name that is escaped in a broken row.
    {R"({"type":"RECORD","record":{"stream":"Gr\u00f6\u00dfen","data":{"id":NaN},"emitted_at":1}})",
     "bad RECORD malformed_json Größen"},
    {R"({'type': 'RECORD', 'record': {'stream': 'Gr\xf6\xdfen', 'data': {'id': nan}}})",
     "bad RECORD malformed_json Größen"},
};

template <size_t N>
void check_all(const mixed_line (&lines)[N]) {
  for (const auto& [line, becomes] : lines) {
    INFO(line);
    CHECK(outline(line) == becomes);
    // Among others it is the same.
    CHECK(outline(std::string{"before\n"} + line + "\nbehind\n")
          == with_neighbours(becomes));
  }
}

} // namespace

TEST_CASE("whole messages are taken as they are", "[mixed]") {
  check_all(whole_messages);
}

TEST_CASE("messages behind and inside other text are taken", "[mixed]") {
  check_all(messages_in_text);
}

TEST_CASE("unreadable messages are counted", "[mixed]") {
  check_all(broken_messages);
}

TEST_CASE("a line that is no message is text at the level that it names",
          "[mixed]") {
  check_all(text);
}

TEST_CASE("rows of streams that the catalog does not name are reported",
          "[mixed]") {
  check_all(foreign_rows);
}

TEST_CASE("the table has at least 150 lines", "[mixed]") {
  CHECK(std::size(whole_messages) + std::size(messages_in_text)
            + std::size(broken_messages) + std::size(text)
            + std::size(foreign_rows)
        >= 150);
}
