#include "schema/lines/message.hpp"

#include "schema/lines/line_parser.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <variant>

using namespace motorcade;

namespace {

/// Keeps the message of a line that is no RECORD.
struct one_message : line_handler {
  void on_record(line_position, const record_message&) override {
    FAIL("a record");
  }

  void on_message(line_position, message&& content) override {
    read = std::move(content);
  }

  void on_text(line_position, std::string_view line) override { FAIL(line); }

  void on_fault(line_position, std::string_view,
                const json_fault& fault) override {
    FAIL(fault.what);
  }

  message read = unknown_message{};
};

message one(const std::string& line) {
  const auto padded = line + std::string(line_parser::padding, '\0');
  line_parser parser;
  one_message found;
  parser.parse({padded.data(), line.size()}, found);
  return found.read;
}

} // namespace

TEST_CASE("every other message type is read") {
  SECTION("STATE of a stream") {
    auto state = std::get<state_message>(one(
        R"({"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"s","namespace":"n"},"stream_state":{ "b":1.0, "a":2 }},"sourceStats":{"recordCount":12.0},"id":3,"partition_id":1}})"));
    CHECK(state.kind == state_kind::stream);
    CHECK(state.stream.key() == "n.s");
    CHECK(state.state == R"({ "b":1.0, "a":2 })");
    REQUIRE(state.source_records);
    CHECK(state.source_records->value == 12.0);
  }
  SECTION("a reset") {
    auto state = std::get<state_message>(one(
        R"({"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"s"},"stream_state":null}}})"));
    CHECK(state.state == "null");
    CHECK(state.stream.key() == "s");
  }
  SECTION("STATE, global") {
    auto state = std::get<state_message>(one(
        R"({"type":"STATE","state":{"type":"GLOBAL","global":{"shared_state":{"x":1},"stream_states":[]}}})"));
    CHECK(state.kind == state_kind::global);
    CHECK(state.state == R"({"shared_state":{"x":1},"stream_states":[]})");
  }
  SECTION("STATE, legacy") {
    auto state = std::get<state_message>(
        one(R"({"type":"STATE","state":{"data":{"x":1}}})"));
    CHECK(state.kind == state_kind::legacy);
    CHECK(state.state == R"({"x":1})");
  }
  SECTION("a count that is no number") {
    auto state = std::get<state_message>(one(
        R"({"type":"STATE","state":{"data":{},"sourceStats":{"recordCount":"1"}}})"));
    CHECK(state.state == "{}");
    REQUIRE(state.source_records);
    CHECK(state.source_records->written == R"("1")");
    CHECK_FALSE(state.source_records->value);
  }
  SECTION("a count in something else") {
    const auto* const stats = GENERATE("[]", "7", R"("x")", "{}", "null");
    auto state = std::get<state_message>(
        one(R"({"type":"STATE","state":{"data":{},"sourceStats":)"
            + std::string{stats} + "}}"));
    CHECK(state.state == "{}");
    CHECK_FALSE(state.source_records);
  }
  SECTION("LOG") {
    auto log = std::get<log_message>(one(
        R"({"type":"LOG","log":{"level":"WARN","message":"a\nb \ud83d","stack_trace":"at x"}})"));
    CHECK(log.level == log_level::warn);
    CHECK(log.text == "a\nb \uFFFD\nat x");
  }
  SECTION("DEBUG") {
    auto log = std::get<log_message>(
        one(R"({"type":"DEBUG","message":"m","data":{"a":1}})"));
    CHECK(log.level == log_level::debug);
    CHECK(log.text == R"(m {"a":1})");
  }
  SECTION("TRACE ERROR") {
    auto error = std::get<error_trace>(one(
        R"({"type":"TRACE","trace":{"type":"ERROR","emitted_at":1.5,"error":{"message":"m","internal_message":"i","stack_trace":"t","failure_type":"config_error","stream_descriptor":{"name":"s"}}}})"));
    CHECK(error.message == "m");
    CHECK(error.internal_message == "i");
    CHECK(error.stack_trace == "t");
    CHECK(error.failure_type == "config_error");
    CHECK(error.stream->key() == "s");
  }
  SECTION("TRACE ERROR of a stream that cannot be read") {
    const auto* const descriptor =
        GENERATE(R"("users")", "[]", "7", "{}", R"({"name":7})",
                 R"({"name":null,"namespace":"n"})");
    auto error = std::get<error_trace>(
        one(R"({"type":"TRACE","trace":{"type":"ERROR","error":{"message":)"
            R"("the reason","stream_descriptor":)"
            + std::string{descriptor} + "}}}"));
    CHECK(error.message == "the reason");
    CHECK_FALSE(error.stream);
  }
  SECTION("TRACE ESTIMATE") {
    auto of_stream = std::get<estimate_trace>(one(
        R"({"type":"TRACE","trace":{"type":"ESTIMATE","emitted_at":1,"estimate":{"name":"s","type":"STREAM","row_estimate":100,"byte_estimate":18000}}})"));
    CHECK(of_stream.stream->key() == "s");
    CHECK(of_stream.rows == 100);
    CHECK(of_stream.bytes == 18000);
    auto of_sync = std::get<estimate_trace>(one(
        R"({"type":"TRACE","trace":{"type":"ESTIMATE","estimate":{"type":"SYNC","row_estimate":7}}})"));
    CHECK_FALSE(of_sync.stream);
  }
  SECTION("TRACE STREAM_STATUS") {
    auto status = std::get<stream_status_trace>(one(
        R"({"type":"TRACE","trace":{"type":"STREAM_STATUS","stream_status":{"stream_descriptor":{"name":"s"},"status":"RUNNING","reasons":[{"type":"RATE_LIMITED","rate_limited":{"quota_reset":17}}]}}})"));
    CHECK(status.value == stream_status_trace::status::running);
    CHECK(status.reason == "RATE_LIMITED until 17");
  }
  SECTION("TRACE ANALYTICS") {
    auto analytics = std::get<analytics_trace>(one(
        R"({"type":"TRACE","trace":{"type":"ANALYTICS","analytics":{"type":"t","value":"v"}}})"));
    CHECK(analytics.type == "t");
    CHECK(analytics.value == "\"v\"");
  }
  SECTION("CONTROL") {
    auto control = std::get<control_message>(one(
        R"({"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG","emitted_at":1,"connectorConfig":{"config":{"token":"x"}}}})"));
    CHECK(control.config == R"({"token":"x"})");
  }
  SECTION("documents") {
    auto catalog = std::get<document_message>(
        one(R"({"type":"CATALOG","catalog":{"streams":[]}})"));
    CHECK(catalog.type == "CATALOG");
    CHECK(catalog.document == R"({"streams":[]})");
    CHECK(
        std::get<document_message>(
            one(R"({"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED"}})"))
            .document
        == R"({"status":"FAILED"})");
    CHECK(std::get<document_message>(one(R"({"type":"SPEC","spec":{}})")).type
          == "SPEC");
    CHECK(std::get<document_message>(
              one(R"({"type":"DESTINATION_CATALOG","destination_catalog":{}})"))
              .type
          == "DESTINATION_CATALOG");
  }
  SECTION("unknown types") {
    CHECK(std::get<unknown_message>(one(R"({"type":"NEWS"})")).type == "NEWS");
    CHECK(std::get<unknown_message>(
              one(R"({"type":"TRACE","trace":{"type":"ODD"}})"))
              .type
          == "TRACE ODD");
  }
}
