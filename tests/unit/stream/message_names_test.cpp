// Messages whose type or member has another name than the protocol gives it.
#include "support/parsed_lines.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;

TEST_CASE("a message whose type or member has another name is a doubt",
          "[mixed]") {
  const struct {
    const char* line;
    const char* becomes;
  } lines[] = {
      // Keys and types in other styles.
      {R"({"Type":"RECORD","Record":{"Stream":"users","Data":{"id":1},"EmittedAt":1}})",
       "RECORD"},
      {R"({"Type":"STATE","State":{"Type":"STREAM","Stream":{}}})", "STATE"},
      {R"({"TYPE":"RECORD","RECORD":{"stream":"users","data":{},"emitted_at":1}})",
       "RECORD"},
      {R"({"type":"RECORD ","record":{"stream":"users","data":{},"emitted_at":1}})",
       "RECORD"},
      {R"({"type":" STATE","state":{"data":{}}})", "STATE"},
      {R"({"type":"AIRBYTE_RECORD","record":{"stream":"users","data":{},"emitted_at":1}})",
       "RECORD"},
      {R"({"type":"AirbyteRecord","record":{"stream":"users","data":{},"emitted_at":1}})",
       "RECORD"},
      {R"({"type":"Type.STATE","state":{"data":{}}})", "STATE"},
      {R"({"type":"RECORD_MESSAGE","record":{"stream":"users","data":{}}})",
       "RECORD"},
      {R"({"type":"airbyte.trace","trace":{"type":"ERROR","error":{"message":"x"}}})",
       "TRACE"},
      {R"({"type":"CATALOG_MESSAGE","catalog":{"streams":[]}})", "CATALOG"},
      {R"({"type":"ConnectionStatus","connectionStatus":{"status":"FAILED"}})",
       "CONNECTION_STATUS"},
      {R"({"kind":"RECORD","record":{"stream":"users","data":{},"emitted_at":1}})",
       "RECORD"},
      {R"({"@type":"STATE","state":{"type":"STREAM","stream":{}}})", "STATE"},
      {R"({"ty pe":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}})",
       "RECORD"},
      // The type is lost, or is none.
      {R"({"type":"RCORD","record":{"stream":"users","data":{},"emitted_at":1}})",
       "RECORD"},
      {R"({"type":"","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{}}}})",
       "STATE"},
      {R"({"record":{"stream":"users","data":{"id":1},"emitted_at":1}})",
       "RECORD"},
      // What it is about stands in another place.
      {R"({"type":"RECORD","payload":{"stream":"users","data":{"id":1},"emitted_at":1}})",
       "RECORD"},
      {R"({"type":"RECORD","rec":{"stream":"users","data":{}}})", "RECORD"},
      {R"({"type":"RECORD","records":[{"stream":"users","data":{}}]})",
       "RECORD"},
      {R"({"type":["RECORD"],"record":{"stream":"users","data":{},"emitted_at":1}})",
       "RECORD"},
      {R"({"type":null,"state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"}}}})",
       "STATE"},
      {R"({"type":"RECORD","stream":"users","record":{"id":1},"time_extracted":"x"})",
       "RECORD"},
      // Twice, or two in one.
      {R"({"type":"RECORD","type":"ROW","record":{"stream":"users","data":{},"emitted_at":1}})",
       "RECORD"},
      {R"({"type":"ROW","type":"RECORD","record":{"stream":"users","data":{},"emitted_at":1}})",
       "RECORD"},
      {R"({"type":"LOG","type":"RECORD","record":{"stream":"users","data":{},"emitted_at":1}})",
       "RECORD"},
      {R"({"type":"RECORD","type":"LOG","record":{"stream":"users","data":{},"emitted_at":1}})",
       "RECORD"},
      {R"({"type":"RECORD","type":"STATE","record":{"stream":"users","data":{},"emitted_at":1},"state":{"data":{}}})",
       "RECORD"},
      {R"({"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1},"record":{"stream":"users","data":{"id":2},"emitted_at":1}})",
       "RECORD"},
      {R"({"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1},"state":{"type":"STREAM","stream":{}}})",
       "RECORD"},
      {R"({"type":"STATE","state":{"data":{}},"record":{"stream":"users","data":{"id":1},"emitted_at":1}})",
       "STATE"},
      {R"({"type":"LOG","log":{"level":"INFO","message":"m"},"record":{"stream":"users","data":{"id":1},"emitted_at":1}})",
       "RECORD"},
      // As other programs print their objects.
      {"map[record:map[data:map[id:1] emitted_at:1 stream:users] type:RECORD]",
       "RECORD"},
      {"{Type:RECORD Record:{Stream:users Data:map[id:1] EmittedAt:1}}",
       "RECORD"},
      {R"({:type=>"RECORD", :record=>{:stream=>"users", :data=>{:id=>1}}})",
       "RECORD"},
      {"{type=STATE, state={type=STREAM, "
       "stream={stream_descriptor={name=users}}}}",
       "STATE"},
      // Before and behind other things.
      {R"(INFO {"a":1} then {"type" "RECORD","record":{"stream":"users","data":{}}})",
       "RECORD"},
      {R"([{"type" "RECORD","record":{"stream":"users","data":{},"emitted_at":1}},)",
       "RECORD"},
      {R"({"type":"LOG","log":{"level":"INFO","message":"abc{"type" "RECORD","record":{"stream":"users","data":{)",
       "RECORD"},
      // What may be.
      {R"({"type":"RECORD","type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}})",
       "+"},
      {R"({"type":"RECORD","log":null,"state":null,"record":{"stream":"users","data":{"id":1},"emitted_at":1}})",
       "+"},
      {R"({"type":"RECORD","state":"running","log":{"x":1},"record":{"stream":"users","data":{"id":1},"emitted_at":1}})",
       "+"},
      {R"({"type":"RECORD","meta":{"stream":"x","data":{}},"record":{"stream":"users","data":{"id":1},"emitted_at":1}})",
       "+"},
  };

  for (const auto& [line, becomes] : lines) {
    INFO(line);
    CHECK(doubts(line) == becomes);
  }
}
