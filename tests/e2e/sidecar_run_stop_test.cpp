// `sidecar run`: ends of connectors, and what they leave.
#include "support/run_desk.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>

#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace motorcade::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

/// A script that prints one row and then waits, and tells its pid.
std::string waiting_script(const desk& at) {
  return "trap 'echo told > " + at.folder.path("told")
         + "; exit 0' INT TERM\n"
           "echo $$ > "
         + at.folder.path("pid.new") + "\nmv " + at.folder.path("pid.new") + " "
         + at.folder.path("pid") + "\necho '"
         + R"({"type":"LOG","log":{"level":"INFO","message":"here I am"}})"
         + "'\nwhile :; do sleep 0.1; done\n";
}

/// A process that is not reaped yet is dead all the same.
bool is_alive(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  return !text.empty() && !holds(text, ") Z ");
}

pid_t read_pid(const std::string& path) {
  std::ifstream file{path};
  pid_t pid = 0;
  file >> pid;
  return pid;
}

/// Blocks until the process is gone.
/// @returns false where ten seconds were not enough.
bool await_gone(pid_t pid) {
  for (int i = 0; i < 1000 && is_alive(pid); ++i)
    ::poll(nullptr, 0, 10);
  return !is_alive(pid);
}

} // namespace

TEST_CASE("an interrupt passes on to the connector and ends the run") {
  desk at;
  auto number = GENERATE(SIGINT, SIGTERM);
  watched_program run{at.command(at.script(waiting_script(at))), at.env};
  REQUIRE(run.await("here I am"));
  auto told = watched_program::clock::now();
  run.signal(number);
  auto ended = run.finish();
  INFO(ended.out << ended.err);
  CHECK(run.ended_at() - told < 8s);
  CHECK(ended.exit_code == 1);
  CHECK(holds(ended.out, "CANCELLED"));
  CHECK(std::filesystem::exists(at.folder.path("told")));
  CHECK(await_gone(read_pid(at.folder.path("pid"))));
  CHECK(std::filesystem::is_empty(at.folder.path("tmp")));
}

TEST_CASE("a connector that hears nothing is killed") {
  desk at;
  auto script = waiting_script(at);
  script.replace(0, script.find("INT TERM"), "trap '' ");
  watched_program run{at.command(at.script(script)), at.env};
  REQUIRE(run.await("here I am"));
  auto told = watched_program::clock::now();
  run.signal(SIGINT);
  auto ended = run.finish();
  INFO(ended.err);
  CHECK(run.ended_at() - told < 25s);
  CHECK(await_gone(read_pid(at.folder.path("pid"))));
}

TEST_CASE("processes that a connector leaves behind end with the run") {
  desk at;
  auto ended = at.run(at.script("sleep 1000 >/dev/null 2>&1 &\necho $! > "
                                + at.folder.path("pid") + "\n"));
  INFO(ended.err);
  CHECK(await_gone(read_pid(at.folder.path("pid"))));
}

TEST_CASE("a connector dies with a sidecar that was killed") {
  desk at;
  watched_program run{at.command(at.script(waiting_script(at))), at.env};
  REQUIRE(run.await("here I am"));
  run.signal(SIGKILL);
  run.finish();
  CHECK(await_gone(read_pid(at.folder.path("pid"))));
}

TEST_CASE("interrupted while it starts, nothing is left") {
  for (int pause = 0; pause <= 60; pause += 4) {
    INFO("after " << pause << " ms");
    desk at;
    watched_program run{at.command(at.script(waiting_script(at))), at.env};
    ::poll(nullptr, 0, pause);
    run.signal(SIGINT);
    auto ended = run.finish();
    INFO(ended.out << ended.err);
    CHECK(ended.exit_code != 0);
    CHECK(std::filesystem::is_empty(at.folder.path("tmp")));
    if (auto pid = read_pid(at.folder.path("pid")); pid > 0)
      CHECK(await_gone(pid));
  }
}

TEST_CASE("a connector cannot read the memory of the sidecar that started it") {
  desk at;
  // Root may look into everything, and nobody with fewer rights into a process
  // with more: both put theirs away.
  auto without_rights = [](std::vector<std::string> words) {
    if (::geteuid() == 0)
      words.insert(words.begin(), {"/usr/bin/setpriv", "--inh-caps=-all",
                                   "--bounding-set=-all"});
    return words;
  };
  watched_program run{without_rights(at.command(at.script(waiting_script(at)))),
                      at.env};
  REQUIRE(run.await("here I am"));
  auto look = without_rights(
      {"/bin/cat", "/proc/" + std::to_string(run.pid()) + "/environ"});
  auto looked = watched_program{look, at.env}.finish();
  CHECK(looked.exit_code != 0);
  CHECK_FALSE(holds(looked.out, "TMPDIR"));
  run.signal(SIGTERM);
  run.finish();
}
