// What must not be shown of a line, and what is lost over several lines.
#include "support/parsed_lines.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade::test;
using namespace std::string_literals;

namespace {

const auto row =
    R"({"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}})"s;
const auto control =
    R"({"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1,"connectorConfig":{"config":{"token":"hush"}}}})"s;

} // namespace

TEST_CASE("a message that is spread over lines is counted once", "[mixed]") {
  CHECK(outline("{\n  \"type\": \"RECORD\",\n  \"record\": {\n    \"stream\": "
                "\"users\"\n  }\n}\n")
            .starts_with("bad RECORD malformed_json | INFO {"));
  CHECK(outline("{\n  record: {\n    data: {}\n  },\n  type: 'RECORD'\n}\n")
            .starts_with("bad RECORD malformed_json | INFO {"));
  CHECK(outline(
            "  \"name\": \"addr\",\n  \"type\": \"RECORD\",\n  \"fields\": [\n")
        == "INFO   \"name\": \"addr\", | INFO   \"type\": \"RECORD\", | INFO   "
           "\"fields\": [");
}

TEST_CASE("secrets of a broken config are never shown", "[mixed]") {
  const std::vector<std::string> lines = {
      R"({"type":"CONTROL","control":{"connectorConfig":{"config":{"token":"hush)",
      R"(x {'type': 'CONTROL', 'control': {'connectorConfig': {'config': {'token': 'hush'}}}})",
      R"({"wrapped":)" + control + "}",
      R"(saving {"connectorConfig":{"config":{"token":"hush"}}})",
      R"(AirbyteMessage(type=<Type.CONTROL: 'CONTROL'>, control=AirbyteControlMessage(config={'token': 'hush'})))",
      "{\"type\":\"CONTROL\",\"control\":{\"a\":\"b\n\",\"token\":\"hush\"}}",
      "{\n \"type\": \"CONTROL\",\n \"control\": {\n \"token\": \"hush\"\n}}",
      R"(x {"type":"RECORD","record":{"stream":"users","data":{"password":"hush","v":NaN)",
      R"(password="hush" )" + row};
  for (const auto& text : lines) {
    INFO(text);
    auto slab = parse_lines(text + "\n");
    for (const auto& item : slab->items)
      if (const auto* report = std::get_if<motorcade::line_report>(&item))
        CHECK(report->excerpt.find("hush") == std::string::npos);
    for (size_t i = 0; slab->logs && i < slab->logs->size(); ++i)
      CHECK(std::string{(*slab->logs)[i].text}.find("hush")
            == std::string::npos);
  }
}
