// `replay`, the bench harness: what it makes, records and plays. How fast that
// is says `./dev bench`.

#include "support/sidecar_world.hpp"
#include "support/table_reader.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

using namespace motorcade::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

program_result replay(const std::vector<std::string>& words) {
  std::vector<std::string> command = {REPLAY};
  command.insert(command.end(), words.begin(), words.end());
  return watched_program{command, bare_environment()}.finish(120s);
}

std::vector<json> parse_lines(const std::string& text) {
  std::vector<json> out;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    out.push_back(json::parse(line));
  return out;
}

std::string write_program(scratch_folder& folder, const std::string& script) {
  auto path = folder.write("program", "#!/bin/sh\n" + script + "\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

std::string emitted_at(int milliseconds) {
  json record = {
      {"stream", "users"}, {"data", {{"n", 1}}}, {"emitted_at", milliseconds}};
  return json{{"type", "RECORD"}, {"record", record}}.dump() + "\n";
}

} // namespace

TEST_CASE("a synthetic recording has the properties that were asked for") {
  std::vector<std::string> words = {
      "generate", "--rows",         "1000", "--streams",
      "7",        "--row-bytes",    "200",  "--interleave",
      "random",   "--states-every", "50",   "--logs-every",
      "10",       "--seed"};
  auto with_seed = [&](const std::string& seed) {
    auto all = words;
    all.push_back(seed);
    auto ended = replay(all);
    REQUIRE(ended.exit_code == 0);
    return ended.out;
  };
  auto text = with_seed("5");
  CHECK(text == with_seed("5"));
  CHECK(text != with_seed("6"));
  std::map<std::string, size_t> types;
  std::set<std::string> streams;
  size_t switches = 0;
  std::string last;
  for (const auto& line : parse_lines(text)) {
    ++types[line["type"]];
    if (line["type"] != "RECORD")
      continue;
    const auto& record = line["record"];
    auto length = record["data"].dump().size();
    CHECK(length > 150);
    CHECK(length < 250);
    switches += record["stream"] != last;
    last = record["stream"];
    streams.insert(last);
  }
  CHECK(types["RECORD"] == 1000);
  CHECK(types["LOG"] == 100);
  CHECK(types["STATE"] >= 14);
  CHECK(streams.size() == 7);
  CHECK(switches > 500);
}

TEST_CASE("what a connector prints is recorded byte for byte, and plays") {
  scratch_folder folder;
  auto made =
      replay({"generate", "--rows", "500", "--streams", "3", "--states-every",
              "100", "--output", folder.path("made.jsonl")});
  REQUIRE(made.exit_code == 0);
  auto recorded = folder.path("recorded.jsonl.zst");
  auto ended = replay(
      {"record", "--output", recorded, "--", "cat", folder.path("made.jsonl")});
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  std::ifstream file{folder.path("made.jsonl")};
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    lines.push_back(line);
  CHECK(motorcade::support::read_table(recorded) == lines);
  auto played =
      replay({"play", "--pairs", "1", "--repeat", "3", "--json", "--database",
              "sqlite://" + folder.path("tasks.db"), recorded});
  INFO(played.err);
  REQUIRE(played.exit_code == 0);
  auto out = json::parse(played.out);
  CHECK(out["median_part_of_floor"] > 0);
  const auto& run = out["runs"].at(0);
  CHECK(run["exit_code"] == 0);
  CHECK(run["delivered_rows"] == 1500);
  CHECK(run["rows_per_second"] > 0);
  CHECK(run["peak_rss_bytes"] > 1'000'000);
  CHECK(run["floor_seconds"] > 0);
}

TEST_CASE("rows may come at a pace or with their own timing") {
  scratch_folder folder;
  auto recording =
      folder.write("paced.jsonl", emitted_at(1000) + emitted_at(1400));
  auto play = [&](const std::vector<std::string>& how) {
    std::vector<std::string> words = {
        "play",   "--pairs",    "1",
        "--json", "--database", "sqlite://" + folder.path("tasks.db")};
    words.insert(words.end(), how.begin(), how.end());
    words.push_back(recording);
    auto ended = replay(words);
    INFO(ended.err);
    REQUIRE(ended.exit_code == 0);
    return json::parse(ended.out)["runs"].at(0);
  };
  auto paced = play({"--rows-per-second", "5"});
  CHECK(paced["seconds"] >= 0.2);
  CHECK(paced["latency_p99_ms"] > 0);
  CHECK(play({"--own-timing"})["seconds"] >= 0.4);
}

TEST_CASE("rows go to any Bulker") {
  sidecar_world world;
  auto recording = world.folder.write(
      "rows.jsonl", record_lines("users", numbered_rows(0, 10)));
  auto ended = replay({"play", "--pairs", "1", "--to", world.bulker.url(),
                       "--database", world.env["DATABASE_URL"], recording});
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  CHECK(world.bulker.rows("users") == numbered_rows(0, 10));
  // A Bulker that does not want them is no success.
  world.bulker.inject({.status = 404});
  CHECK(replay({"play", "--pairs", "1", "--to", world.bulker.url(),
                "--database", world.env["DATABASE_URL"], recording})
            .exit_code
        == 1);
}

TEST_CASE("every scenario of the bench runs") {
  auto postgres = postgres_world();
  auto ended = watched_program{{REPLAY, "bench", "--quick", "--json",
                                "--database", postgres->url()},
                               bare_environment()}
                   .finish(240s);
  INFO(ended.err);
  REQUIRE(ended.exit_code == 0);
  auto figures = json::parse(ended.out);
  CHECK(figures.size() >= 18);
  for (const auto& figure : figures)
    CHECK(figure["value"].is_number());
}

TEST_CASE("a malformed recording is refused by name") {
  scratch_folder folder;
  auto ended = replay({"play", "--database", "sqlite:///tmp/none",
                       folder.path("nothing.jsonl")});
  CHECK(ended.exit_code != 0);
  CHECK(ended.err.find("nothing.jsonl") != std::string::npos);
}

TEST_CASE("a sidecar that reads nothing is an error, and no wait") {
  scratch_folder folder;
  const auto recording = folder.write("one.jsonl", emitted_at(1000));
  const std::string sidecar = GENERATE("/no/such/program", "/bin/true", "/tmp");
  const auto ended =
      replay({"play", "--pairs", "1", "--database", "sqlite:///tmp/none",
              "--sidecar", sidecar, recording});
  INFO(ended.err);
  CHECK(ended.exit_code != 0);
  CHECK(ended.err.find(sidecar + " ended with ") != std::string::npos);
}

TEST_CASE("a sidecar may open its pipes in either order") {
  scratch_folder folder;
  const auto recording = folder.write("one.jsonl", emitted_at(1000));
  const auto* const order =
      GENERATE("< $STDERR_PIPE_FILE 4< $STDOUT_PIPE_FILE",
               "< $STDOUT_PIPE_FILE 4< $STDERR_PIPE_FILE");
  const auto* const code = GENERATE("0", "5");
  const auto sidecar =
      write_program(folder, "exec 3" + std::string{order}
                                + "\ncat <&3 <&4 > /dev/null\nexit " + code);
  const auto ended =
      replay({"play", "--pairs", "1", "--json", "--database",
              "sqlite:///tmp/none", "--sidecar", sidecar, recording});
  // It came to its end, and delivered nothing: there are no figures of that.
  CHECK(ended.exit_code == 1);
  CHECK(ended.err.find("ended with " + std::string{code}
                       + "; the sink has 0 of the 1 rows")
        != std::string::npos);
  CHECK(json::parse(ended.out).count("median_part_of_floor") == 0);
}
