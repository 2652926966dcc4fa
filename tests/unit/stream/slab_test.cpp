#include "runtime/stream/slab_parser.hpp"
#include "runtime/stream/slab_reader.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <cstring>
#include <random>

using namespace motorcade;
using namespace std::string_literals;

namespace {

struct piece {
  std::string text;
  uint64_t offset;
  uint64_t long_line;
};

/// Feeds `input` in pieces of random size and collects the slabs.
std::vector<piece> feed(const std::string& input, size_t slab_bytes,
                        size_t max_line, unsigned seed, size_t most = 0) {
  auto pool = std::make_shared<slab_pool>(slab_bytes);
  slab_reader reader{pool, max_line, nullptr};
  std::mt19937 random{seed};
  std::vector<piece> out;
  uint64_t number = 0;
  auto collect = [&](const slab_ptr& s) {
    REQUIRE(s->number() == number++);
    for (size_t i = 0; i < line_parser::padding; ++i)
      REQUIRE(s->text().data()[s->text().size() + i] == 0);
    out.push_back({std::string{s->text()}, s->offset(), s->long_line_bytes()});
  };
  size_t at = 0;
  while (at < input.size()) {
    auto space = reader.space();
    REQUIRE_FALSE(space.empty());
    auto n = std::min(space.size(), input.size() - at);
    if (most > 0)
      n = std::min<size_t>(n, 1 + random() % most);
    std::memcpy(space.data(), input.data() + at, n);
    reader.filled(n);
    at += n;
    if (reader.full() || random() % 3 == 0)
      while (auto s = reader.take())
        collect(s);
  }
  while (auto s = reader.take_rest())
    collect(s);
  CHECK(reader.bytes() == input.size());
  return out;
}

/// The lines of all slabs; a long one by its length.
std::vector<std::string> lines_of(const std::vector<piece>& pieces) {
  std::vector<std::string> out;
  for (const auto& p : pieces) {
    if (p.long_line > 0) {
      out.push_back("long " + std::to_string(p.long_line) + " at "
                    + std::to_string(p.offset));
      continue;
    }
    auto text = p.text;
    auto offset = p.offset;
    while (!text.empty()) {
      auto end = std::min(text.find('\n'), text.size());
      out.push_back(text.substr(0, end) + " at " + std::to_string(offset));
      offset += std::min(end + 1, text.size());
      text.erase(0, end + 1);
    }
  }
  return out;
}

parsed_slab_ptr parse(slab_parser& parser, const std::string& text) {
  auto pool = std::make_shared<slab_pool>(1 << 16);
  slab_reader reader{pool, 1 << 20, nullptr};
  std::memcpy(reader.space().data(), text.data(), text.size());
  reader.filled(text.size());
  return parser.parse(*reader.take_rest());
}

std::string record(const std::string& stream, const std::string& data) {
  return R"({"type":"RECORD","record":{"stream":")" + stream + R"(","data":)"
         + data + R"(,"emitted_at":1}})" + "\n";
}

std::string state(const std::string& stream) {
  return R"({"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":")"
         + stream + R"("},"stream_state":{}}}})" + "\n";
}

const slab_parser_settings two_streams = {.streams = {{"", "a"}, {"n", "b"}}};

} // namespace

TEST_CASE("any split of the input gives the same lines") {
  auto seed = GENERATE(range(1u, 40u));
  INFO("seed " << seed);
  std::mt19937 random{seed};
  std::string input;
  std::vector<std::string> expected;
  constexpr size_t max_line = 300;
  for (int i = 0; i < 300; ++i) {
    auto length = random() % 10 == 0 ? random() % 900 : random() % 40;
    auto offset = input.size();
    std::string line(length, static_cast<char>('a' + i % 26));
    input += line + "\n";
    // A line that is too long and still fits a slab is the parser's matter.
    expected.push_back(
        (length > max_line ? "long " + std::to_string(length) : line) + " at "
        + std::to_string(offset));
  }
  if (random() % 2 == 0)
    input.pop_back();
  for (size_t most : {0, 1, 7, 100, 5000}) {
    auto got = lines_of(feed(input, 256, max_line, seed, most));
    for (auto& line : got)
      if (auto end = line.find(" at "); end > max_line && line[0] != 'l')
        line = "long " + std::to_string(end) + line.substr(end);
    REQUIRE(got == expected);
  }
}

TEST_CASE(
    "a long line keeps its beginning, and a mark at the start is dropped") {
  auto pieces = feed(std::string(100'000, 'x') + "\nshort", 1024, 50'000, 1);
  REQUIRE(pieces.size() == 2);
  CHECK(pieces[0].long_line == 100'000);
  CHECK(pieces[0].text == std::string(1024 / 2, 'x'));
  CHECK(pieces[1].text == "short");
  CHECK(pieces[1].offset == 100'001);
  CHECK(feed("\xEF\xBB\xBF{}\n", 64, 64, 1).at(0).text == "   {}\n");
}

TEST_CASE("lines longer than a slab are whole") {
  std::string input = std::string(10'000, 'y') + "\n" + std::string(3000, 'z');
  auto pieces = feed(input, 256, 1 << 20, 1, 1000);
  std::string all;
  for (const auto& p : pieces)
    all += p.text;
  CHECK(all == input);
  CHECK(pieces.front().text.find('\n') == 10'000);
}

TEST_CASE("slabs hold their bytes in the window") {
  auto window = std::make_shared<byte_window>(1000);
  auto pool = std::make_shared<slab_pool>(256);
  slab_reader reader{pool, 1 << 20, window};
  std::memcpy(reader.space().data(), "ab\nc", 4);
  reader.filled(4);
  CHECK(reader.has_lines());
  auto taken = reader.take();
  CHECK(window->used() == 3);
  taken.reset();
  CHECK(window->used() == 0);
  CHECK_FALSE(reader.take());
}

TEST_CASE("rows are gathered by stream, states stand behind their rows") {
  slab_parser parser{two_streams};
  auto b = [](const std::string& data) {
    return R"({"type":"RECORD","record":{"namespace":"n","stream":"b","data":)"
           + data + R"(,"emitted_at":1}})" + "\n";
  };
  auto out =
      parse(parser, record("a", "{\"x\": 1}") + b("{}") + record("a", "{}")
                        + state("a") + record("a", "{\"y\":2}"));
  CHECK(out->lines == 5);
  REQUIRE(out->items.size() == 4);
  auto rows = [&](size_t i) {
    return std::get<row_batch>(out->items[i]);
  };
  CHECK(rows(0).stream == 0);
  CHECK(rows(0).rows->view() == "{\"x\": 1}\n{}\n");
  CHECK(rows(0).rows->rows() == 2);
  CHECK(rows(0).data_bytes == 10);
  CHECK(rows(1).stream == 1);
  CHECK(rows(1).rows->view() == "{}\n");
  CHECK(std::holds_alternative<message>(out->items[2]));
  CHECK(rows(3).rows->view() == "{\"y\":2}\n");
}

TEST_CASE("meta columns are added before the closing brace") {
  auto settings = two_streams;
  settings.tail.which = row_meta::jitsu;
  slab_parser parser{settings};
  auto out = parse(parser, record("a", "{\"x\":1}") + record("a", "{ }"));
  auto text = std::string{std::get<row_batch>(out->items.at(0)).rows->view()};
  CHECK_THAT(
      text,
      Catch::Matchers::Matches(
          R"(\{"x":1,"_jitsu_timestamp":"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"\}\n\{ "_jitsu_timestamp":"[^"]*"\}\n)"));
  CHECK_FALSE(check_json(text.substr(0, text.find('\n'))));
}

TEST_CASE("Airbyte's columns tell of each row by itself") {
  auto settings = two_streams;
  settings.tail = {row_meta::airbyte, "a \"sync\"", {"7", ""}};
  slab_parser parser{settings};
  const auto line = [](const std::string& stream, const std::string& data,
                       const std::string& rest) {
    return R"({"type":"RECORD","record":{"stream":")" + stream + R"(","data":)"
           + data + rest + "}}\n";
  };
  const auto out = parse(
      parser,
      line("a", R"({"x":1,"_airbyte_meta":"theirs"})",
           R"(,"emitted_at":1714564800123 ,"meta":{"changes":[{"field":"y",)"
           R"("change":"NULLED","reason":"SOURCE_RETRIEVAL_ERROR"}]})")
          + line("b", "{ }",
                 R"(,"namespace":"n","emitted_at":-5,"meta":{"other":1})")
          + line("a", R"({"x":2})", R"(,"emitted_at":0,"meta":null)")
          // A message behind other text is read in the exact way.
          + "INFO "
          + line("a", R"({"x":3})",
                 R"(,"emitted_at":1000,"meta":{"changes":[1]})"));
  std::vector<std::string> rows;
  for (const auto& item : out->items) {
    const auto* batch = std::get_if<row_batch>(&item);
    if (batch == nullptr)
      continue;
    const std::string text{batch->rows->view()};
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      rows.push_back(text.substr(at, text.find('\n', at) - at));
      INFO(rows.back());
      CHECK_FALSE(check_json(rows.back()));
    }
  }
  CAPTURE(rows);
  REQUIRE(rows.size() == 4);
  using Catch::Matchers::Matches;
  const std::string id = R"("_airbyte_raw_id":"[0-9a-f-]{36}",)";
  const auto tail = [&](const std::string& time, const std::string& generation,
                        const std::string& changes) {
    return id + R"("_airbyte_extracted_at":")" + time
           + R"(","_airbyte_generation_id":)" + generation
           + R"(,"_airbyte_meta":\{"sync_id":"a \\"sync\\"","changes":)"
           + changes + R"(\}\})";
  };
  CHECK_THAT(rows[0],
             Matches(R"(\{"x":1,"_airbyte_meta":"theirs",)"
                     + tail("2024-05-01T12:00:00\\.123Z", "7",
                            R"(\[\{"field":"y","change":"NULLED",)"
                            R"("reason":"SOURCE_RETRIEVAL_ERROR"\}\])")));
  CHECK_THAT(rows[1],
             Matches(R"(\{"x":2,)"
                     + tail("1970-01-01T00:00:00\\.000Z", "7", R"(\[\])")));
  CHECK_THAT(rows[2],
             Matches(R"(\{"x":3,)"
                     + tail("1970-01-01T00:00:01\\.000Z", "7", R"(\[1\])")));
  // A time before 1970 is none: the row was read now.
  CHECK_THAT(rows[3], Matches(R"(\{ )" + tail("2\\d{3}-.*Z", "0", R"(\[\])")));
  CHECK(rows[0].substr(0, 80) != rows[1].substr(0, 80));
}

TEST_CASE("the length of a row counts with its added columns") {
  auto settings = two_streams;
  settings.tail = {row_meta::airbyte, "s", {"0", "0"}};
  settings.max_row_bytes = 100;
  slab_parser parser{settings};
  const auto out = parse(parser, record("a", "{\"x\":1}"));
  CHECK(out->faults[static_cast<size_t>(line_fault::row_too_long)] == 1);
}

TEST_CASE("rows that are not delivered are counted and reported") {
  auto settings = two_streams;
  settings.max_row_bytes = 30;
  slab_parser parser{settings};
  auto out = parse(
      parser,
      "\n" + record("c", "{}")
          + record("a", R"({"x":")" + std::string(40, 'y') + "\"}")
          + R"({"type":"RECORD","record":{"stream":"a","data":{"x":tru},"emitted_at":1}})"
          + "\n{\"type\":\"CONTROL\",\"config\":{\"password\":\"hunter2\"}}}"
            "\n");
  auto report = [&](size_t i) {
    return std::get<line_report>(out->items[i]);
  };
  REQUIRE(out->items.size() == 4);
  CHECK(report(0).reason == line_fault::unknown_stream);
  CHECK(report(0).stream == "c");
  CHECK(report(0).line == 1);
  CHECK(report(1).reason == line_fault::row_too_long);
  CHECK(report(1).stream == "a");
  CHECK(report(2).reason == line_fault::malformed_json);
  CHECK(report(2).stream == "a");
  CHECK(report(2).excerpt.find("\"x\":tru}") != std::string::npos);
  CHECK(report(3).excerpt.find("hunter2") == std::string::npos);
  REQUIRE(out->rejected.size() == 1);
  CHECK(out->rejected[0].stream == "a");
  CHECK(out->rejected[0].rows == 2);
}

TEST_CASE("a flood of bad lines costs counts, not reports") {
  slab_parser parser{two_streams};
  std::string flood;
  for (int i = 0; i < 10'000; ++i)
    flood += "{\"ty\n";
  auto out = parse(parser, flood);
  CHECK(out->faults[static_cast<size_t>(line_fault::malformed_json)] == 10'000);
  CHECK(out->items.size() == slab_parser::reports_per_reason);
}

TEST_CASE("lines of log are packed, and those below the level are dropped") {
  slab_parser parser{two_streams};
  auto out = parse(parser,
                   "WARN careful\n"
                   R"({"type":"LOG","log":{"level":"INFO","message":"hello"}})"
                   "\n"
                   R"({"type":"LOG","log":{"level":"DEBUG","message":"noise"}})"
                   "\nTraceback (most recent call last):\n");
  REQUIRE(out->logs);
  REQUIRE(out->logs->size() == 3);
  CHECK((*out->logs)[0].level == log_level::warn);
  CHECK((*out->logs)[0].text == "WARN careful");
  CHECK((*out->logs)[1].text == "hello");
  CHECK((*out->logs)[2].level == log_level::error);
}

TEST_CASE("a line beyond the limit is reported by stream and size") {
  auto settings = two_streams;
  settings.max_line_bytes = 200;
  slab_parser parser{settings};
  auto long_line = record("a", R"({"x":")" + std::string(400, 'y') + "\"}");
  auto pool = std::make_shared<slab_pool>(100);
  slab_reader reader{pool, 200, nullptr};
  for (char c : long_line) {
    reader.space()[0] = c;
    reader.filled(1);
  }
  auto out = parser.parse(*reader.take());
  auto report = std::get<line_report>(out->items.at(0));
  CHECK(report.reason == line_fault::line_too_long);
  CHECK(report.line_bytes == long_line.size() - 1);
  // The same line, whole in a larger slab.
  auto whole = parse(parser, long_line);
  auto same = std::get<line_report>(whole->items.at(0));
  CHECK(same.reason == line_fault::line_too_long);
  CHECK(same.stream == "a");
  CHECK(same.line_bytes == report.line_bytes);
  CHECK(whole->rejected.at(0).stream == "a");
}

TEST_CASE("lines have the time at which they were read, from either pipe") {
  auto pool = std::make_shared<slab_pool>(1 << 10);
  slab_reader out{pool, 1 << 20, nullptr};
  slab_reader err{pool, 1 << 20, nullptr};
  std::vector<std::string> written;
  auto write = [&written](slab_reader& to, const std::string& text) {
    auto space = to.space();
    std::memcpy(space.data(), text.data(), text.size());
    to.filled(text.size());
    written.push_back(text);
  };
  // A read may hold several lines, and end within one.
  write(out, "out 1\nout 2\nout");
  write(err, "err 1\n");
  write(out, " 3\nout 4\n");
  write(err, "err 2\nerr 3");
  write(out, "out 5\nout 6");
  slab_parser parser{slab_parser_settings{}};
  std::vector<std::pair<std::string, std::string>> found;
  auto add = [&found](const log_batch& batch) {
    for (size_t i = 0; i < batch.size(); ++i)
      found.emplace_back(make_line_id(batch.time_of(i), i),
                         std::string{batch[i].text});
  };
  text_context said{log_line_levels{log_level::warn}};
  add(*slab_parser::parse_text(*err.take(), nullptr, said));
  write(err, " and more\n");
  add(*parser.parse(*out.take())->logs);
  write(out, " is the last\n");
  while (auto rest = out.take_rest())
    add(*parser.parse(*rest)->logs);
  while (auto rest = err.take_rest())
    add(*slab_parser::parse_text(*rest, nullptr, said));
  std::sort(found.begin(), found.end());
  std::vector<std::string> texts;
  texts.reserve(found.size());
  for (const auto& [id, text] : found)
    texts.push_back(text);
  CHECK(texts
        == std::vector<std::string>{"out 1", "out 2", "out 3", "err 1", "out 4",
                                    "err 2", "out 5", "err 3 and more",
                                    "out 6 is the last"});
}
