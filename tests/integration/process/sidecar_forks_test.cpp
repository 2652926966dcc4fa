// Keepers and sidecars that are copies of a fork server, as the true sidecar is
// one.

#include "runtime/process/child_end.hpp"
#include "runtime/process/orphans.hpp"
#include "runtime/process/packed_plan.hpp"
#include "runtime/process/pipe_folder.hpp"
#include "runtime/process/sidecar_forks.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

using namespace motorcade;
using namespace motorcade::test;
using Catch::Matchers::ContainsSubstring;
using namespace std::chrono_literals;

namespace {

namespace fs = std::filesystem;

/// @returns the content of a file of /proc; empty: the process is gone.
std::string content(pid_t pid, const std::string& name) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/" + name};
  return {std::istreambuf_iterator<char>{file}, {}};
}

pid_t parent_of(pid_t pid) {
  const auto stat = content(pid, "stat");
  std::istringstream rest{stat.substr(stat.rfind(')') + 1)};
  std::string state;
  pid_t out = 0;
  rest >> state >> out;
  return out;
}

/// The folder of tasks, and what they were started with.
class forks_world {
public:
  explicit forks_world(const std::string& program) : forks{program} {
    adopt_orphans();
    fs::create_directory(folder.path("pipes"));
    REQUIRE(prepare_pipe_folder(folder.path("pipes")));
  }

  /// A plan of a sidecar alone, with no settings but one.
  keeper_plan plan(const std::string& setting,
                   const std::string& program = SIDECAR) const {
    keeper_plan out;
    out.pipes = folder.path("pipes");
    out.sidecar.path = program;
    out.sidecar.environment = {setting};
    out.sidecar.folder = folder.path("");
    return out;
  }

  task_keeper start(const keeper_plan& task) {
    auto started = forks.start(task);
    REQUIRE(started);
    return std::move(*started);
  }

  scratch_folder folder;
  sidecar_forks forks;
};

/// What a sidecar that ended by itself left.
struct left {
  std::string said;
  int exit_code = -1;
};

/// Follows a task to its end, and reaps its keeper.
left follow(const task_keeper& keeper) {
  left out;
  char bytes[4096];
  for (ssize_t n = 0; (n = ::read(keeper.log.get(), bytes, sizeof bytes)) > 0;)
    out.said.append(bytes, static_cast<size_t>(n));
  keeper_report report;
  while (::recv(keeper.control.get(), &report, sizeof report, 0)
         == static_cast<ssize_t>(sizeof report))
    if (report.what == keeper_report::kind::ended && report.of_sidecar)
      out.exit_code = report.number;
  CHECK(reap_within(keeper.pid, 30s));
  return out;
}

/// @returns the process of the keeper's sidecar, once it has begun.
pid_t sidecar_of(const task_keeper& keeper) {
  keeper_report report;
  REQUIRE(::recv(keeper.control.get(), &report, sizeof report, 0)
          == static_cast<ssize_t>(sizeof report));
  REQUIRE(report.what == keeper_report::kind::started);
  REQUIRE(report.of_sidecar);
  return report.number;
}

} // namespace

TEST_CASE("a sidecar is a copy of the fork server, with its own environment") {
  forks_world w{SIDECAR};
  for (const auto* word : {"nonsense", "rubbish"}) {
    const auto keeper = w.start(w.plan(std::string{"COMMAND="} + word));
    const auto server = w.forks.server();
    REQUIRE(server > 0);
    CHECK(content(server, "comm") == "fork-server\n");
    CHECK(parent_of(keeper.pid) == ::getpid());
    const auto ended = follow(keeper);
    CHECK(ended.exit_code == 2);
    CHECK_THAT(ended.said, ContainsSubstring("wrong settings")
                               && ContainsSubstring("COMMAND"));
    // The next task goes by the same one.
    CHECK(w.forks.server() == server);
  }
}

TEST_CASE("a copy shows no setting, and holds nothing of the fork server") {
  forks_world w{SIDECAR};
  auto plan = w.plan("COMMAND=read");
  plan.sidecar.environment.insert(
      plan.sidecar.environment.end(),
      {"STDOUT_PIPE_FILE=" + w.folder.path("pipes/stdout"),
       "STDERR_PIPE_FILE=" + w.folder.path("pipes/stderr"),
       "BULKER_URL=file://" + w.folder.path("rows"),
       "DATABASE_URL=sqlite://" + w.folder.path("tasks.db"), "PACKAGE=p",
       "PACKAGE_VERSION=1", "SYNC_ID=s", "TASK_ID=hush-hush",
       "CONFIG_DIR=" + w.folder.path("")});
  w.folder.write(
      "catalog.json",
      R"({"streams":[{"stream":{"name":"a","json_schema":{},)"
      R"("supported_sync_modes":["full_refresh"]},)"
      R"("sync_mode":"full_refresh","destination_sync_mode":"append"}]})");
  auto keeper = w.start(plan);
  const auto sidecar = sidecar_of(keeper);
  // It opens the pipe once it has begun.
  const motorcade::file_handle err{
      ::open(w.folder.path("pipes/stderr").c_str(), O_WRONLY | O_CLOEXEC)};
  REQUIRE(err);
  CHECK(content(sidecar, "comm") == "sidecar\n");
  CHECK(content(sidecar, "cmdline").find("fork-server") == std::string::npos);
  CHECK(content(sidecar, "environ").find("hush-hush") == std::string::npos);
  CHECK(parent_of(sidecar) == keeper.pid);
  CHECK(fs::read_symlink("/proc/" + std::to_string(sidecar) + "/cwd")
        == fs::canonical(w.folder.path("")));
  for (const auto& one :
       fs::directory_iterator{"/proc/" + std::to_string(sidecar) + "/fd"}) {
    std::error_code gone;
    const auto to = fs::read_symlink(one.path(), gone).string();
    CHECK(to.find("memfd") == std::string::npos);
  }
  // Whoever closes its end ends the task.
  keeper.control = motorcade::file_handle{};
  CHECK(reap_within(keeper.pid, 30s));
  CHECK(content(sidecar, "comm").empty());
}

TEST_CASE("a fork server that is killed costs no task") {
  forks_world w{SIDECAR};
  follow(w.start(w.plan("COMMAND=first")));
  const auto first = w.forks.server();
  REQUIRE(first > 0);
  ::kill(first, SIGKILL);
  CHECK(follow(w.start(w.plan("COMMAND=second"))).exit_code == 2);
  CHECK(follow(w.start(w.plan("COMMAND=third"))).exit_code == 2);
  CHECK(w.forks.server() > 0);
  CHECK(w.forks.server() != first);
}

TEST_CASE("a task outlives the fork server, which ends when it is told to") {
  forks_world w{SIDECAR};
  auto keeper = w.start(w.plan("COMMAND=x"));
  const auto server = w.forks.server();
  w.forks.end();
  CHECK(content(server, "comm").empty());
  CHECK(follow(keeper).exit_code == 2);
}

TEST_CASE("a program that is no fork server is executed for each task") {
  scratch_folder folder;
  const auto script =
      folder.write("sidecar", "#!/bin/sh\necho $0 $1\nexit 7\n");
  ::chmod(script.c_str(), 0755);
  for (const auto& program : {script, std::string{}}) {
    forks_world w{program};
    for (int i = 0; i < 2; ++i) {
      const auto ended = follow(w.start(w.plan("A=b", script)));
      CHECK(ended.exit_code == 7);
      CHECK(ended.said == script + "\n");
      CHECK(w.forks.server() == 0);
    }
  }
}

TEST_CASE("a plan is the same once it is unpacked") {
  keeper_plan plan;
  plan.connector = {"/a", {"read", ""}, {"X=1", std::string{"Y=\xff\n"}}, "/h"};
  plan.sidecar = {"/b", {}, {"Z="}, ""};
  plan.pipes = "/p";
  plan.limits = {1, 2, 3};
  plan.grace = 4ms;
  const auto bytes = pack_plan(plan);
  const auto back = unpack_plan(bytes);
  REQUIRE(back);
  CHECK(back->connector.path == "/a");
  CHECK(back->connector.arguments == plan.connector.arguments);
  CHECK(back->connector.environment == plan.connector.environment);
  CHECK(back->connector.folder == "/h");
  CHECK(back->sidecar.environment == plan.sidecar.environment);
  CHECK(back->pipes == "/p");
  CHECK(back->limits == plan.limits);
  CHECK(back->grace == 4ms);
  for (size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(unpack_plan(std::string_view{bytes}.substr(0, size)));
  CHECK_FALSE(unpack_plan(bytes + "x"));
  CHECK_FALSE(unpack_plan(std::string(64, '\xff')));
}
