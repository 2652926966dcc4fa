// Lines that the protocol allows and that a hostile connector may print: each
// is read in a time that grows with its length, so that a stop is obeyed
// meanwhile.
#include "support/parsed_lines.hpp"

#include <catch2/catch_all.hpp>

#include <ctime>
#include <functional>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::string_literals;

namespace {

/// @returns the seconds that this thread has computed: other work of the
/// machine does not count.
double computed_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec)
         + static_cast<double>(now.tv_nsec) / 1e9;
}

std::string times(size_t n, std::string_view part) {
  std::string out;
  out.reserve(n * part.size());
  for (size_t i = 0; i < n; ++i)
    out += part;
  return out;
}

/// @returns a LOG.
/// @param inside Its text as it stands in JSON.
std::string log_of(std::string_view inside) {
  return R"({"type":"LOG","log":{"level":"INFO","message":")"
         + std::string{inside} + "\"}}";
}

/// @returns the beginning of a RECORD that is broken.
std::string broken_record(std::string_view rest) {
  return R"({"type":"RECORD","record":{"stream":"users","data":{"a":")"
         + std::string{rest};
}

} // namespace

TEST_CASE("a hostile line is read in a time that grows with its length",
          "[hostile]") {
  // Each takes a fraction of a second; where a line's time grew with the square
  // of its length a hundred of them.
  constexpr double most_seconds = 30;

  struct row {
    const char* name;
    std::function<std::string()> line;
  };

  const std::vector<row> rows = {
      {"control strings of 8 bits that do not end",
       [] {
         return log_of(times(400'000, "\xC2\x9D"));
       }},
      {"other control strings of 8 bits that do not end",
       [] {
         return log_of(times(200'000, "\xC2\x90x\xC2\x98"));
       }},
      {"objects of type CONTROL within each other",
       [] {
         return broken_record(times(100'000, R"(ype"CONTROL"{)")
                              + times(1'000'000, "}"));
       }},
      {"configs that are cited one behind the other",
       [] {
         return log_of("{" + times(200'000, R"(\"connectorConfig\":\"x\",)")
                       + R"(\"a\":1})");
       }},
      {"configs that are cited within each other",
       [] {
         return log_of(times(900, R"({\"config\":1,\"connectorConfig\":)")
                       + "\\\"" + std::string(8'000'000, 'x') + "\\\""
                       + times(900, "}"));
       }},
      {"CONTROL far behind configs that are cited",
       [] {
         return log_of("{" + times(200'000, R"(\"connectorConfig\":\"x\",)")
                       + R"(\"a\":\")" + std::string(1'000'000, 'x')
                       + R"( CONTROL\"})");
       }},
      {"NUL again and again",
       [] {
         return log_of(times(3'000'000, "\\u0000"));
       }},
      {"passwords in URLs",
       [] {
         return log_of(times(1'200'000, "://a:b@ ") + "connectorConfig=");
       }},
      {"types of which each may be that of the record",
       [] {
         return "{" + times(900, R"("type":"AirbyteRecord",)") + R"("record":{)"
                + times(1'300'000, R"("x":0,)") + R"("y":1}})";
       }},
      {"types that are written as they should be",
       [] {
         return "{" + times(900, R"("type":"STATE",)") + R"("a":{)"
                + times(1'300'000, R"("x":0,)") + R"("y":1}})";
       }},
      {"types of a LOG",
       [] {
         return "{" + times(900, R"("type":"Log",)") + R"("record":{)"
                + times(1'300'000, R"("x":0,)") + R"("y":1}})";
       }},
      {"members that each name the kind",
       [] {
         return "{" + times(900, R"("a":"RECORD",)") + R"("record":{)"
                + times(1'300'000, R"("x":0,)") + R"("y":1}})";
       }},
  };
  for (const auto& [name, line] : rows) {
    INFO(name);
    const auto text = line() + "\n";
    const auto began = computed_seconds();
    const auto slab = parse_lines(text);
    const auto took = computed_seconds() - began;
    CHECK(slab->lines == 1);
    CHECK(took < most_seconds);
  }
}

TEST_CASE(
    "names of streams outside of the catalog are read in time and not kept",
    "[hostile]") {
  constexpr double most_seconds = 30;
  slab_parser_settings settings;
  for (int i = 0; i < 1'000; ++i)
    settings.streams.push_back({"", "stream_number_" + std::to_string(i)});
  auto record = [](const std::string& name) {
    return R"({"type":"RECORD","record":{"stream":")" + name
           + R"(","data":{},"emitted_at":1}})" + "\n";
  };
  std::string many;
  for (int i = 0; i < 60'000; ++i)
    many += record("stranger" + std::to_string(i));
  const std::vector<std::pair<const char*, std::string>> rows = {
      {"many names", many},
      {"a name of many parts", record(times(30'000'000, "a."))},
      {"a long name", record(times(60'000'000, "a"))}};
  for (const auto& [name, text] : rows) {
    INFO(name);
    slab_parser parser{settings};
    const auto began = computed_seconds();
    const auto slab = parse_lines(text, parser);
    CHECK(computed_seconds() - began < most_seconds);
    size_t kept = 0;
    for (const auto& item : slab->items)
      if (const auto* report = std::get_if<line_report>(&item))
        kept += report->stream.size();
    CHECK(slab->faults[static_cast<size_t>(line_fault::unknown_stream)]
          == slab->lines);
    CHECK(kept > 0);
    CHECK(kept < 1'000);
  }
}
