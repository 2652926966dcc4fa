#include "schema/lines/line_parser.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace motorcade;
using namespace std::string_literals;

using strings = std::vector<std::string>;

namespace {

/// Writes down what a parser finds, a text for each call.
struct recorder : line_handler {
  void on_record(line_position where, const record_message& r) override {
    add(where, "record");
    for (const auto& field : {r.stream, r.stream_namespace, r.data,
                              r.emitted_at, r.meta, r.file_reference})
      calls.back() += field.data() == nullptr ? std::string{" -"}
                                              : " <" + std::string{field} + ">";
  }

  void on_message(line_position where, message&& content) override {
    add(where, "message " + std::to_string(content.index()));
  }

  void on_text(line_position where, std::string_view line) override {
    add(where, "text " + std::string{line});
  }

  void on_fault(line_position where, std::string_view line,
                const json_fault& fault) override {
    add(where, "fault " + std::string{to_string(fault.reason)} + " at "
                   + std::to_string(fault.offset) + " of " + std::string{line});
  }

  void add(line_position where, const std::string& text) {
    calls.push_back(std::to_string(where.index) + ": " + text);
  }

  strings calls;
};

strings parse(line_parser& parser, std::string_view text) {
  // On the heap and of the exact size, so that a sanitizer sees every byte
  // that is read beyond the padding.
  auto padded = std::make_unique<char[]>(text.size() + line_parser::padding);
  std::copy(text.begin(), text.end(), padded.get());
  recorder found;
  parser.parse({padded.get(), text.size()}, found);
  return found.calls;
}

/// Reads the line by a parser that knows the form of the lines before it, and
/// by one that knows none; fails the test if they differ.
/// @returns what was found in it.
strings read_behind(line_parser& parser, const std::string& before,
                    const std::string& line) {
  INFO(line);
  parse(parser, before);
  line_parser fresh;
  auto plain = parse(fresh, line);
  REQUIRE(parse(parser, line) == plain);
  return plain;
}

const std::string usual =
    R"({"type":"RECORD","record":{"stream":"users","data":{"id":1,"n":[0.5,"x"],"b":{"t":true}},"emitted_at":1795216072761}})"
    "\n";

} // namespace

TEST_CASE("a record of the form of the last one is read as any other") {
  struct row {
    const char* name;
    std::string before;
    std::string line;
    /// The record's fields; empty: it is none.
    std::string found;
  };

  const auto head = R"({"type":"RECORD","record":{"stream":")"s;
  const auto tail = R"(,"emitted_at":2}})"s;
  const auto spaced =
      R"({ "type" : "RECORD" , "record" : { "stream" : "s"  , "namespace" : null, "data" : { } , "emitted_at" : 1 , "meta" : { "changes" : [ ] } } })"
      "\n"s;
  for (
      const auto& [name, before, line, found] : std::vector<row>{
          {"the same", usual, usual,
           R"(<users> - <{"id":1,"n":[0.5,"x"],"b":{"t":true}}> <1795216072761> - -)"},
          {"all values differ", usual,
           head + R"(a b","data":{"a":null})" + tail,
           R"(<a b> - <{"a":null}> <2> - -)"},
          {"an empty name, and no columns", usual,
           head + R"(","data":{})" + tail, R"(<> - <{}> <2> - -)"},
          {"escapes", usual, head + R"(a\"b\\","data":{"a\n":"\\\""})" + tail,
           R"(<a\"b\\> - <{"a\n":"\\\""}> <2> - -)"},
          {"a wrong escape", usual, head + R"(a\q","data":{})" + tail, ""},
          {"another namespace", usual,
           head + R"(s","namespace":"n","data":{})" + tail,
           R"(<s> <n> <{}> <2> - -)"},
          {"white space", spaced, spaced,
           R"(<s> - <{ }> <1 > <{ "changes" : [ ] }> -)"},
          {"less white space than there is room for in front of it",
           head + "s\"" + std::string(4096, ' ') + R"(,"data":{})" + tail,
           head + R"(","data":{})" + tail, R"(<> - <{}> <2> - -)"},
          {"less white space", spaced, usual,
           R"(<users> - <{"id":1,"n":[0.5,"x"],"b":{"t":true}}> <1795216072761> - -)"},
          {"white space before the time", usual,
           head + R"(s","data":{},"emitted_at": 2}})", R"(<s> - <{}> <2> - -)"},
          {"a double", usual, head + R"(s","data":{},"emitted_at":-1.5E+3}})",
           R"(<s> - <{}> <-1.5E+3> - -)"},
          {"a time that is no number", usual,
           head + R"(s","data":{},"emitted_at":01}})", ""},
          {"a text as time", usual, head + R"(s","data":{},"emitted_at":"1"}})",
           ""},
          {"an array as data", usual, head + R"(s","data":[])" + tail, ""},
          {"the type comes last",
           R"({"record":{"emitted_at":1,"data":{},"stream":"s"},"type":"RECORD"})",
           R"({"record":{"emitted_at":7,"data":{"a":1},"stream":"t"},"type":"RECORD"})",
           R"(<t> - <{"a":1}> <7> - -)"},
          {"another type",
           R"({"record":{"emitted_at":1,"data":{},"stream":"s"},"type":"RECORD"})",
           R"({"record":{"emitted_at":7,"data":{"a":1},"stream":"t"},"type":"RECORDS"})",
           ""},
          {"a second type", usual,
           head + R"(s","data":{},"emitted_at":2},"type":"STATE"})", ""},
          {"members without meaning",
           R"({"type":"RECORD","state":null,)"
           R"("record":{"stream":"s","data":{},)"
           R"("emitted_at":1,"x":[1,{"a":2}]}})",
           R"({"type":"RECORD","state":null,)"
           R"("record":{"stream":"t","data":{"a":"b"},)"
           R"("emitted_at":9,"x":[1,{"a":2}]}})",
           R"(<t> - <{"a":"b"}> <9> - -)"},
          {"a line's end among the columns", usual,
           head + "s\",\"data\":{\"a\":1,\n\"b\":2}" + tail, ""},
          {"a line's end behind the columns", usual,
           head + "s\",\"data\":{\"a\":1}\n" + tail, ""},
          {"text behind it", usual, head + R"(s","data":{})" + tail + " x", ""},
          {"a record behind it", usual, head + R"(s","data":{})" + tail + usual,
           ""},
          {"meta twice, the last one null", usual,
           head + R"(s","data":{},"meta":{"z":1},"meta":null)" + tail,
           R"(<s> - <{}> <2> - -)"},
          {"meta twice", usual,
           head + R"(s","data":{},"meta":[],"meta":{"z":1})" + tail,
           R"(<s> - <{}> <2> <{"z":1}> -)"},
          {"a file", usual,
           head + R"(s","data":{},"file_reference":{"a":1})" + tail,
           R"(<s> - <{}> <2> - <{"a":1}>)"}}) {
    INFO(name);
    line_parser parser;
    const auto calls = read_behind(parser, before, line);
    CHECK_FALSE(calls.empty());
    if (!found.empty())
      CHECK(calls == strings{"0: record " + found});
    for (const auto& call : calls)
      CHECK((!found.empty() || call.find("record <") == std::string::npos));
  }
}

TEST_CASE("a record that differs in one place from its form is not misread") {
  const auto other =
      R"({"type":"RECORD","record":{"stream":"s","namespace":"n","data":{"a":"\u00e9","b":-1.5e3},"emitted_at":17,"meta":{"changes":[]}}})"
      "\n"s;
  const auto line = GENERATE_COPY(usual, other);
  constexpr std::string_view bytes = "{}[]:,\"\\ \t\n0917-.eEtnf\x01\x80\xC3x";
  line_parser parser;
  for (size_t at = 0; at + 1 < line.size(); ++at) {
    read_behind(parser, line, line.substr(0, at));
    read_behind(parser, line, line.substr(at));
    auto cut = line;
    cut.erase(at, 1);
    read_behind(parser, line, cut);
    for (const auto byte : bytes) {
      auto changed = line;
      changed[at] = byte;
      read_behind(parser, line, changed);
      auto longer = line;
      longer.insert(at, 1, byte);
      read_behind(parser, line, longer);
    }
  }
}

TEST_CASE("records of many forms in turn are read as each by itself") {
  const auto seed = GENERATE(as<unsigned>{}, 1, 2, 3);
  INFO("seed " << seed);
  std::mt19937 random{seed};
  const auto one_of = [&](const strings& texts) {
    return texts[std::uniform_int_distribution<size_t>{0, texts.size()
                                                              - 1}(random)];
  };
  line_parser parser;
  for (auto round = 0; round < 300; ++round) {
    std::string text;
    strings alone;
    for (size_t i = 0; i < 20; ++i) {
      strings members = {
          R"("stream":)" + one_of({R"("s")", R"("t\u00e9")", R"("")", "1"}),
          R"("data":)"
              + one_of({"{}", R"({"a":[{"b":1}]})",
                        R"({"a":1.50,"b":12345678,"c":123456789})",
                        R"({"a":null,"b":true,"c":false})", "[]", R"({"a":00})",
                        R"({"a":nul})", R"({"a":"\x"})", R"({"a" : 1.e2})",
                        R"({"a":1.})", R"({"a":0.5})"}),
          R"("emitted_at":)"
              + one_of({"1", "1795216072761", "1.7E12", "\"1\"", "-"})};
      if (random() % 3 == 0)
        members.push_back(R"("namespace":)" + one_of({"null", R"("n")"}));
      if (random() % 3 == 0)
        members.push_back(R"("meta":)" + one_of({"null", R"({"x":[1]})"}));
      if (random() % 4 == 0)
        std::shuffle(members.begin(), members.end(), random);
      std::string record;
      for (const auto& one : members)
        record += (record.empty() ? "" : one_of({",", ",", " , "})) + one;
      const auto line = R"({"type":)"
                        + one_of({R"("RECORD")", R"("RECORD")", R"("LOG")"})
                        + R"(,"record":{)" + record + "}}";
      text += line + "\n";
      line_parser fresh;
      auto calls = parse(fresh, line);
      REQUIRE(calls.size() == 1);
      alone.push_back(std::to_string(i) + calls.front().substr(1));
    }
    REQUIRE(parse(parser, text) == alone);
  }
}
