// The properties that a keeper gives its two children, as the system sees them;
// this process adopts no process, so that processes that end with a keeper do
// so by themselves.

#include "runtime/process/pipe_folder.hpp"
#include "runtime/process/task_keeper.hpp"
#include "support/scratch_folder.hpp"
#include "support/watched_process.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace motorcade;
using namespace motorcade::test;

namespace {

namespace fs = std::filesystem;

/// @returns a file's value of a name, as in /proc/<pid>/status.
std::string value_of(const fs::path& path, const std::string& name) {
  std::ifstream file{path};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name)) {
      std::istringstream rest{line.substr(name.size())};
      std::string out;
      rest >> out;
      return out;
    }
  return "nothing";
}

std::string first_word(const fs::path& path) {
  std::ifstream file{path};
  std::string out;
  file >> out;
  return out;
}

/// @returns where a process's descriptors lead to. One that is closed
/// meanwhile, e.g. that of a library which `sleep` is being linked with, is
/// left out.
std::vector<std::string> descriptors(pid_t pid) {
  std::vector<std::string> out;
  for (const auto& one :
       fs::directory_iterator{"/proc/" + std::to_string(pid) + "/fd"}) {
    std::error_code gone;
    auto to = fs::read_symlink(one.path(), gone);
    if (!gone)
      out.push_back(to.string());
  }
  return out;
}

/// Has a sidecar's script write what it is told of the connector's end to the
/// pipe `told`; SIGTERM does not end it.
constexpr auto tells = "exec dd bs=64 count=1 <&3 > told 2> /dev/null";

/// A keeper with a connector and a sidecar that wait to be ended.
class kept_world {
public:
  /// @param run What the connector's script does, where `ready` says that it
  /// is.
  /// @param watch What the sidecar's script does once it is ready.
  explicit kept_world(const std::string& run = "ready; exec sleep 1000",
                      const std::string& watch = "exec sleep 1000") {
    leaked = folder.write("leaked", "");
    fs::create_directory(folder.path("pipes"));
    REQUIRE(prepare_pipe_folder(folder.path("pipes")));
    for (const auto* name : {"connector.ready", "sidecar.ready", "told"})
      ::mkfifo(folder.path(name).c_str(), 0600);
    keeper_plan plan;
    plan.pipes = folder.path("pipes");
    plan.connector = program("connector", run);
    plan.sidecar = program("sidecar", "trap '' TERM; exec 4< pipes/stderr; "
                                      "exec 5< pipes/stdout; ready; "
                                          + watch);
    // As a careless library may have left them.
    for (auto number : {20, 100, 900})
      open_.push_back(leak(number));
    auto started = start_task_keeper(plan);
    REQUIRE(started);
    keeper = std::move(*started);
    for (const auto* name : {"connector", "sidecar"})
      CHECK(first_word(folder.path(std::string{name} + ".ready")) == "ready");
    for (int i = 0; i < 2; ++i) {
      keeper_report report;
      REQUIRE(::recv(keeper.control.get(), &report, sizeof report, 0)
              == static_cast<ssize_t>(sizeof report));
      (report.of_sidecar ? sidecar : connector) = report.number;
    }
  }

  ~kept_world() {
    keeper.control = motorcade::file_handle{};
    ::kill(keeper.pid, SIGKILL);
    ::waitpid(keeper.pid, nullptr, 0);
    for (auto fd : open_)
      ::close(fd);
  }

  kept_world(const kept_world&) = delete;
  kept_world& operator=(const kept_world&) = delete;

  static fs::path proc(pid_t pid, const std::string& what) {
    return "/proc/" + std::to_string(pid) + "/" + what;
  }

  scratch_folder folder;
  std::string leaked;
  task_keeper keeper;
  pid_t connector = 0;
  pid_t sidecar = 0;

private:
  kept_program program(const std::string& name, const std::string& script) {
    kept_program out;
    out.path = folder.write(name, "#!/bin/sh\nready() { echo ready > "
                                      + folder.path(name + ".ready") + "; }\n"
                                      + script + "\n");
    ::chmod(out.path.c_str(), 0755);
    out.environment = {"PATH=/usr/bin:/bin"};
    out.folder = folder.path().string();
    return out;
  }

  int leak(int number) const {
    auto fd = ::open(leaked.c_str(), O_RDONLY);
    REQUIRE(fd >= 0);
    auto out = ::fcntl(fd, F_DUPFD, number);
    ::close(fd);
    REQUIRE(out >= number);
    return out;
  }

  std::vector<int> open_;
};

} // namespace

TEST_CASE("a task's processes inherit no open descriptor") {
  // Some numbers are below those that a keeper takes for itself.
  auto low = ::open("/dev/null", O_RDONLY);
  auto lower = ::open("/dev/zero", O_RDONLY);
  kept_world w;
  ::close(low);
  ::close(lower);
  for (auto pid : {w.keeper.pid, w.connector, w.sidecar}) {
    auto all = descriptors(pid);
    CAPTURE(pid, w.keeper.pid, w.connector, all);
    CHECK(std::count(all.begin(), all.end(), w.leaked) == 0);
    CHECK(std::count(all.begin(), all.end(), "/dev/zero") == 0);
  }
}

TEST_CASE("a task's processes have their limits") {
  rlimit before{};
  ::getrlimit(RLIMIT_CORE, &before);
  auto raised = before;
  raised.rlim_cur = raised.rlim_max;
  ::setrlimit(RLIMIT_CORE, &raised);
  kept_world w;
  ::setrlimit(RLIMIT_CORE, &before);
  for (auto pid : {w.connector, w.sidecar}) {
    CAPTURE(pid, w.connector);
    // A set-user-ID program gives no more rights.
    CHECK(value_of(w.proc(pid, "status"), "NoNewPrivs:") == "1");
    CHECK(value_of(w.proc(pid, "limits"), "Max core file size") == "0");
    // Signals that we hold are not held there.
    CHECK(value_of(w.proc(pid, "status"), "SigBlk:") == "0000000000000000");
  }
  CHECK(first_word(w.proc(w.connector, "oom_score_adj")) == "500");
  CHECK(first_word(w.proc(w.sidecar, "oom_score_adj"))
        == first_word("/proc/self/oom_score_adj"));
}

TEST_CASE("connector and sidecar die with their keeper") {
  kept_world w;
  watched_process connector{w.connector};
  watched_process sidecar{w.sidecar};
  ::kill(w.keeper.pid, SIGKILL);
  CHECK(connector.await_end());
  CHECK(sidecar.await_end());
}

TEST_CASE("connector and sidecar end with the process that started them") {
  kept_world w;
  watched_process keeper{w.keeper.pid};
  watched_process connector{w.connector};
  watched_process sidecar{w.sidecar};
  // All that is left of a process that died.
  w.keeper.control = motorcade::file_handle{};
  CHECK(connector.await_end());
  CHECK(sidecar.await_end());
  CHECK(keeper.await_end());
}

TEST_CASE("a sidecar is told a connector's exit code") {
  for (const auto* code : {"0", "7"}) {
    kept_world w{std::string{"ready; exit "} + code, tells};
    CHECK(first_word(w.folder.path("told")) == code);
  }
}

TEST_CASE("a connector that answers a stop with exit code 0 is told as "
          "stopped") {
  struct row {
    std::string answer;
    std::string told;
  };

  for (const auto& [answer, told] :
       {row{"exit 0", "143"}, row{"exit 9", "9"}}) {
    CAPTURE(answer);
    kept_world w{"trap '" + answer + "' TERM; ready; sleep 1000 & wait; "
                     + answer,
                 tells};
    REQUIRE(::send(w.keeper.control.get(), "", 1, 0) == 1);
    CHECK(first_word(w.folder.path("told")) == told);
  }
}
