// What must not be shown of a line, and what is lost over several lines.
#include "runtime/log/stderr_log.hpp"
#include "schema/log/log_text.hpp"
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

TEST_CASE("a secret across the cut of a long line is not shown", "[mixed]") {
  const auto secret = "s3cr3t-T0ken-xyz-0123456789-ABCDEFGH"s;
  motorcade::keep_config_secrets(R"({"token":")" + secret + R"("})", {});
  constexpr size_t kept = motorcade::longest_log_text;
  for (size_t before = 1; before <= secret.size(); ++before) {
    const auto text =
        std::string(kept - before, 'a') + secret + std::string(200, 'b');
    const auto log =
        R"({"type":"LOG","log":{"level":"INFO","message":")" + text + "\"}}";
    for (const auto& line : {text, log}) {
      INFO("cut after " << before << " characters");
      auto slab = parse_lines(line + "\n");
      REQUIRE(slab->logs);
      REQUIRE(slab->logs->size() == 1);
      const auto shown = std::string{(*slab->logs)[0].text};
      CHECK(shown.find("s3c") == std::string::npos);
      CHECK(shown.size() > kept - 100);
      CHECK(shown.find("(cut: ") != std::string::npos);
    }
  }
}
