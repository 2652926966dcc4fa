#include "schema/lines/message_finder.hpp"

#include <catch2/catch_all.hpp>

#include <chrono>
#include <random>
#include <string>

using namespace motorcade;

namespace {

/// Counts the spans and checks that every byte belongs to exactly one.
struct span_counter : span_handler {
  explicit span_counter(std::string_view whole) : line{whole} {}

  void on_text(std::string_view span) override {
    ++texts;
    take(span);
  }

  void on_found(std::string_view span, message&&) override {
    ++found;
    take(span);
  }

  void on_unreadable(std::string_view span,
                     const unreadable_message& what) override {
    ++unreadable;
    in_order = in_order && what.fault.offset <= line.size();
    take(span);
  }

  void take(std::string_view span) {
    in_order = in_order && span.data() == line.data() + at;
    at += span.size();
  }

  std::string_view line;
  size_t at = 0;
  size_t texts = 0;
  size_t found = 0;
  size_t unreadable = 0;
  bool in_order = true;
};

const std::string pieces[] = {
    R"({"type":"RECORD","record":{"stream":"a","data":{"x":1},"emitted_at":1}})",
    R"({"type":"STATE","state":{"data":{}}})",
    R"({"type":"LOG","log":{"level":"INFO","message":"m)",
    R"({'type': 'RECORD', 'record': {)",
    R"({"type":"TRACE","trace":{)",
    R"({"level":"info","msg":")",
    R"("record":{"stream":"a")",
    R"(type=<Type.STATE: 'STATE'> Airbyte)",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\\",
    ":",
    ",",
    " ",
    "text ",
    "\xC3",
    "NaN",
    R"({\"type\":\"STATE\",\"state\":{}})"};

} // namespace

TEST_CASE("every byte of a line belongs to one span", "[finder]") {
  auto seed = GENERATE(range(1u, 30u));
  INFO("seed " << seed);
  std::mt19937 random{seed};
  for (int i = 0; i < 1000; ++i) {
    std::string line;
    for (auto n = random() % 12; n > 0; --n) {
      auto piece = pieces[random() % std::size(pieces)];
      line += random() % 4 == 0 ? piece.substr(0, random() % (piece.size() + 1))
                                : piece;
    }
    span_counter spans{line};
    find_messages(line, spans);
    INFO(line);
    REQUIRE(spans.in_order);
    REQUIRE(spans.at == line.size());
  }
}

TEST_CASE("a message is found in a line of any length", "[finder]") {
  std::string line;
  line.append(20u << 20, 'x').append("{\"").append(1u << 20, '{');
  line.append(pieces[0]).append(1u << 20, '}').append(pieces[1]);
  span_counter spans{line};
  find_messages(line, spans);
  CHECK(spans.found == 2);
  CHECK(spans.at == line.size());
}

TEST_CASE("the time is in proportion to the line's length", "[finder]") {
  auto time_of = [](const std::string& piece, size_t bytes) {
    std::string line;
    while (line.size() < bytes)
      line += piece;
    auto start = std::chrono::steady_clock::now();
    span_counter spans{line};
    find_messages(line, spans);
    CHECK(spans.at == line.size());
    return std::chrono::steady_clock::now() - start;
  };
  for (const std::string piece :
       {"{",
        R"({")",
        R"({"a":)",
        R"({"a":"{")",
        "[",
        "[{",
        R"({\)",
        R"(\)",
        R"(")",
        R"({"type":"RECORD")",
        R"({"type":"RECORD","record":{)",
        R"({"record":{"stream":)",
        "{'type': 'RECORD', ",
        R"({\"type\":)",
        R"("record":{)",
        "type=",
        "[type=RECORD,",
        R"({"a":1,)",
        "{ ",
        R"({"a":{ )",
        R"({"type":"LOG","log":{"a":{"type":"RECORD","record":{}},)",
        "RECORD",
        R"("RECORD" )"}) {
    INFO(piece);
    // A rescan of the rest at each piece would take minutes.
    CHECK(time_of(piece, 2 << 20) < std::chrono::seconds{20});
  }
}
