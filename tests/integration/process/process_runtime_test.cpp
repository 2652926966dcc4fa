// Connectors and sidecars as real processes.

#include "runtime/process/connector_folder.hpp"
#include "support/process_world.hpp"
#include "support/watched_process.hpp"

#include <catch2/catch_all.hpp>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

TEST_CASE("a task that ends well is reported with its processes' ends") {
  ::setenv("SYNCCTL_AUTH_TOKENS", "token-hush", 1);
  process_world w;
  CHECK(w.is_listed());
  w.write_connector("echo \"$@\"; cat $3; env >&2; pwd >&2\n"
                    "ls -ld ${3%/config/*} $3 $5 >&2\n");
  auto name = w.start();
  auto end = w.await_end(name);
  CHECK(end.state == pod_state::ended);
  CHECK_FALSE(end.failure);
  CHECK(end.source->exit_code == 0);
  CHECK(end.source->reason == "Completed");
  CHECK(end.sidecar->exit_code == 0);
  CHECK(end.annotations.at("TaskID") == "task-1");
  auto config = w.task_path(name) + "/config/";
  CHECK(w.left("out")
        == "read --config " + config + "config.json --catalog " + config
               + "catalog.json --state " + config
               + "state.json\n{\"token\":\"source-hush\"}");
  auto err = w.left("err");
  INFO(err);
  CHECK(holds(err, "USE_STREAM_CAPABLE_STATE=true"));
  CHECK(holds(err, "drwx------ "));
  CHECK_FALSE(holds(err, "rw-r"));
  for (const auto* secret : {"db-hush", "bulker-hush", "token-hush"})
    CHECK_FALSE(holds(err, secret));
  auto env = w.left("env");
  CHECK(holds(env, "DATABASE_URL=postgres://u:db-hush@h/d\n"));
  CHECK(holds(env, "BULKER_AUTH_TOKEN=bulker-hush\n"));
  CHECK(holds(env, "CONFIG_DIR=" + config.substr(0, config.size() - 1)));
  CHECK_FALSE(holds(env, "token-hush"));
  CHECK(w.left("code") == "0\n");
  CHECK(*w.runtime->last_lines(name, sidecar_container, 2)
        == "second\nthird\n");
  CHECK(w.runtime->last_lines(name, source_container, 2)->empty());
  w.remove(name);
  CHECK_FALSE(w.runtime->last_lines(name, sidecar_container, 2));
}

TEST_CASE("the check of a destination alone is a sidecar without a connector") {
  process_world w;
  w.write_sidecar("env > $1.env; cat $DESTINATION_CONFIG_FILE > $1.out\n"
                  "read line < "
                  + w.folder.path("go") + "; exit $line\n");
  ::mkfifo(w.folder.path("go").c_str(), 0600);
  auto check = w.request();
  check.command = "check";
  check.package = "destination";
  check.sync_id.clear();
  check.storage_key = "key-1";
  check.config.clear();
  check.catalog.clear();
  check.destination_config = R"({"destinationType":"clickhouse"})";
  const auto pod = w.launch(check);
  REQUIRE(pod);
  w.await([&] { return w.last_of(pod->name).state == pod_state::running; });
  std::ofstream{w.folder.path("go")} << "0\n";
  w.await([&] { return w.last_of(pod->name).state == pod_state::ended; });
  const auto end = w.last_of(pod->name);
  CHECK_FALSE(end.source);
  CHECK_FALSE(end.failure);
  CHECK(end.sidecar->exit_code == 0);
  CHECK(w.left("out") == check.destination_config);
  CHECK_FALSE(holds(w.left("env"), "PIPE_FILE"));
  CHECK_FALSE(holds(w.left("env"), "EXIT_CODE_FILE"));
  w.remove(pod->name);
}

TEST_CASE("the end of a connector is described in the words of Kubernetes") {
  process_world w;

  struct ending {
    std::string script;
    int code;
    std::string message;
  };

  auto how = GENERATE(
      ending{"exit 3", 3, ""},
      ending{"kill -KILL $$", 137, "killed by signal 9"},
      ending{"kill -SEGV $$", 139, "killed by signal 11"},
      ending{"while :; do :; done", 152, "SYNCCTL_PROCESS_CPU_SECONDS"});
  if (how.code == 152) {
    w.settings.process.cpu_seconds = 1;
    w.begin();
  }
  w.write_connector(how.script);
  auto end = w.await_end(w.start());
  CHECK(end.source->exit_code == how.code);
  CHECK(end.source->reason == "Error");
  CHECK(holds(end.source->message, how.message));
  CHECK(w.left("code") == std::to_string(how.code) + "\n");
}

TEST_CASE("a connector's processes have the limits of the settings") {
  process_world w;
  w.settings.process = {uint64_t{64} << 20, 77, 99};
  w.begin();
  w.write_connector("ulimit -d; ulimit -t; ulimit -n; ulimit -c");
  w.await_end(w.start());
  CHECK(w.left("out") == "65536\n77\n99\n0\n");
}

TEST_CASE("a connector that cannot start is reported at once") {
  process_world w;
  auto task = w.request();
  std::string why;
  SECTION("there is none") {
    why = "there is no connector airbyte/source-x";
  }
  SECTION("it is not executable") {
    w.folder.write("connectors/airbyte/source-x", "#!/bin/sh\n");
    why = "is not executable";
  }
  SECTION("it lies elsewhere") {
    std::filesystem::create_symlink(
        "/bin/true", w.folder.path("connectors/airbyte/source-x"));
    why = "leads out of";
  }
  auto pod = w.launch(task);
  REQUIRE(pod);
  CHECK(pod->state == pod_state::hopeless);
  REQUIRE(pod->failure);
  CHECK(pod->failure->message == "the connector cannot start");
  CHECK(holds(pod->failure->internal_message, why));
  CHECK(w.launch(task).error().code == ec::already_exists);
  CHECK(*w.runtime->remove(pod->name, pod->uid));
}

TEST_CASE("a program that the system cannot run makes the task hopeless") {
  process_world w;
  auto path = w.folder.write("connectors/source-x", "#!/nowhere/sh\n");
  ::chmod(path.c_str(), 0755);
  auto name = w.start();
  auto end = w.await_end(name);
  CHECK(end.state == pod_state::hopeless);
  REQUIRE(end.failure);
  CHECK(holds(end.failure->internal_message, "No such file"));
  w.remove(name);
}

TEST_CASE("connectors are found in their folder only") {
  scratch_folder folder;
  std::filesystem::create_directories(folder.path("in/airbyte"));
  std::filesystem::create_directories(folder.path("in/source-y"));
  for (const auto* name : {"in/airbyte/source-x", "in/source-z", "outside"})
    ::chmod(folder.write(name, "").c_str(), 0700);
  std::filesystem::create_symlink("airbyte/source-x",
                                  folder.path("in/source-w"));
  auto find = [&](const std::string& package) {
    auto found = find_connector(folder.path("in"), package);
    return found ? *found : found.error().what;
  };
  auto inside = std::filesystem::canonical(folder.path("in")).string();
  CHECK(find("airbyte/source-x") == inside + "/airbyte/source-x");
  CHECK(find("airbyte/source-z") == inside + "/source-z");
  CHECK(find("source-w") == inside + "/airbyte/source-x");
  CHECK(holds(find("airbyte/source-y"), "there is no connector"));
  for (const auto* package : {"../outside", "airbyte/../../outside", "",
                              "/bin/true", "airbyte//source-x", ".."})
    CHECK(holds(find(package), "leads out"));
  CHECK(holds(find_connector(folder.path("none"), "x").error().what,
              "there is no folder"));
}

TEST_CASE("the use of a connector is what the kernel counted") {
  process_world w;
  // A child, and an orphan, count too.
  w.write_connector(
      "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done\n"
      "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'\n"
      "exit 0");
  auto end = w.await_end(w.start());
  REQUIRE(end.source_use);
  CHECK(end.source_use->cpu > 20ms);
  CHECK(end.source_use->wall.count() > 0);
  CHECK(end.source_use->cpu <= end.source_use->wall + 200ms);
}

TEST_CASE("a console script of a venv is a connector") {
  process_world w;
  auto venv = w.folder.path("venv");
  REQUIRE(std::system(("python3 -m venv --without-pip " + venv).c_str()) == 0);
  // The script that pip writes for an entry point.
  auto site = venv + "/lib";
  for (const auto& python : std::filesystem::directory_iterator{site})
    std::ofstream{python.path() / "site-packages" / "the_source.py"}
        << "import sys\ndef run():\n    print('from', sys.prefix)\n";
  auto script =
      w.folder.write("venv/bin/source-x", "#!" + venv
                                              + "/bin/python3\nimport sys\n"
                                                "from the_source import run\n"
                                                "sys.exit(run())\n");
  ::chmod(script.c_str(), 0755);
  auto place = w.folder.path("connectors/airbyte/source-x");
  SECTION("copied") {
    std::filesystem::copy_file(script, place);
  }
  SECTION("started by a script") {
    w.write_connector("exec " + script + " \"$@\"\n");
  }
  auto end = w.await_end(w.start());
  CHECK(end.source->exit_code == 0);
  CHECK(w.left("out") == "from " + venv + "\n");
}
