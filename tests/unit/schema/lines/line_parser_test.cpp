#include "schema/lines/line_parser.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <random>

using namespace motorcade;
using namespace std::string_literals;

namespace {

/// Writes down what a parser tells, a line of text for each call.
struct recorder : line_handler {
  void on_record(line_position where, const record_message& r) override {
    add(where, "record " + std::string{r.stream_namespace} + "/"
                   + std::string{r.stream} + " " + std::string{r.data});
  }

  void on_message(line_position where, message&& content) override {
    add(where, "message " + std::to_string(content.index()));
  }

  void on_text(line_position where, std::string_view line) override {
    add(where, "text " + std::string{line});
  }

  void on_fault(line_position where, std::string_view,
                const json_fault& fault) override {
    add(where, "fault " + std::string{to_string(fault.reason)} + " at "
                   + std::to_string(fault.offset));
    what = fault.what;
  }

  void add(line_position where, const std::string& text) {
    calls.push_back(std::to_string(where.index) + ": " + text);
  }

  std::vector<std::string> calls;
  std::string what;
};

recorder parse(line_parser& parser, const std::string& text) {
  // On the heap and of the exact size, so that a sanitizer sees every byte
  // that is read beyond the padding.
  auto size = text.size();
  auto padded = std::make_unique<char[]>(size + line_parser::padding);
  std::copy(text.begin(), text.end(), padded.get());
  recorder told;
  parser.parse({padded.get(), size}, told);
  return told;
}

recorder parse(const std::string& text) {
  line_parser parser;
  return parse(parser, text);
}

std::vector<std::string> calls(const std::string& text) {
  return parse(text).calls;
}

using lines = std::vector<std::string>;

const auto good =
    R"({"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}})"s;

} // namespace

TEST_CASE("a record yields stream, namespace and the exact bytes of data") {
  CHECK(calls(good + "\n") == lines{"0: record /users {\"id\":1}"});
  CHECK(calls(good) == lines{"0: record /users {\"id\":1}"});
  CHECK(calls(good + "\r\n\r\n\n  \n" + good)
        == lines{"0: record /users {\"id\":1}", "4: record /users {\"id\":1}"});
  CHECK(
      calls(
          R"( { "record" : {"emitted_at": 1e3, "namespace":"public", "data" : { "a" : [1, {"b":"}"}] } , "meta":{"changes":[]}, "stream":"a b"}, "x":null, "type" : "RECORD" } )")
      == lines{R"(0: record public/a b { "a" : [1, {"b":"}"}] })"});
  CHECK(
      calls(
          R"({"type":"RECORD","record":{"stream":"s","namespace":null,"data":{},"emitted_at":1.5}})")
      == lines{"0: record /s {}"});
}

TEST_CASE("keys may be escaped, and the last of equal keys counts") {
  CHECK(
      calls(
          R"({"t\u0079pe":"RECORD","r\u0065cord":{"str\u0065am":"s","d\u0061ta":{"x":1},"emitted_at":1}})")
      == lines{R"(0: record /s {"x":1})"});
  CHECK(
      calls(
          R"({"type":"RECORD","type":"RECORD","record":{"stream":"a","stream":"s","data":{"x":1},"data":{"y":1},"emitted_at":1}})")
      == lines{R"(0: record /s {"y":1})"});
  CHECK(
      calls(
          R"({"type":"RECORD","record":{"stream":"a","data":{},"emitted_at":1},"record":5})")
      == lines{"0: fault wrong_type at 75"});
}

TEST_CASE("JSON that simdjson's DOM refuses but RFC 8259 allows is delivered") {
  auto data =
      GENERATE(as<std::string>{}, R"({"n":123456789012345678901234567890})",
               R"({"n":1e400})", R"({"s":"\ud83d"})", R"({"s":"\u0000"})",
               R"({"a":1,"a":2})");
  auto line = R"({"type":"RECORD","record":{"stream":"s","data":)" + data
              + R"(,"emitted_at":1}})";
  CHECK(calls(line) == lines{"0: record /s " + data});
}

TEST_CASE("nesting is accepted up to a depth of 1000") {
  auto line = [](size_t depth) {
    return R"({"type":"RECORD","record":{"stream":"s","data":{"a":)"
           + std::string(depth, '[') + std::string(depth, ']')
           + R"(},"emitted_at":1}})";
  };
  CHECK(parse(line(997)).calls.at(0).substr(0, 11) == "0: record /");
  CHECK(parse(line(998)).calls.at(0).substr(0, 25)
        == "0: fault nesting_too_deep");
  CHECK(parse(line(100'000) + "\n" + good).calls
        == lines{"0: fault nesting_too_deep at 1049",
                 "1: record /users {\"id\":1}"});
}

TEST_CASE("a bad line is reported, and the next one is read") {
  struct row {
    std::string line;
    std::string report;
  };

  auto r = GENERATE(values<row>({
      {R"({"type":"RECORD","record":{"stream":"s","data":{"a":1,},"emitted_at":1}})",
       "fault malformed_json at 54"},
      {R"({"type":"RECORD","record":{"stream":"s","data":{"a":NaN},"emitted_at":1}})",
       "fault malformed_json at 52"},
      {R"({"type":"RECORD","record":{"stream":"s","data":{"a":"\x"},"emitted_at":1}})",
       "fault malformed_json at 53"},
      {R"({"type":"RECORD","record":{"stream":"s","data":{"a":"b)",
       "fault malformed_json at 54"},
      {"{\"type\":\"RECORD\",\"record\":{\"stream\":\"s\",\"data\":{\"a\":"
       "\"\xFF\"},"
       "\"emitted_at\":1}}",
       "fault invalid_utf8 at 53"},
      {"{\"type\":\"RECORD\",\"record\":{\"stream\":\"s\",\"data\":{\"a\":\"\0\"},\"emitted_at\":1}}"s,
       "fault nul_byte at 53"},
      {"{\"type\":\"RECORD\"\0}"s, "fault nul_byte at 16"},
      {"{\"a\":\"\t\"}", "fault control_character at 6"},
      {R"({"type":"RECORD"} x)", "fault malformed_json at 18"},
      {R"({"type":"RECORD"}{"type":"RECORD"})", "fault malformed_json at 17"},
      {R"({"a":)", "fault malformed_json at 5"},
      {"{}", "fault missing_field at 0"},
      {R"({"type":5})", "fault wrong_type at 8"},
      {R"({"type":"RECORD"})", "fault missing_field at 0"},
      {R"({"type":"RECORD","record":[]})", "fault wrong_type at 26"},
      {R"({"type":"RECORD","record":{"data":{},"emitted_at":1}})",
       "fault missing_field at 26"},
      {R"({"type":"RECORD","record":{"stream":"s","emitted_at":1}})",
       "fault missing_field at 26"},
      {R"({"type":"RECORD","record":{"stream":"s","data":{}}})",
       "fault missing_field at 26"},
      {R"({"type":"RECORD","record":{"stream":7,"data":{},"emitted_at":1}})",
       "fault wrong_type at 36"},
      {R"({"type":"RECORD","record":{"stream":"s","data":[],"emitted_at":1}})",
       "fault wrong_type at 47"},
      {R"({"type":"RECORD","record":{"stream":"s","data":{},"emitted_at":"1"}})",
       "fault wrong_type at 63"},
      {R"({"type":"RECORD","record":{"stream":"s","namespace":1,"data":{},"emitted_at":1}})",
       "fault wrong_type at 52"},
      {R"({"type":"STATE","state":{"type":"STREAM"}})",
       "fault missing_field at 24"},
      {R"({"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{}}}})",
       "fault missing_field at 71"},
      {R"({"type":"STATE","state":{"type":"ODD"}})", "fault wrong_type at 32"},
      {R"({"type":"STATE","state":{"type":"GLOBAL"}})",
       "fault missing_field at 24"},
      {R"({"type":"STATE","state":{}})", "fault missing_field at 24"},
      {R"({"type":"LOG","log":{"message":"x"}})", "fault missing_field at 20"},
      {R"({"type":"LOG","log":{"level":"LOUD","message":"x"}})",
       "fault wrong_type at 29"},
      {R"({"type":"TRACE","trace":{"type":"ERROR"}})",
       "fault missing_field at 24"},
      {R"({"type":"TRACE","trace":{"type":"STREAM_STATUS","stream_status":{"stream_descriptor":{"name":"s"},"status":"MAYBE"}}})",
       "fault wrong_type at 107"},
      {R"({"type":"TRACE","trace":{"type":"ESTIMATE","estimate":{"type":"STREAM"}}})",
       "fault missing_field at 54"},
      {R"({"type":"CONTROL","control":{"type":"CONNECTOR_CONFIG"}})",
       "fault missing_field at 28"},
      {R"({"type":"CATALOG"})", "fault missing_field at 0"},
  }));
  INFO(r.line);
  // Among good lines and alone: both ways of reading must agree.
  CHECK(calls(good + "\n" + r.line + "\n" + good + "\n")
        == lines{"0: record /users {\"id\":1}", "1: " + r.report,
                 "2: record /users {\"id\":1}"});
  CHECK(calls(r.line) == lines{"0: " + r.report});
}

TEST_CASE("an object that runs over a line's end counts as two bad lines") {
  CHECK(calls("{\"type\":\n{\"a\":1}}\n" + good)
        == lines{"0: fault malformed_json at 8", "1: fault malformed_json at 7",
                 "2: record /users {\"id\":1}"});
}

TEST_CASE("a line that is no object counts as text") {
  CHECK(calls("INFO starting \"\n[1,2]\n" + good + "\nwarn \xFF \\")
        == lines{"0: text INFO starting \"", "1: text [1,2]",
                 "2: record /users {\"id\":1}", "3: text warn \xFF \\"});
}

TEST_CASE("the fast parser and the exact check agree on mutated lines") {
  auto seed = GENERATE(as<unsigned>{}, 1, 2, 3);
  INFO("seed " << seed);
  std::mt19937 random{seed};
  const lines seeds = {
      good,
      R"({"type":"RECORD","record":{"stream":"s","namespace":"n","data":{"a":[1,-0.5e+3,true,false,null,"\u00e9\ud83d\\\"",{"b":{}},[]],"é":"−"},"emitted_at":1795216072761}})",
      R"({"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"s"},"stream_state":{"x":[1,2]}}}})",
      R"({"type":"LOG","log":{"level":"INFO","message":"x"}})",
  };
  constexpr std::string_view bytes =
      "{}[]:,\"\\ \t\r0123456789-+.eEtfnulrasx/\x01\x00\x7f\x80\xC3\xE2\xFFu"
      "d8";
  line_parser parser;
  auto pick = [&](size_t n) {
    return std::uniform_int_distribution<size_t>{0, n - 1}(random);
  };
  for (int i = 0; i < 20'000; ++i) {
    auto line = seeds[pick(seeds.size())];
    for (auto n = pick(4); n > 0; --n) {
      auto at = pick(line.size());
      switch (pick(4)) {
      case 0:
        line[at] = bytes[pick(bytes.size())];
        break;
      case 1:
        line.insert(at, 1, bytes[pick(bytes.size())]);
        break;
      case 2:
        line.erase(at, 1 + pick(3));
        break;
      default:
        line.insert(pick(line.size()),
                    line.substr(at, 1 + pick(line.size() - at)));
      }
      if (line.empty())
        line = "{";
    }
    if (line.find_first_not_of(" \t\r") == std::string::npos
        || line[line.find_first_not_of(" \t\r")] != '{')
      continue;
    auto fault = check_json(line);
    // In a text of its own, and among others that are good.
    auto told = parse(parser, good + "\n" + line + "\n" + good + "\n");
    INFO(line);
    REQUIRE(told.calls.size() == 3);
    REQUIRE(told.calls[2] == "2: record /users {\"id\":1}");
    auto json_error =
        told.calls[1].find("fault") != std::string::npos
        && told.calls[1].find("missing_field") == std::string::npos
        && told.calls[1].find("wrong_type") == std::string::npos;
    REQUIRE(json_error == fault.has_value());
    if (!fault) {
      auto read = parse_message(line);
      if (auto* m = std::get_if<message>(&read))
        if (auto* record = std::get_if<record_message>(m))
          REQUIRE(told.calls[1]
                  == "1: record " + std::string{record->stream_namespace} + "/"
                         + std::string{record->stream} + " "
                         + std::string{record->data});
    }
  }
}
