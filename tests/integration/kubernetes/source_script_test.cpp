// The script of the connector's shell, in every installed shell.

#include "runtime/kubernetes/pod_manifest.hpp"
#include "support/child_program.hpp"
#include "support/kubernetes_expansion.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <csignal>

#include <sys/stat.h>

using namespace motorcade;
using namespace motorcade::test;

namespace {

constexpr auto shells = {"dash", "bash", "busybox sh"};

/// @returns the script with the Pod's folder replaced by another.
std::string script_in(const std::string& folder,
                      const std::string& command = "spec") {
  task_request task;
  task.command = command;
  if (command == "read") {
    task.sync_id = "sync";
    task.task_id = "t";
    task.catalog = R"({"streams":[{"stream":{"name":"a","json_schema":{}},)"
                   R"("sync_mode":"incremental"}]})";
    task.state = "{}";
  }
  task.package = "airbyte/source-faker";
  task.version = "1";
  controller_settings settings;
  settings.pods.sidecar_image = "sidecar:1";
  settings.bulker_url = "http://bulker";
  auto made = make_pod_manifest(task, settings);
  REQUIRE(made);
  auto pod = nlohmann::json::parse(made->pod);
  std::string out = run_container(pod["spec"]["containers"][0])["command"][2];
  const std::string there = "/pipes/";
  for (auto at = out.find(there); at != out.npos;
       at = out.find(there, at + folder.size()))
    out.replace(at, there.size(), folder + "/");
  return out;
}

/// The script under way, with that for a connector.
struct running_script {
  running_script(const std::string& shell, const std::string& connector,
                 const std::string& command = "spec")
      : program{start(folder.path().string(), shell, connector, command)} {}

  static std::vector<std::string> start(const std::string& folder,
                                        const std::string& shell,
                                        const std::string& connector,
                                        const std::string& command) {
    // In a group of its own, as in a container. What it writes is shown on the
    // pipe of the test.
    ::mkfifo((folder + "/stderr").c_str(), 0666);
    ::mkfifo((folder + "/stdout").c_str(), 0666);
    auto all = "cat " + folder + "/stderr & cat " + folder
               + "/stdout & exec setsid " + shell + " -c \"$SCRIPT\"";
    return {"/usr/bin/env",
            "SCRIPT=" + script_in(folder, command),
            "AIRBYTE_ENTRYPOINT=" + connector,
            "sh",
            "-c",
            all};
  }

  /// @returns what the sidecar would read.
  std::string exit_code() const {
    std::ifstream file{folder.path("exit-code")};
    std::string out;
    std::getline(file, out);
    return out;
  }

  scratch_folder folder;
  child_program program;
};

} // namespace

TEST_CASE("the exit code of a connector is written to its file") {
  for (const auto* shell : shells) {
    INFO(shell);
    running_script good{shell, "echo"};
    auto ended = good.program.finish();
    CHECK(ended.exit_code == 0);
    CHECK(ended.out == "spec\n");
    CHECK(good.exit_code() == "0");
    running_script bad{shell, "exit 7;"};
    CHECK(bad.program.finish().exit_code == 7);
    CHECK(bad.exit_code() == "7");
  }
}

TEST_CASE("a waiting connector gets SIGTERM when its Pod is deleted") {
  struct row {
    std::string connector;
    std::string code;
  };

  // A shell between fork and exec may lose a signal: each of these is ready
  // only when it can take one.
  const std::string waits = "python3 -c 'import signal as s; "
                            "print(1, flush=True); s.pause()'";
  const auto answers = [](const char* code) {
    return "python3 -c 'import signal as s; s.pthread_sigmask(0, [15]); "
           "print(1, flush=True); s.sigwait([15]); exit("
           + std::string{code} + ")'";
  };
  for (const auto* shell : shells)
    for (const auto& [connector, code] :
         {row{"exec " + waits, "143"}, row{waits + "; :", "143"},
          row{"sleep 600 & trap 'kill -9 $!; exit 9' TERM; echo 1; wait; :",
              "9"},
          // It is given time for its own end, after which its exit code counts.
          row{answers("9"), "9"},
          // What it has printed may be a part, whatever it says of it.
          row{answers("0"), "143"}}) {
      INFO(shell << ": " << connector);
      running_script one{shell, connector};
      one.program.await_line();
      REQUIRE(::kill(one.program.pid(), SIGTERM) == 0);
      CHECK(one.program.finish().exit_code == std::stoi(code));
      CHECK(one.exit_code() == code);
    }
}

TEST_CASE("a connector is given the state that the sidecar put beside the "
          "pipes before it opened them") {
  for (const auto* shell : shells)
    for (const auto newer : {false, true}) {
      INFO(shell << (newer ? ", a newer one" : ", none"));
      // The connector's stdout waits for a reader, as for the sidecar.
      scratch_folder folder;
      const auto pipes = folder.path().string();
      for (const auto* name : {"stderr", "stdout"})
        REQUIRE(::mkfifo((pipes + '/' + name).c_str(), 0666) == 0);
      const auto sidecar = (newer ? "echo '{}' > " + pipes + "/x && mv " + pipes
                                        + "/x " + pipes + "/state.json && "
                                  : std::string{})
                           + "cat " + pipes + "/stderr & cat " + pipes
                           + "/stdout";
      child_program program{
          {"/usr/bin/env", "SCRIPT=" + script_in(pipes, "read"),
           "AIRBYTE_ENTRYPOINT=echo", "sh", "-c",
           std::string{"setsid "} + shell + " -c \"$SCRIPT\" & " + sidecar}};
      const auto ended = program.finish();
      CHECK(ended.out
            == "read --config /config/config.json --catalog "
               "/config/catalog.json --state "
                   + (newer ? pipes : std::string{"/config"})
                   + "/state.json\n");
    }
}
