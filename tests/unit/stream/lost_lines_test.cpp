// What is lost of lines: their part behind the limit, rows of streams that were
// not asked for, messages on stderr, and what is only counted.
#include "runtime/stream/fault_reporter.hpp"
#include "support/parsed_lines.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <array>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::string_literals;

namespace {

const auto row =
    R"({"type":"RECORD","record":{"stream":"users","data":{"id":1},"emitted_at":1}})"s;
const auto state =
    R"({"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},"stream_state":{"id":1}}}})"s;

/// Reads a text in pieces with a limit of 20,000 bytes a line, and names the
/// kinds that cannot be read.
std::string doubts_of_long(const std::string& text, size_t piece,
                           size_t slab_bytes) {
  constexpr size_t limit = 20'000;
  auto settings = mixed_settings();
  settings.max_line_bytes = limit;
  slab_parser parser{settings};
  auto pool = std::make_shared<slab_pool>(slab_bytes);
  slab_reader reader{pool, limit, nullptr};
  std::string out;
  auto parse = [&](const slab_ptr& each) {
    auto slab = parser.parse(*each);
    for (size_t i = 0; i < slab->unreadable.size(); ++i)
      for (uint64_t n = 0; n < slab->unreadable[i]; ++n)
        out += std::string{to_string(static_cast<message_kind>(i))} + " ";
  };
  for (size_t at = 0; at < text.size();) {
    auto space = reader.space();
    auto n = std::min({space.size(), piece, text.size() - at});
    std::memcpy(space.data(), text.data() + at, n);
    reader.filled(n);
    at += n;
    while (auto each = reader.take())
      parse(each);
  }
  while (auto each = reader.take_rest())
    parse(each);
  return out;
}

} // namespace

TEST_CASE("a message beyond the limit of a long line is a doubt", "[mixed]") {
  const std::string filler(30'000, 'x');

  const struct {
    std::string line;
    const char* becomes;
  } lines[] = {
      {"INFO " + filler + row, "RECORD "},
      {"INFO " + filler + " " + state + " " + filler, "STATE "},
      {"INFO " + filler
           + R"({'type': 'RECORD', 'record': {'stream': 'users'}})",
       "RECORD "},
      {R"({"type":"LOG","log":{"level":"INFO","message":")" + filler + row,
       "RECORD "},
      {R"({"level":"info","msg":")" + filler + state, "STATE "},
      {row + filler, "RECORD "},
      // Text and logs alone.
      {"INFO " + filler, ""},
      {"INFO " + filler + " of type RECORD and STATE", ""},
      {R"({"type":"LOG","log":{"level":"INFO","message":")" + filler + R"("}})",
       ""},
      {R"({"level":"info","msg":")" + filler
           + R"({\"type\":\"RECORD\",\"record\":{\"stream\":\"users\"}}"})",
       ""},
  };

  for (const auto& [line, becomes] : lines)
    for (size_t piece : {100u, 4'001u, 100'000u})
      for (size_t slab_bytes : {8'192u, 262'144u}) {
        INFO(line.substr(0, 30) << "… " << piece << " " << slab_bytes);
        CHECK(doubts_of_long(line, piece, slab_bytes) == becomes);
        auto twice = "a\n" + line;
        twice.append("\n").append(line).append("\nb\n");
        CHECK(doubts_of_long(twice, piece, slab_bytes)
              == becomes + std::string{becomes});
      }
}

TEST_CASE("a broken row of a stream that was not asked for is no doubt",
          "[mixed]") {
  const struct {
    const char* line;
    const char* becomes;
  } lines[] = {
      {R"({"type":"RECORD","record":{"stream":"other","data":{"id":NaN},"emitted_at":1}})",
       "bad RECORD unknown_stream other, no doubt"},
      {R"({"type":"RECORD","record":{"data":{"id":-Infinity,"e":NaN},"emitted_at":1,"stream":"other"}})",
       "bad RECORD unknown_stream other, no doubt"},
      {R"({"record":{"namespace":"n","stream":"other","data":{"id": NaN },"emitted_at":1},"type":"RECORD"})",
       "bad RECORD unknown_stream n.other, no doubt"},
      {R"({"type":"RECORD","record":{"stream":"other","data":{"id":1,},"emitted_at":1}})",
       "bad RECORD unknown_stream other, no doubt"},
      {R"({"type":"RECORD","record":{"stream":"other","data":[],"emitted_at":1}})",
       "bad RECORD unknown_stream other, no doubt"},
      {R"({"type":"RECORD","record":{"stream":"other","data":{"id")",
       "bad RECORD unknown_stream other, no doubt"},
      {R"(x {"type":"RECORD","record":{"stream":"other","data":{"id":NaN},"emitted_at":1}})",
       "bad RECORD unknown_stream other, no doubt | INFO x"},
      // The name is not sure, or may be one of the catalog's.
      {R"({"type":"RECORD","record":{"stream":"oth)",
       "bad RECORD malformed_json oth"},
      {R"({"type":"RECORD","record":{"stream":"other)",
       "bad RECORD malformed_json other"},
      {R"({"type":"RECORD","record":{"stream":"other,"data":{},"emitted_at":1}})",
       "bad RECORD malformed_json other,"},
      {R"({"type":"RECORD","record":{"stream":"Users","data":{"id":NaN},"emitted_at":1}})",
       "bad RECORD malformed_json users"},
      {R"({"type":"RECORD","record":{"stream":"orders","data":{"id":NaN},"emitted_at":1}})",
       "bad RECORD malformed_json shop.orders"},
      {R"({"type":"RECORD","record":{"data":{"stream":"other","id":NaN},"emi)",
       "bad RECORD malformed_json other"},
      {R"({"type":"record","record":{"stream":"other","data":{"id":1},"emitted_at":1}})",
       "bad RECORD wrong_type other"},
  };

  for (const auto& [line, becomes] : lines) {
    INFO(line);
    CHECK(outline(line) == becomes);
    CHECK((parse_lines(line)->rejected.empty())
          == (outline(line).find("unknown_stream") != std::string::npos));
  }
}

TEST_CASE("parts of one line are not counted as lines, but reported",
          "[mixed]") {
  std::string line;
  for (int i = 0; i < 60'000; ++i)
    line += R"({"type":"RECORD","record":{)";
  auto slab = parse_lines("a\n" + line + "\n" + R"({"type":"STATE")" + "\n");
  auto of = static_cast<size_t>(line_fault::malformed_json);
  CHECK(slab->faults[of] == 60'001);
  CHECK(slab->faults_in_same_line == 59'999);
  fault_reporter reporter;
  std::vector<std::string> told;
  for (const auto& item : slab->items)
    if (const auto* report = std::get_if<line_report>(&item))
      if (auto text = reporter.tell(*report, 0))
        told.push_back(*text);
  REQUIRE(told.size() == 10);
  CHECK(told[8].find("more of this kind") == std::string::npos);
  CHECK(told[9].find("59991 more of this kind") != std::string::npos);
}

TEST_CASE("a report names the stream in one line, and a huge name is cut",
          "[mixed]") {
  for (const auto& name :
       {std::string{"a\\nERROR b\\u2028c"}, std::string(100'000, 'x')}) {
    INFO(name.substr(0, 20));
    const auto slab = parse_lines(
        R"({"type":"RECORD","record":{"stream":")" + name
        + R"(","data":{},"emitted_at":1}})" + "\n"
        + R"({"type":"STATE","state":{"type":"STREAM","stream":{"stream_)"
        + R"(descriptor":{"name":")" + name
        + R"("},"stream_state":{"a":tru}}}})" + "\n");
    REQUIRE(slab->items.size() == 2);
    CHECK(std::get<line_report>(slab->items[0]).stream.size() > 5);
    for (const auto& item : slab->items) {
      const auto told =
          fault_reporter::describe(std::get<line_report>(item), 0);
      CHECK(told.find('\n') == std::string::npos);
      CHECK(told.find("\u2028") == std::string::npos);
      CHECK(told.size() < 500);
    }
  }
}

TEST_CASE("a row that is refused counts for its stream, whatever its name",
          "[mixed]") {
  for (const auto& name : {std::string{"a\nb"}, std::string{"a\rb"},
                           std::string{"\x1b[1ma"}, std::string{"a\x7f"}}) {
    slab_parser parser{{.streams = {{"", name}}, .max_row_bytes = 3}};
    const auto line = R"({"type":"RECORD","record":{"stream":)"
                      + encode_json_string(name)
                      + R"(,"data":{"a":1},"emitted_at":1}})" + "\n";
    INFO(line);
    auto pool = std::make_shared<slab_pool>(line.size());
    slab_reader reader{pool, 1u << 20, nullptr};
    std::memcpy(reader.space().data(), line.data(), line.size());
    reader.filled(line.size());
    const auto out = parser.parse(*reader.take_rest());
    REQUIRE(out->rejected.size() == 1);
    CHECK(out->rejected[0].stream == stream_id{"", name}.key());
  }
}

TEST_CASE("messages on stderr are counted and stay text", "[mixed]") {
  const struct {
    std::string text;
    const char* kinds;
  } lines[] = {
      {row, "RECORD 1 "},
      {row + "\n" + state + "\n" + row, "RECORD 2 STATE 1 "},
      {"DEBUG sent " + row, "RECORD 1 "},
      {R"({"type":"LOG","log":{"level":"INFO","message":"m"}})", ""},
      {R"({"type":"TRACE","trace":{"type":"ANALYTICS","analytics":{"type":"a"}}})",
       ""},
      {R"({"type":"TRACE","trace":{"type":"ERROR","error":{"message":"no"}}})",
       "TRACE 1 "},
      {R"({"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED"}})",
       "CONNECTION_STATUS 1 "},
      // Cut, if a line begins with it.
      {row.substr(0, 50), "RECORD 1 "},
      {state.substr(0, 40), "STATE 1 "},
      {R"({"type":"LOG","log":{"level":"INFO","mess)", ""},
      {"sending " + row.substr(0, 50), ""},
      {"    " + row.substr(0, 50), ""},
      {R"({"type":"x", "record": )", ""},
      {R"({"msg":"sent","row":)" + row + "}", ""},
      {"a RECORD of \"type\" {}", ""},
  };

  for (const auto& [text, kinds] : lines) {
    INFO(text);
    auto pool = std::make_shared<slab_pool>(text.size());
    slab_reader reader{pool, 64u << 20, nullptr};
    std::memcpy(reader.space().data(), text.data(), text.size());
    reader.filled(text.size());
    text_context said{log_line_levels{log_level::warn}};
    std::array<uint64_t, message_kind_count> counted = {};
    size_t shown = 0;
    while (auto each = reader.take_rest()) {
      auto batch = slab_parser::parse_text(*each, nullptr, said);
      shown += batch->size();
      for (size_t i = 0; i < counted.size(); ++i)
        counted[i] += batch->messages[i];
    }
    std::string out;
    for (size_t i = 0; i < counted.size(); ++i)
      if (counted[i] > 0)
        out += std::string{to_string(static_cast<message_kind>(i))} + " "
               + std::to_string(counted[i]) + " ";
    CHECK(out == kinds);
    CHECK(
        shown
        == 1 + static_cast<size_t>(std::count(text.begin(), text.end(), '\n')));
  }
}

TEST_CASE("a config that a line of log cites is not shown", "[mixed]") {
  const auto control =
      R"({\"type\":\"CONTROL\",\"control\":{\"type\":\"CONNECTOR_CONFIG\",\"connectorConfig\":{\"config\":{\"token\":\"hush\"}}}})"s;
  for (
      const auto& line :
      {R"({"type":"LOG","log":{"level":"INFO","message":"sent )" + control
           + R"("}})",
       R"({"type":"LOG","log":{"level":"INFO","message":"m","stack_trace":")"
           + control + R"("}})",
       R"({"type":"DEBUG","message":"m","data":{"type":"CONTROL","control":{"connectorConfig":{"config":{"token":"hush"}}}}})"s,
       R"({"level":"info","msg":")" + control + R"("})",
       R"({"type":"EVENT","sent":{"type":"CONTROL","control":{"config":{"token":"hush"}}}})"s}) {
    INFO(line);
    CHECK(outline(line).find("hush") == std::string::npos);
    CHECK(outline(line).find("not shown") != std::string::npos);
  }
  for (
      const std::string line :
      {R"({"type":"CONTROL","group":3})",
       R"({"type":"LOG","log":{"level":"INFO","message":"the 'CONTROL' group has 5"}})",
       R"(group {"type":"CONTROL","n":3} is "CONTROL")",
       R"(sent {"type":"CONTROL","n":{"a":3}}, then the config)"}) {
    INFO(line);
    CHECK(outline(line).find("not shown") == std::string::npos);
  }
}
