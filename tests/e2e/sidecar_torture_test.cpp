// Input that no connector should print, and some do; in amounts that none
// should print, either.

#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <random>

using namespace motorcade::test;
using motorcade::support::stand_in_settings;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr uint64_t mebibyte = 1 << 20;

/// What the sidecar may take if lines are short.
constexpr uint64_t most_memory = 64 * mebibyte;

std::string nested(size_t depth, const std::string& open,
                   const std::string& inside, const std::string& close) {
  std::string out;
  for (size_t i = 0; i < depth; ++i)
    out += open;
  out += inside;
  for (size_t i = 0; i < depth; ++i)
    out += close;
  return out;
}

/// Odd, but JSON: each must arrive byte for byte.
std::vector<std::string> odd_rows() {
  return {
      R"({"a":"\ud800"})",
      R"({"a":"\udc00\ud800 \uDFFF"})",
      R"({"a":"\u0000"})",
      R"({"\ud800":"\"\\\/\b\f\n\r\t"})",
      R"({"a":[0,-0,0.0,-0.0,1e400,-1E-400,0.1e+5,1E5]})",
      R"({"a":123456789012345678901234567890.123456789012345678901234567890})",
      "{\"a\":" + std::string(400, '9') + "}",
      R"({"a":1,"a":2,"a":{"a":3,"a":4}})",
      R"({"":{"":[]}})",
      "{ \"a\" :\t[ ] , \"b\"\t: { } }",
      "{\"a\":\"\x7f \u2028 \U0001F69A \u00e9 e\u0301\"}",
      "{\"a\":" + nested(997, "[", "", "]") + "}",
      "{\"a\":" + nested(498, "{\"b\":[", "1", "]}") + "}",
  };
}

/// No JSON, or too much of it.
std::vector<std::pair<const char*, std::string>> broken_rows() {
  return {
      {"malformed_json", R"({"a":01})"},
      {"malformed_json", R"({"a":1.})"},
      {"malformed_json", R"({"a":.5})"},
      {"malformed_json", R"({"a":+1})"},
      {"malformed_json", R"({"a":-})"},
      {"malformed_json", R"({"a":1e})"},
      {"malformed_json", R"({"a":0x1F})"},
      {"malformed_json", R"({"a":NaN})"},
      {"malformed_json", R"({"a":-Infinity})"},
      {"malformed_json", R"({"a":True})"},
      {"malformed_json", R"({"a":'b'})"},
      {"malformed_json", R"({"a":"\x41"})"},
      {"malformed_json", R"({"a":"\u12g4"})"},
      {"malformed_json", R"({"a":"never closed})"},
      {"malformed_json", R"({a:1})"},
      {"malformed_json", R"({"a":1,})"},
      {"malformed_json", R"({"a":[1,]})"},
      {"malformed_json", R"({"a" 1})"},
      {"invalid_utf8", "{\"a\":\"\xff\"}"},
      {"invalid_utf8", "{\"a\":\"\xc0\xaf\"}"},
      {"invalid_utf8", "{\"a\":\"\xed\xa0\x80\"}"},
      {"invalid_utf8", "{\"a\":\"\xf4\x90\x80\x80\"}"},
      {"invalid_utf8", "{\"a\":\"\xe2\x82\"}"},
      {"nul_byte", std::string("{\"a\":\"\0\"}", 9)},
      {"control_character", "{\"a\":\"\x1f\"}"},
      {"control_character", "{\"a\":\"\t\"}"},
      {"nesting_too_deep", "{\"a\":" + nested(998, "[", "", "]") + "}"},
      {"nesting_too_deep", "{\"a\":" + nested(100'000, "[", "1", "]") + "}"},
      {"nesting_too_deep",
       "{\"a\":" + nested(100'000, "{\"b\":", "1", "}") + "}"},
      {"nesting_too_deep", "{\"a\":" + nested(100'000, "[", "", "")},
  };
}

struct row_counts {
  uint64_t good = 0;
  uint64_t text = 0;
  std::string lines;
};

/// Lines of a few bytes, as seeded.
row_counts tiny_lines(size_t count, unsigned seed) {
  std::mt19937 random{seed};
  const auto row =
      R"({"type":"RECORD","record":{"stream":"users","data":{},"emitted_at":1}})"
      "\n";
  row_counts out;
  for (size_t i = 0; i < count; ++i) {
    switch (random() % 4) {
    case 0:
      out.lines += row;
      ++out.good;
      break;
    case 1:
      out.lines += "\n";
      break;
    case 2:
      out.lines += "{}\n";
      break;
    default:
      out.lines += "x\n";
      ++out.text;
    }
  }
  return out;
}

void play_tiny_lines(size_t rounds, size_t per_round) {
  sidecar_world world{sqlite_world(), {.keep_rows = false}};
  // Lines of text are lines of log, and it is not the log that is tried here.
  world.env["DB_LOG_LEVEL"] = "ERROR";
  world.env["LOG_LEVEL"] = "error";
  auto some = tiny_lines(per_round, 7);
  world.start();
  auto connector = world.connect();
  for (size_t i = 0; i < rounds; ++i)
    connector.out(some.lines);
  connector.out(status_line("users", "COMPLETE"));
  connector.close();
  auto ended = world.finish(300s);
  INFO(ended.err.substr(0, 2000));
  CHECK(ended.exit_code == 0);
  auto task = world.task();
  CHECK(task.metrics["lines"] == rounds * per_round + 1);
  CHECK(task.metrics["committed_rows"] == rounds * some.good);
  CHECK(world.bulker.row_count("users") == rounds * some.good);
  CHECK(ended.peak_memory > 0);
  CHECK(ended.peak_memory < most_memory);
}

/// A sidecar whose lines may be very long.
struct long_line_world : sidecar_world {
  long_line_world() { env["MAX_LINE_BYTES"] = "64MiB"; }

  /// Plays it between two rows.
  program_result play_between(const std::string& line) {
    start();
    auto connector = connect();
    connector.out(record_line("users", R"({"n":1})"));
    connector.out(line);
    connector.out(record_line("users", R"({"n":2})")
                  + status_line("users", "COMPLETE"));
    connector.close();
    return finish(120s);
  }
};

constexpr size_t long_line = 60 * mebibyte;
constexpr uint64_t most_with_long_line = most_memory + 3 * long_line;

} // namespace

TEST_CASE("good rows among broken ones arrive byte for byte") {
  auto seed = GENERATE(1u, 2u);
  std::mt19937 random{seed};
  auto odd = odd_rows();
  auto broken = broken_rows();
  std::string out = "\xEF\xBB\xBF";
  std::vector<std::string> expected;
  std::map<std::string, uint64_t> faults;
  uint64_t lost = 0;
  for (int i = 0; i < 600; ++i) {
    // Some end in CRLF.
    auto line_end = random() % 3 == 0 ? "\r\n" : "\n";
    auto put = [&](const std::string& data) {
      auto line = record_line("users", data);
      line.pop_back();
      out += line + line_end;
    };
    if (random() % 2 == 0) {
      const auto& data = odd[random() % odd.size()];
      put(data);
      expected.push_back(data);
    } else {
      const auto& [reason, data] = broken[random() % broken.size()];
      put(data);
      ++faults[reason];
      ++lost;
    }
  }
  sidecar_world world;
  auto ended = world.play(out + status_line("users", "COMPLETE"));
  INFO(ended.err.substr(0, 3000));
  CHECK(ended.exit_code == 0);
  CHECK(world.bulker.rows("users") == expected);
  auto task = world.task();
  CHECK(task.metrics["faults"] == json(faults));
  CHECK(task.metrics["rejected_rows"] == lost);
  CHECK(task.status == "PARTIAL");
  for (const auto& [reason, count] : faults)
    CHECK(world.logged(reason + ": "));
}

TEST_CASE("of equal keys in a record the last one counts") {
  sidecar_world world;
  world.play(
      R"({"type":"RECORD","record":{"stream":"y","data":{},"stream":"users","data":{"n":1},"emitted_at":1}})"
      "\n"
      + status_line("users", "COMPLETE"));
  CHECK(world.bulker.rows("users") == std::vector<std::string>{R"({"n":1})"});
  CHECK(world.task().status == "SUCCESS");
}

TEST_CASE("two messages in one object count as none") {
  auto line = GENERATE(
      as<std::string>{},
      R"({"type":"LOG","type":"RECORD","record":{"stream":"users","data":{"n":1},"emitted_at":1}})",
      R"({"type":"RECORD","record":{"stream":"x"},"record":{"stream":"users","data":{"n":1},"emitted_at":1}})");
  CAPTURE(line);
  sidecar_world world;
  auto ended = world.play(line + "\n" + record_line("users", R"({"n":2})")
                          + status_line("users", "COMPLETE"));
  CHECK(ended.exit_code == 0);
  CHECK(world.bulker.rows("users") == std::vector<std::string>{R"({"n":2})"});
  auto task = world.task();
  CHECK(task.status == "PARTIAL");
  CHECK(task.metrics["faults"] == json{{"wrong_type", 1}});
  CHECK(task.metrics["rejected_rows"] == 1);
}

TEST_CASE("NUL bytes and invalid UTF-8 in plain text are lines of log") {
  sidecar_world world;
  using namespace std::string_literals;
  auto ended =
      world.play("INFO a\0b \xff\xfe!\n"s + status_line("users", "COMPLETE"),
                 "WARN c\0d \x80\r\n"s);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.logged("!"));
  CHECK(world.logged("c"));
}

TEST_CASE("last lines need no newline") {
  sidecar_world world;
  auto row = record_line("users", R"({"n":1})");
  row.pop_back();
  auto ended = world.play(row, "ERROR the last words");
  CHECK(ended.exit_code == 0);
  CHECK(world.bulker.rows("users") == std::vector<std::string>{R"({"n":1})"});
  CHECK(world.level_of("the last words") == "ERROR");
}

TEST_CASE("a last line that is cut off is no row") {
  sidecar_world world;
  auto row = record_line("users", R"({"n":2})");
  auto ended = world.play(record_line("users", R"({"n":1})")
                          + row.substr(0, row.size() / 2));
  CHECK(world.bulker.rows("users") == std::vector<std::string>{R"({"n":1})"});
  CHECK(world.task().metrics["faults"] == json{{"malformed_json", 1}});
  CHECK(world.task().status == "PARTIAL");
}

TEST_CASE("300,000 tiny lines all arrive") {
  play_tiny_lines(1, 300'000);
}

TEST_CASE("ten million tiny lines all arrive", "[.long]") {
  play_tiny_lines(100, 100'000);
}

TEST_CASE("a row of 60 MiB is refused by Bulker's limit, not by memory") {
  long_line_world world;
  auto ended = world.play_between(record_line(
      "users", R"({"a":")" + std::string(long_line - 200, 'x') + "\"}"));
  INFO(ended.err.substr(0, 3000));
  CHECK(ended.exit_code == 0);
  CHECK(world.bulker.row_count("users") == 2);
  CHECK(world.task().metrics["faults"] == json{{"row_too_long", 1}});
  CHECK(ended.peak_memory < most_with_long_line);
}

TEST_CASE("a state of 60 MiB is saved") {
  long_line_world world;
  world.catalog(configured_catalog({"users"}, "incremental"));
  auto state = R"({"cursor":")" + std::string(long_line - 400, 'y') + "\"}";
  auto ended = world.play_between(state_line("users", state));
  INFO(ended.err.substr(0, 3000));
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  // Compared by hand: a difference of 60 MiB is nothing to print.
  CHECK((world.states()["users"] == state));
  WARN("peak memory of a 60 MiB state: " << ended.peak_memory / mebibyte
                                         << " MiB");
  CHECK(ended.peak_memory < most_with_long_line);
}

TEST_CASE("a line of text of 60 MiB without an end is logged") {
  long_line_world world;
  world.start();
  auto connector = world.connect();
  auto on_stderr = GENERATE(false, true);
  connector.out(record_line("users", "{}") + status_line("users", "COMPLETE"));
  std::string text(long_line, 'z');
  if (on_stderr)
    connector.err(text);
  else
    connector.out(text);
  connector.close();
  auto ended = world.finish(120s);
  CHECK(ended.exit_code == 0);
  CHECK(world.bulker.row_count("users") == 1);
  CHECK(world.logged("zzzz"));
  CHECK(ended.peak_memory < most_with_long_line);
}

TEST_CASE("a line longer than allowed takes little memory") {
  sidecar_world world;
  world.env["MAX_LINE_BYTES"] = "1MiB";
  world.start();
  auto connector = world.connect();
  connector.out(R"({"type":"RECORD","record":{"stream":"users","a":")");
  const std::string piece(mebibyte, 'x');
  for (int i = 0; i < 200; ++i)
    connector.out(piece);
  connector.out("\"}}\n" + record_line("users", "{}")
                + status_line("users", "COMPLETE"));
  connector.close();
  auto ended = world.finish();
  CHECK(world.bulker.row_count("users") == 1);
  CHECK(world.task().metrics["faults"] == json{{"line_too_long", 1}});
  CHECK(ended.peak_memory < most_memory);
}
