// Which signals end a sidecar and syncctl, and which do not.

#include "support/bound_socket.hpp"
#include "support/holds.hpp"
#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>
#include <filesystem>

using namespace motorcade::test;

namespace {

/// They are not sent on purpose.
const std::vector<int> strays = {SIGUSR1,  SIGUSR2, SIGALRM,     SIGVTALRM,
                                 SIGPROF,  SIGIO,   SIGPIPE,     SIGCONT,
                                 SIGWINCH, SIGURG,  SIGCHLD,     SIGSTKFLT,
                                 SIGPWR,   SIGXFSZ, SIGRTMIN + 3};

/// @returns a command under `nohup`'s rule.
std::vector<std::string> without_hangup(std::vector<std::string> command) {
  command.insert(command.begin(),
                 {"/bin/sh", "-c", "trap '' HUP; exec \"$@\"", "sh"});
  return command;
}

class syncctl_world {
public:
  syncctl_world() {
    std::filesystem::create_directories(folder.path("connectors"));
    env = {{"PATH", "/usr/bin:/bin"},
           {"HOME", folder.path("home")},
           {"SYNCCTL_DATA_DIR", folder.path("data")},
           {"SYNCCTL_CONNECTORS_DIR", folder.path("connectors")},
           {"SYNCCTL_AUTH_TOKENS", "client-secret"},
           {"SYNCCTL_HTTP_PORT", free_port()}};
  }

  watched_program& start(const std::vector<std::string>& command = {SYNCCTL}) {
    program = std::make_unique<watched_program>(command, env);
    INFO(program->output());
    REQUIRE(program->await("listening on port"));
    return *program;
  }

  scratch_folder folder;
  motorcade::variables env;
  std::unique_ptr<watched_program> program;
};

} // namespace

TEST_CASE("a sidecar is ended by the signals that ask for it") {
  auto [number, name] =
      GENERATE(table<int, std::string>({{SIGTERM, "told to stop by SIGTERM"},
                                        {SIGINT, "told to stop by SIGINT"},
                                        {SIGHUP, "told to stop by SIGHUP"}}));
  sidecar_world world;
  world.start();
  auto connector = world.connect();
  REQUIRE(world.await("SELECT status FROM source_task", "RUNNING"));
  world.sidecar().signal(number);
  auto ended = world.finish();
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(holds(ended.err, name));
  CHECK(world.task().status == "CANCELLED");
}

TEST_CASE("an unexpected signal neither ends a sidecar nor hides later ones") {
  sidecar_world world;
  world.catalog(configured_catalog({"users"}, "full_refresh"));
  world.start();
  auto connector = world.connect();
  REQUIRE(world.await("SELECT status FROM source_task", "RUNNING"));
  for (auto number : strays)
    world.sidecar().signal(number);
  SECTION("it hears of its connector's end") {
    connector.out(record_line("users", R"({"n":1})")
                  + status_line("users", "COMPLETE"));
    connector.close();
    auto ended = world.finish();
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(world.task().status == "SUCCESS");
  }
  SECTION("it hears of SIGTERM") {
    world.sidecar().signal(SIGTERM);
    for (auto number : strays)
      world.sidecar().signal(number);
    auto ended = world.finish();
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(world.task().status == "CANCELLED");
  }
}

TEST_CASE("a sidecar under nohup outlives its terminal") {
  sidecar_world world;
  world.command = without_hangup(world.command);
  world.start();
  auto connector = world.connect();
  REQUIRE(world.await("SELECT status FROM source_task", "RUNNING"));
  world.sidecar().signal(SIGHUP);
  connector.out(record_line("users", R"({"n":1})")
                + status_line("users", "COMPLETE"));
  connector.close();
  auto ended = world.finish();
  INFO(ended.err);
  CHECK_FALSE(holds(ended.err, "told to stop"));
  CHECK(world.task().status == "SUCCESS");
}

TEST_CASE("syncctl is ended by the signals that ask for it, and by no other") {
  auto number = GENERATE(SIGTERM, SIGINT, SIGHUP);
  CAPTURE(number);
  syncctl_world world;
  auto& syncctl = world.start();
  for (auto stray : strays)
    syncctl.signal(stray);
  syncctl.signal(number);
  auto ended = syncctl.finish();
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(holds(ended.err, "told to stop by SIG"));
}

TEST_CASE("syncctl under nohup outlives its terminal") {
  syncctl_world world;
  auto& syncctl = world.start(without_hangup({SYNCCTL}));
  syncctl.signal(SIGHUP);
  syncctl.signal(SIGTERM);
  auto ended = syncctl.finish();
  CHECK(ended.exit_code == 0);
  CHECK(holds(ended.err, "told to stop by SIGTERM"));
}
