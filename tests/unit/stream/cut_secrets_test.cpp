// What is cut for the log or a message never shows half a secret.
#include "runtime/log/shown_text.hpp"
#include "runtime/log/stderr_log.hpp"
#include "support/parsed_lines.hpp"

#include <catch2/catch_all.hpp>

#include <functional>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::string_literals;

namespace {

const auto secret = "S3cr3tValue-0123456789-abcdefghijkl"s;
constexpr size_t most_line_bytes = 2 << 20;

/// @returns the longest part of the secret that stands in a text.
size_t longest_part(std::string_view text) {
  size_t longest = 0;
  for (size_t from = 0; from < secret.size(); ++from)
    while (from + longest < secret.size()
           && text.find(secret.substr(from, longest + 1))
                  != std::string_view::npos)
      ++longest;
  return longest;
}

/// @returns all that is told of lines of stdout or stderr.
std::string told_of(const std::string& text, bool is_stderr) {
  auto pool = std::make_shared<slab_pool>(512 << 10);
  slab_reader reader{pool, most_line_bytes, nullptr};
  auto settings = mixed_settings();
  settings.max_line_bytes = most_line_bytes;
  slab_parser parser{settings};
  text_context context{log_line_levels{log_level::info}};
  std::string out;
  auto add = [&](const log_batch& lines) {
    for (size_t i = 0; i < lines.size(); ++i)
      out += mask_line("source", lines[i].text) + '\n';
  };
  auto take = [&](const slab& part) {
    if (is_stderr) {
      add(*slab_parser::parse_text(part, nullptr, context));
      return;
    }
    auto parsed = parser.parse(part);
    if (parsed->logs)
      add(*parsed->logs);
    for (const auto& item : parsed->items)
      if (const auto* report = std::get_if<line_report>(&item))
        out += report->excerpt + '\n' + report->said + '\n';
  };
  for (size_t at = 0; at < text.size();) {
    auto space = reader.space();
    auto size = std::min(space.size(), text.size() - at);
    std::memcpy(space.data(), text.data() + at, size);
    reader.filled(size);
    at += size;
    while (auto part = reader.take())
      take(*part);
  }
  while (auto part = reader.take_rest())
    take(*part);
  return out;
}

/// @returns `start` and as much of `fill` again and again that the secret
/// behind it begins at `place`, and behind that a tail.
std::string secret_at(size_t place, std::string_view start,
                      std::string_view fill, size_t size) {
  std::string out{start};
  while (out.size() + fill.size() <= place)
    out += fill;
  out.append(place - std::min(place, out.size()), '.');
  out += secret;
  while (out.size() < size)
    out += " tail of the line";
  return out;
}

} // namespace

TEST_CASE("half a secret is never shown where a text is cut", "[cut]") {
  keep_secret(secret);
  constexpr size_t head = longest_head;
  constexpr size_t kept = slab_reader::kept_of_long_line;
  constexpr size_t beyond = 2 * most_line_bytes;
  const auto record =
      R"({"type":"RECORD","record":{"stream":"users","data":{)"s;
  const auto trace =
      R"({"type":"TRACE","trace":{"type":"ERROR","error":{"message":")"s;
  const auto hidden = R"("token":")" + std::string(3'000, 'x') + R"(",)";

  struct row {
    const char* name;
    std::function<std::string(size_t before)> line;
  };

  const std::vector<row> rows = {
      {"a long line of words",
       [&](size_t before) {
         return secret_at(head - before, "", "word ", head + 5'000);
       }},
      {"a long coloured line",
       [&](size_t before) {
         return secret_at(head - before, "", "\x1b[31mred\x1b[0m ",
                          head + 5'000);
       }},
      {"a long line of escape sequences alone",
       [&](size_t before) {
         return secret_at(16 * head - before, "x", "\x1b[31m", 17 * head);
       }},
      {"a long line of secrets",
       [&](size_t before) {
         return secret_at(head - before, "", secret + " ", head + 5'000);
       }},
      {"a line that grows when it is cleaned",
       [&](size_t before) {
         return secret_at((longest_log_text - before) / 3, "", "\x01", 20'000);
       }},
      {"a line beyond MAX_LINE_BYTES",
       [&](size_t before) {
         return secret_at(kept - before, "", "word ", beyond);
       }},
      {"a record beyond MAX_LINE_BYTES",
       [&](size_t before) {
         return secret_at(kept - before, record + R"("a":")", "word ", beyond);
       }},
      {"an error beyond MAX_LINE_BYTES",
       [&](size_t before) {
         return secret_at(kept - before, trace, "word ", beyond);
       }},
      {"a broken error, where 4,000 bytes are shown",
       [&](size_t before) {
         return secret_at(trace.size() + 4'000 - before, trace, "word ", 0);
       }},
      {"a broken error that is too long",
       [&](size_t before) {
         return secret_at(trace.size() + (36 << 10) - before, trace,
                          secret + " ", 40 << 10);
       }},
      {"4 KiB behind a fault",
       [&](size_t before) {
         return secret_at(record.size() + 8 + 4'096 - before,
                          record + R"("v":N,)" + hidden + R"("a":")", " ",
                          10'000);
       }},
      {"36 KiB behind a fault",
       [&](size_t before) {
         return secret_at(record.size() + 4 + (36 << 10) - before,
                          record + R"("v":N,)" + hidden + R"("a":")", secret,
                          80'000);
       }},
      {"64 KiB before a fault",
       [&](size_t before) {
         const std::string first(before, 'y');
         return record + R"("a":")" + secret + first + R"(","token":")"
                + std::string((64 << 10) - 25 - before, 'x') + R"(","v":N)";
       }},
  };
  for (const auto& [name, line] : rows)
    for (const bool is_stderr : {false, true})
      for (size_t before = 1; before < secret.size(); before += 3) {
        INFO(name << (is_stderr ? " on stderr, " : ", ") << before
                  << " characters before the cut");
        const auto told = told_of(line(before) + "\n", is_stderr);
        CHECK(longest_part(told) < 6);
      }
}

TEST_CASE("much of a long line is shown", "[cut]") {
  keep_secret(secret);
  const auto colours = secret_at(200'000, "", "\x1b[31mred\x1b[0m ", 300'000);
  const auto words = secret_at(200'000, "", "word ", 300'000);
  for (const auto& line : {colours, words})
    CHECK(told_of(line + "\n", true).size() > longest_log_text - 10);
  const auto long_line = secret_at(4'000, "", "word ", 2 * most_line_bytes);
  CHECK(told_of(long_line + "\n", true).size() > 3'900);
  CHECK(told_of(long_line + "\n", false).find("tail") != std::string::npos);
}

TEST_CASE("a secret is hidden if escape sequences stand in it", "[cut]") {
  keep_secret(secret);
  const auto odd = secret.substr(0, 9) + "\x1b[1m" + secret.substr(9);
  const auto in_json = secret.substr(0, 9) + "\\u001b[1m" + secret.substr(9);
  for (
      const auto& line :
      {odd,
       R"({"type":"LOG","log":{"level":"INFO","message":")" + in_json + "\"}}",
       R"({"type":"TRACE","trace":{"type":"ERROR","error":{"message":")" + odd,
       R"({"type":"RECORD","record":{"stream":"users","data":{"a":")" + odd,
       R"({"type":"LOG","log":{"level":"INFO","message":"connector\u001b[1mConfig=)"
           + secret + "\"}}"})
    for (const bool is_stderr : {false, true}) {
      INFO(line);
      // On stderr JSON stays as it is written.
      if (is_stderr && line.find("\\u001b") != std::string::npos)
        continue;
      CHECK(longest_part(told_of(line + "\n", is_stderr)) < 6);
    }
  CHECK(clean_and_mask("it is " + odd + "!") == "it is ***!");
  CHECK(clean_and_mask("größer als " + secret) == "größer als ***");
}
