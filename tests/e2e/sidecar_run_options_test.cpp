// `sidecar run` and `sidecar init`: words of the command line.
#include "support/run_desk.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>

using namespace motorcade::test;

TEST_CASE("--debug stands where Airbyte's CDK takes it") {
  desk at;
  auto connector =
      at.script("echo '{\"type\":\"LOG\",\"log\":{\"level\":\"DEBUG\","
                "\"message\":\"'\"$1 $2\"'\"}}'\n");
  auto words = GENERATE(0, 1);
  auto ended = words == 0 ? at.run(connector, {"--debug"})
                          : at.run({connector[0], "--debug"}, {"--debug"});
  INFO(ended.err);
  CHECK(holds(ended.err, "D source: read --debug"));
}

TEST_CASE(
    "init makes pipes that all users may open, also when it is repeated") {
  desk at;
  auto folder = at.folder.path("pipes");
  std::filesystem::create_directory(folder);
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all);
  for (int i = 0; i < 2; ++i) {
    auto made = watched_program{{SIDECAR, "init", folder}, at.env}.finish();
    INFO(made.err);
    CHECK(made.exit_code == 0);
    for (const auto* name : {"/stdout", "/stderr"}) {
      auto status = std::filesystem::status(folder + name);
      CHECK(status.type() == std::filesystem::file_type::fifo);
      CHECK(static_cast<int>(status.permissions()) == 0666);
    }
    CHECK(static_cast<int>(std::filesystem::status(folder).permissions())
          == 0777);
    CHECK_FALSE(std::filesystem::exists(folder + "/exit-code"));
    // Files of an earlier run must not count.
    at.folder.write("pipes/exit-code", "0");
  }
  auto lost = watched_program{{SIDECAR, "init", "/nowhere"}, at.env}.finish();
  CHECK(lost.exit_code == 1);
  CHECK(holds(lost.err, "/nowhere"));
}

TEST_CASE("wrong words are named, with exit code 2") {
  desk at;
  auto expect = [&](const std::vector<std::string>& words,
                    const std::string& reason) {
    auto ended = watched_program{words, at.env}.finish();
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code == 2);
    CHECK(holds(ended.err, reason));
    CHECK(std::filesystem::is_empty(at.folder.path("tmp")));
  };
  auto with = [&](size_t at_word, const std::string& word) {
    auto words = at.command({DEMO_CONNECTOR});
    words[at_word] = word;
    return words;
  };
  expect({SIDECAR, "run"}, "-- CONNECTOR [ARGS…], the connector's program");
  expect({SIDECAR, "run", "--", DEMO_CONNECTOR},
         "--config is required for read");
  expect({SIDECAR, "walk"}, "walk");
  expect(with(3, "/nowhere/config.json"), "/nowhere/config.json");
  expect(with(5, "/nowhere/catalog.json"), "/nowhere/catalog.json");
  expect(with(5, at.folder.path("config.json")), "config.json: ");
  expect(with(7, "ftp://somewhere"), "--to: ");
  expect(with(7, "file:///proc/nowhere"), "/proc/nowhere");
  expect(with(7, "sqlite:///tmp/"), "--to: names a folder");
  expect(with(9, "sqlite:///tmp/"), "--database: names a folder");
  expect(with(9, "sqlite:///nowhere/at/all.db"), "/nowhere/at/all.db");
  expect(with(9, "mysql://me:hush@here/db"), "--database: ");
  expect(at.command({DEMO_CONNECTOR}, {"--command", "walk"}), "walk");
  expect(at.command({DEMO_CONNECTOR}, {"--save-catalog", "x"}),
         "--save-catalog is for discover");
  expect(at.command({DEMO_CONNECTOR}, {"--select", "x"}),
         "--select needs --save-catalog");
  expect({SIDECAR, "run", "--command", "check", "--", DEMO_CONNECTOR},
         "--config is required for check");
}

TEST_CASE("--help and --version describe the sidecar") {
  auto help = run_program({SIDECAR, "--help"});
  CHECK(help.exit_code == 0);
  CHECK(holds(help.out, "run"));
  auto run_help = run_program({SIDECAR, "run", "--help"});
  CHECK(run_help.exit_code == 0);
  for (const auto* option : {"--config", "--catalog", "--state", "--to",
                             "--database", "--env", "--sync-id"})
    CHECK(holds(run_help.out, option));
  auto version = run_program({SIDECAR, "--version"});
  CHECK(version.exit_code == 0);
  CHECK(holds(version.out, "motorcade sidecar 0."));
}
