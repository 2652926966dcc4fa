// Files instead of pipes, as the Airbyte platform's Pods have them.

#include "support/holds.hpp"
#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>

using namespace motorcade::test;
using nlohmann::json;

namespace {

const std::string good_line =
    R"({"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}})"
    "\n";

/// A sidecar that watches files.
struct files_world : sidecar_world {
  explicit files_world(const std::string& what) {
    remove_pipes();
    for (const auto* name : {"STDOUT_PIPE_FILE", "STDERR_PIPE_FILE", "SYNC_ID",
                             "BULKER_URL", "EXIT_CODE_FILE", "COMMAND"})
      env.erase(name);
    if (!what.empty())
      env["COMMAND"] = what;
    env["STORAGE_KEY"] = "the-key";
    env["SIDECAR_INPUT"] = "files";
    env["AIRBYTE_CONFIG_DIR"] = folder.path().string();
  }

  void say(const std::string& text) const {
    std::ofstream{folder.path("jobOutput.json"), std::ios::app} << text;
  }

  void end(int code) const {
    folder.write("exitCode.tmp", std::to_string(code));
    std::filesystem::rename(folder.path("exitCode.tmp"),
                            folder.path("exitCode.txt"));
  }

  std::string cell(const std::string& query) {
    auto rows = database().query(query);
    REQUIRE(rows.size() == 1);
    return rows[0][0].value_or("-");
  }
};

} // namespace

TEST_CASE("SIDECAR_INPUT=files follows a connector's output live") {
  files_world world{"check"};
  world.start();
  world.say(log_line("INFO", "first word"));
  // The line is stored while the connector still runs.
  REQUIRE(world.await("SELECT count(*) FROM task_log WHERE message = "
                      "'first word'",
                      "1"));
  auto half = good_line.size() / 2;
  world.say(good_line.substr(0, half));
  world.say(good_line.substr(half));
  world.say("last word, no newline");
  world.end(1);
  auto ended = world.finish();
  CHECK(ended.exit_code == 0);
  CHECK(world.cell("SELECT status FROM source_check") == "SUCCESS");
  CHECK(world.logged("last word, no newline"));
}

TEST_CASE("files that were complete before the sidecar came are read") {
  files_world world{"discover"};
  json streams = json::array();
  for (int i = 0; i < 5000; ++i)
    streams.push_back({{"name", "s" + std::to_string(i)},
                       {"filler", std::string(1000, 'x')}});
  world.say(
      json{{"type", "CATALOG"}, {"catalog", {{"streams", streams}}}}.dump()
      + "\n");
  world.end(0);
  world.start();
  CHECK(world.finish().exit_code == 0);
  auto catalog = json::parse(world.cell("SELECT catalog FROM source_catalog"));
  CHECK((catalog["streams"] == streams));
}

TEST_CASE("a connector without output failed, whatever its exit code") {
  files_world world{"spec"};
  auto code = GENERATE(0, 1, 137);
  auto with_file = GENERATE(false, true);
  if (with_file)
    world.say("");
  world.end(code);
  world.start();
  CHECK(world.finish().exit_code == 1);
  auto error = world.cell("SELECT error FROM source_spec");
  CHECK(holds(error, "without an answer"));
  if (code != 0)
    CHECK(holds(error, "exit code " + std::to_string(code)));
}

TEST_CASE("a connector that never ends is timed out, its log is kept") {
  files_world world{"check"};
  world.env["SIDECAR_FILE_TIMEOUT_MINUTES"] = "0.02";
  auto said = GENERATE(false, true);
  if (said)
    world.say(log_line("INFO", "still thinking"));
  world.start();
  CHECK(world.finish().exit_code == 2);
  CHECK(world.cell("SELECT status FROM source_check") == "FAILED");
  auto why = world.cell("SELECT description FROM source_check");
  CHECK(holds(why, "SIDECAR_FILE_TIMEOUT_MINUTES"));
  CHECK(holds(why, said ? "still thinking" : "printed nothing"));
  CHECK(world.logged("still thinking") == said);
}

TEST_CASE("AIRBYTE_CONFIG_DIR holds sidecarInput.json, which names the task") {
  files_world world{""};
  for (const auto* name : {"PACKAGE", "PACKAGE_VERSION", "STORAGE_KEY"})
    world.env.erase(name);
  const std::string input =
      R"({"operationType":"CHECK","workloadId":"w-1",)"
      R"("integrationLauncherConfig":{"dockerImage":"airbyte/source-x:1.2"},)"
      R"("checkConnectionInput":{"actorId":"actor-1"}})";
  world.start();
  world.say(good_line);
  world.end(0);
  // It comes late, and in two parts.
  world.folder.write("sidecarInput.json", input.substr(0, input.size() / 2));
  world.folder.write("sidecarInput.json", input);
  CHECK(world.finish().exit_code == 0);
  CHECK(world.cell("SELECT package || ' ' || version || ' ' || key || ' ' || "
                   "status FROM source_check")
        == "airbyte/source-x 1.2 actor-1 SUCCESS");
}

TEST_CASE("SIDECAR_INPUT=files is refused for a read, and an unknown "
          "SIDECAR_INPUT is named") {
  files_world world{"read"};
  world.env["BULKER_URL"] = world.bulker.url();
  world.env["SYNC_ID"] = "s";
  world.start();
  auto ended = world.finish();
  CHECK(ended.exit_code == 2);
  CHECK(holds(ended.err, "SIDECAR_INPUT: files serves spec"));
  files_world odd{"spec"};
  odd.env["SIDECAR_INPUT"] = "mails";
  odd.start();
  auto refused = odd.finish();
  CHECK(refused.exit_code == 2);
  CHECK(holds(refused.err, "SIDECAR_INPUT: \"mails\" is not known"));
  files_world nowhere{"spec"};
  nowhere.env["AIRBYTE_CONFIG_DIR"] = "/nowhere";
  nowhere.start();
  auto lost = nowhere.finish();
  CHECK(lost.exit_code == 2);
  CHECK(holds(lost.err, "/nowhere"));
}

TEST_CASE("SIGTERM ends the wait for files") {
  files_world world{GENERATE(as<std::string>{}, "", "check")};
  auto waits_for_input = !world.env.contains("COMMAND");
  world.start();
  if (waits_for_input) {
    REQUIRE(world.sidecar().await("waiting for"));
  } else {
    world.say(log_line("INFO", "here"));
    REQUIRE(world.await("SELECT count(*) FROM task_log WHERE message = 'here'",
                        "1"));
  }
  world.sidecar().signal(SIGTERM);
  CHECK(world.finish().exit_code == 0);
}
