#include "bench/demo/line_file.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>
#include <zstd.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

using namespace motorcade;
using test::scratch_folder;

namespace {

std::string frame(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  size_t size =
      ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1);
  REQUIRE(ZSTD_isError(size) == 0);
  packed.resize(size);
  return packed;
}

struct outcome {
  std::vector<std::string> lines;
  failure error;
};

outcome read_all(const std::string& path,
                 size_t limit = line_file::default_max_line_bytes) {
  outcome all;
  auto file = line_file::open(path, limit);
  if (!file) {
    all.error = file.error();
    return all;
  }
  for (;;) {
    auto line = file->next();
    if (!line) {
      all.error = line.error();
      auto again = file->next();
      REQUIRE_FALSE(again);
      REQUIRE(again.error().what == all.error.what);
      break;
    }
    if (!line->has_value()) {
      auto again = file->next();
      REQUIRE(again);
      REQUIRE_FALSE(again->has_value());
      break;
    }
    all.lines.emplace_back(**line);
    REQUIRE(file->line_number() == all.lines.size());
  }
  return all;
}

std::string join(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines)
    text += line + '\n';
  return text;
}

using lines = std::vector<std::string>;

} // namespace

TEST_CASE("lines are returned without their newlines and otherwise whole") {
  scratch_folder dir;
  auto text = std::string{"a\n\n\r\nlast"};
  lines expected{"a", "", "\r", "last"};
  for (const auto& path : {dir.write("plain.jsonl", text),
                           dir.write("p.jsonl.zst", frame(text))}) {
    auto all = read_all(path);
    CHECK(all.error.code == ec::none);
    CHECK(all.lines == expected);
  }
}

TEST_CASE("an empty text has no line, an empty .zst is not zstd") {
  scratch_folder dir;
  CHECK(read_all(dir.write("e.jsonl", "")).error.code == ec::none);
  CHECK(read_all(dir.write("e.jsonl", "")).lines.empty());
  CHECK(read_all(dir.write("f.zst", frame(""))).error.code == ec::none);
  CHECK(read_all(dir.write("f.zst", frame(""))).lines.empty());
  CHECK(read_all(dir.write("e.zst", "")).error.code == ec::invalid_argument);
}

TEST_CASE("a line may span frames, and a skippable frame is skipped") {
  scratch_folder dir;
  std::string skippable{"\x50\x2a\x4d\x18\x03\x00\x00\x00"
                        "abc",
                        11};
  auto path = dir.write("m.zst", frame("one\ntw") + frame("") + skippable
                                     + frame("o\nthree\n"));
  auto all = read_all(path);
  CHECK(all.error.code == ec::none);
  CHECK(all.lines == lines{"one", "two", "three"});
}

TEST_CASE("random lines in random frames come back as they were") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  scratch_folder dir;
  for (int round = 0; round < 20; ++round) {
    lines expected;
    auto number_of_lines = random() % 400;
    for (size_t i = 0; i < number_of_lines; ++i) {
      std::string line(random() % (i % 50 == 0 ? 900'000 : 200), '\0');
      for (auto& c : line) {
        c = static_cast<char>(random());
        if (c == '\n')
          c = ' ';
      }
      expected.push_back(std::move(line));
    }
    auto text = join(expected);
    std::string packed = frame("");
    for (size_t at = 0; at < text.size();) {
      auto size = std::min<size_t>(1 + random() % 300'000, text.size() - at);
      packed += frame(text.substr(at, size));
      at += size;
    }
    auto plain = read_all(dir.write("r.jsonl", text));
    CHECK(plain.error.code == ec::none);
    CHECK((plain.lines == expected));
    auto compressed = read_all(dir.write("r.jsonl.zst", packed));
    CHECK(compressed.error.code == ec::none);
    CHECK((compressed.lines == expected));
  }
}

TEST_CASE("a truncated frame yields the whole lines before it, then fails") {
  scratch_folder dir;
  auto first = frame("one\ntwo\nthr");
  std::string rest;
  for (int i = 0; i < 1'000; ++i)
    rest += std::to_string(i * 7919) + "\n";
  auto second = frame(rest);
  for (size_t cut = 1; cut < second.size(); cut += 97) {
    auto all = read_all(
        dir.write("t.zst", first + second.substr(0, second.size() - cut)));
    CHECK(all.error.code == ec::invalid_argument);
    CHECK(all.error.what.find("ends within a zstd frame") != std::string::npos);
    REQUIRE(all.lines.size() >= 2);
    CHECK(all.lines[1] == "two");
  }
}

TEST_CASE("a file that is not zstd, or is damaged, is reported") {
  scratch_folder dir;
  auto plain = read_all(dir.write("n.zst", "{\"type\":\"LOG\"}\n"));
  CHECK(plain.error.code == ec::invalid_argument);
  CHECK(plain.error.what.find("not zstd") != std::string::npos);
  auto trailing = read_all(dir.write("g.zst", frame("one\n") + "garbage"));
  CHECK(trailing.error.code == ec::invalid_argument);
  CHECK(trailing.lines == lines{"one"});
}

TEST_CASE("a file that is not there or is a directory is a wrong argument") {
  scratch_folder dir;
  auto missing = read_all(dir.path("missing.jsonl"));
  CHECK(missing.error.code == ec::invalid_argument);
  CHECK(missing.error.what.find("missing.jsonl") != std::string::npos);
  CHECK(read_all(dir.path("")).error.code == ec::invalid_argument);
}

TEST_CASE("a line of the limit passes, one byte more fails") {
  scratch_folder dir;
  std::string text = "a\n" + std::string(1'000, 'x') + "\nb\n";
  for (const auto& path :
       {dir.write("l.jsonl", text), dir.write("l.zst", frame(text))}) {
    auto fits = read_all(path, 1'000);
    CHECK(fits.error.code == ec::none);
    CHECK(fits.lines.size() == 3);
    auto short_of = read_all(path, 999);
    CHECK(short_of.error.code == ec::invalid_argument);
    CHECK(short_of.error.what.find("line 2") != std::string::npos);
    CHECK(short_of.lines == lines{"a"});
  }
}

TEST_CASE("a line of 64 MiB passes by default, a longer one does not") {
  scratch_folder dir;
  std::string line(line_file::default_max_line_bytes, 'x');
  auto all = read_all(dir.write("big.zst", frame(line + "\nb\n")));
  CHECK(all.error.code == ec::none);
  REQUIRE(all.lines.size() == 2);
  CHECK((all.lines[0] == line));
  auto over = read_all(dir.write("over.zst", frame(line + "xx\nb\n")));
  CHECK(over.error.code == ec::invalid_argument);
  CHECK(over.lines.empty());
}

TEST_CASE("a moved reader goes on where it was") {
  scratch_folder dir;
  auto first = line_file::open(dir.write("a.zst", frame("one\ntwo\n")));
  REQUIRE(first);
  auto line = first->next();
  REQUIRE(line);
  auto second = std::move(*first);
  auto other = line_file::open(dir.write("b.jsonl", "three\n"));
  REQUIRE(other);
  *other = std::move(second);
  line = other->next();
  REQUIRE(line);
  REQUIRE(line->has_value());
  CHECK(**line == "two");
  CHECK(other->line_number() == 2);
}
