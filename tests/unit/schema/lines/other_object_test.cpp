// Valid JSON objects that are no messages: what is known of them is handed on,
// and changes nothing of what they become.
#include "schema/lines/line_parser.hpp"
#include "schema/lines/message_finder.hpp"
#include "schema/log/log_line_level.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

using namespace motorcade;

namespace {

/// Names the spans of a line.
struct named_spans : span_handler {
  void on_text(std::string_view text) override {
    out.push_back("text " + std::string{text});
  }

  void on_found(std::string_view span, message&& content) override {
    out.push_back("found " + std::to_string(content.index()) + " "
                  + std::string{span});
  }

  void on_unreadable(std::string_view span,
                     const unreadable_message& what) override {
    out.push_back("bad " + std::string{to_string(what.kind)} + " "
                  + std::to_string(what.fault.offset) + " " + what.fault.what
                  + " " + std::string{span});
  }

  std::vector<std::string> out;
};

/// Counts the calls for a text of one line.
struct counted_calls : line_handler {
  void on_record(line_position, const record_message&) override { ++others; }

  void on_message(line_position, message&& content) override {
    ++(std::holds_alternative<unknown_message>(content) ? unknown : others);
  }

  void on_text(line_position, std::string_view) override { ++others; }

  void on_fault(line_position, std::string_view, const json_fault&) override {
    ++others;
  }

  void on_other_object(line_position, std::string_view,
                       const json_fault& fault) override {
    ++objects;
    said = fault;
  }

  int objects = 0;
  int unknown = 0;
  int others = 0;
  json_fault said{line_fault::malformed_json, 0, ""};
};

counted_calls parse_line(const std::string& line) {
  auto padded = line + std::string(line_parser::padding, '\0');
  line_parser parser;
  counted_calls calls;
  parser.parse({padded.data(), line.size()}, calls);
  return calls;
}

const std::string objects[] = {
    "{}",
    " \t{ } \r",
    R"({"level":"warn","msg":"x"})",
    R"(  {"level":"warn","msg":"x"}  )",
    R"({"msg":"{\"type\":\"RECORD\",\"record\":{}}","level":30})",
    R"({"msg":"type=RECORD","a":{"type":"STATE"},"level":30})",
    R"({"Level":"warn","Type":"RECORD","Record":{"stream":"a","data":{}}})",
    R"({"\u006cevel":"warn"})",
    R"({"\u0074ype":"RECORD","record":{"stream":"a","data":{}}})",
    R"({"a":1})",
    R"({"type":null,"level":"error"})",
    R"({"type":7})",
    R"({"type":"access","level":"error"})",
    R"({"type":"LOG","level":"error"})",
    R"({"type":"log","log":{"level":"error"},"record":{"stream":"a","data":{}}})",
    R"({"type":"TRACE","trace":{"type":"ESTIMATE","estimate":{"type":7}}})",
    R"({"type":"TRACE","trace":{"type":"ERROR","error":{}}})",
    R"({"type":"RECORD","record":{"stream":"a"}})",
    R"({"type":"RECORD","level":"warn"})",
    R"({"type":"AIRBYTE_RECORD","record":{"stream":"a","data":{}}})",
    R"({"kind":"RECORD","record":{"stream":"a","data":{},"emitted_at":1}})",
    R"({"record":{"stream":"a","data":{},"emitted_at":1}})",
    R"({"record":{"stream":"a","data":{},"emitted_at":1},"level":"warn"})",
    R"({"type":"state","state":{"type":"STREAM","stream":{}}})",
    R"({"state":{"type":"GLOBAL","global":{}}})",
    R"({"log":{"level":"error"}})",
    R"({"level":{"name":"error","no":40}})",
    R"({"severity":"ERROR","level":"nonsense"})",
};

} // namespace

TEST_CASE("a valid object consists of the same parts, known as one or not") {
  for (const auto& line : objects) {
    INFO(line);
    named_spans known;
    named_spans unknown;
    find_messages_in_object(line, known);
    find_messages(line, unknown);
    CHECK(known.out == unknown.out);
  }
}

TEST_CASE("a valid object has the same level, known as one or not") {
  for (const auto& line : objects)
    // Also behind lines that it may continue.
    for (const auto* before :
         {"", "ERROR x", "Traceback (most recent call last):",
          "thread 'main' panicked at x:", "Require stack:"}) {
      INFO(before << "\n" << line);
      log_line_levels known{log_level::info};
      log_line_levels unknown{log_level::info};
      if (*before != '\0') {
        known.next(before);
        unknown.next(before);
      }
      const auto a = known.next_object(line);
      const auto b = unknown.next(line);
      CHECK(a.level == b.level);
      CHECK(a.of_earlier_line == b.of_earlier_line);
      CHECK(known.next("  behind").level == unknown.next("  behind").level);
    }
}

TEST_CASE("a line that is an object and no message is handed over as one") {
  for (const auto& line : objects) {
    INFO(line);
    const auto calls = parse_line(line);
    CHECK(calls.objects + calls.unknown == 1);
    CHECK(calls.others == 0);
    // What is said of it is the same if it is read by itself.
    const auto read = parse_message(line);
    if (calls.objects == 1) {
      const auto& fault = std::get<json_fault>(read);
      CHECK(calls.said.reason == fault.reason);
      CHECK(calls.said.offset == fault.offset);
      CHECK(calls.said.what == fault.what);
    }
  }
  for (const std::string line :
       {R"({"level":"warn")", R"({"level":"warn"} x)", R"([{"level":"warn"}])",
        R"({"level":"warn"}{"level":"warn"})", "{\"level\":\"w\1\"}"}) {
    INFO(line);
    const auto calls = parse_line(line);
    CHECK(calls.objects == 0);
    CHECK(calls.others == 1);
  }
}
