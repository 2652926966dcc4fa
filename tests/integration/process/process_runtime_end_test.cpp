// How connectors and sidecars as real processes end, and all that they leave.

#include "support/process_world.hpp"
#include "support/watched_process.hpp"

#include <catch2/catch_all.hpp>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

size_t open_descriptors() {
  size_t out = 0;
  for ([[maybe_unused]] const auto& one :
       std::filesystem::directory_iterator{"/proc/self/fd"})
    ++out;
  return out;
}

bool has_children() {
  return ::waitid(P_ALL, 0, nullptr, WEXITED | WNOHANG | WNOWAIT) == 0
         || errno != ECHILD;
}

/// Before a connector's lines: its number, for who reads the pipe `pid`.
std::string tell_pid(process_world& w, const std::string& what = "$$") {
  auto path = w.folder.path("pid");
  ::mkfifo(path.c_str(), 0600);
  return "echo " + what + " > " + path + "\n";
}

} // namespace

TEST_CASE("a connector that ignores SIGTERM is killed with its children") {
  process_world w;
  w.write_connector("trap '' TERM\n"
                    "setsid sh -c 'trap \"\" TERM; sleep 1000' &\n"
                    + tell_pid(w, "$!") + "while :; do sleep 1000; done");
  w.write_sidecar("trap '' TERM; cat < $STDERR_PIPE_FILE & "
                  "cat < $STDOUT_PIPE_FILE; wait");
  auto name = w.start();
  auto stray = w.await_number("pid");
  w.await([&] { return w.last_of(name).state == pod_state::running; });
  auto usage = w.runtime->usage();
  REQUIRE(usage);
  CHECK(usage->at(name).memory_bytes > 0);
  CHECK(*w.runtime->remove(name, "another uid"));
  auto done = w.runtime->remove(name, w.last_of(name).uid);
  REQUIRE(done);
  CHECK_FALSE(*done);
  // Once more does no harm.
  w.remove(name);
  CHECK(is_gone(stray));
  CHECK_FALSE(has_children());
  CHECK(w.last_of(name).source->exit_code == 137);
}

TEST_CASE("a connector ends on SIGTERM") {
  process_world w;
  w.settings.container_grace_shutdown = 1h;
  w.begin();
  w.write_connector("trap 'exit 7' TERM\n" + tell_pid(w)
                    + "while :; do :; done");
  auto name = w.start();
  w.await_number("pid");
  w.remove(name);
  CHECK(w.last_of(name).source->exit_code == 7);
}

TEST_CASE("processes that a connector leaves running end with it") {
  process_world w;
  // It holds the pipes, which the sidecar reads to their end.
  w.write_connector("setsid sleep 1000 &\n" + tell_pid(w, "$!"));
  auto name = w.start();
  auto stray = w.await_number("pid");
  CHECK(w.await_end(name).source->exit_code == 0);
  CHECK(is_gone(stray));
}

TEST_CASE("no process of a task outlives its keeper") {
  process_world w;
  w.write_connector(tell_pid(w) + "exec sleep 1000");
  auto name = w.start();
  watched_process connector{w.await_number("pid")};
  auto keeper = parent_of(connector.pid());
  REQUIRE(parent_of(keeper) == ::getpid());
  ::kill(keeper, SIGKILL);
  w.await([&] { return w.last_of(name).state == pod_state::ended; });
  CHECK(w.last_of(name).failure->message == "the task's processes were killed");
  w.remove(name);
  CHECK(connector.await_end());
}

TEST_CASE("processes of a killed keeper are killed and reaped") {
  process_world w;
  w.write_connector("setsid sh -c 'sleep 1000 & sleep 1000' &\n"
                    + tell_pid(w, "$!") + "sleep 1000");
  auto name = w.start();
  watched_process stray{w.await_number("pid")};
  watched_process connector{parent_of(stray.pid())};
  auto keeper = parent_of(connector.pid());
  REQUIRE(parent_of(keeper) == ::getpid());
  ::kill(keeper, SIGKILL);
  w.await([&] { return w.last_of(name).state == pod_state::ended; });
  CHECK(connector.await_end());
  CHECK(stray.await_end());
  w.remove(name);
  // Remaining processes had this process for a parent.
  auto until = std::chrono::steady_clock::now() + 30s;
  while (has_children() && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();
  CHECK_FALSE(has_children());
}

TEST_CASE("many tasks leave no zombie and no descriptor") {
  process_world w;
  w.write_connector("echo $$");
  w.write_sidecar("cat < $STDERR_PIPE_FILE & cat < $STDOUT_PIPE_FILE; wait");
  auto before = open_descriptors();
  std::vector<std::string> names(20);
  for (size_t i = 0; i < names.size(); ++i)
    names[i] = w.start("task-" + std::to_string(i));
  for (const auto& name : names) {
    CHECK(w.await_end(name).sidecar->exit_code == 0);
    w.remove(name);
  }
  CHECK_FALSE(has_children());
  // The thread that removes folders holds some until it is done.
  auto until = std::chrono::steady_clock::now() + std::chrono::minutes{3};
  while (open_descriptors() != before
         && std::chrono::steady_clock::now() < until)
    ::poll(nullptr, 0, 10);
  CHECK(open_descriptors() == before);
}

TEST_CASE(
    "stopping asks all tasks to end, and the next controller reports them") {
  process_world w;
  w.write_connector(tell_pid(w) + "exec sleep 1000");
  auto name = w.start();
  auto pid = w.await_number("pid");
  w.runtime->stop();
  CHECK(is_gone(pid));
  CHECK_FALSE(has_children());
  CHECK(w.launch(w.request("task-2")).error().code == ec::cancelled);
  // Nothing secret is left.
  CHECK(std::filesystem::exists(w.task_path(name) + "/task.json"));
  CHECK_FALSE(std::filesystem::exists(w.task_path(name) + "/config"));
  std::filesystem::create_directories(w.task_path("nobody's"));
  auto uid = w.last_of(name).uid;
  w.forget_what_was_told();
  w.begin();
  CHECK(w.told() == 1);
  CHECK(w.last_of(name).uid == uid);
  CHECK(w.last_of(name).state == pod_state::ended);
  CHECK(w.last_of(name).annotations.at("TaskType") == "read");
  // It came to an end of its own.
  CHECK_FALSE(w.last_of(name).failure);
  REQUIRE(w.last_of(name).sidecar);
  CHECK(w.last_of(name).sidecar->exit_code == 143);
  CHECK(w.last_of(name).source->exit_code == 143);
  CHECK_FALSE(std::filesystem::exists(w.task_path("nobody's")));
  w.remove(name);
}

TEST_CASE("a task that was interrupted is reported") {
  process_world w;
  w.write_connector(tell_pid(w) + "exec sleep 1000");
  auto name = w.start();
  watched_process connector{w.await_number("pid")};
  // Without asking anybody, as a death would.
  w.runtime.reset();
  CHECK(connector.await_end());
  w.forget_what_was_told();
  w.begin();
  CHECK(w.last_of(name).state == pod_state::ended);
  CHECK_FALSE(w.last_of(name).sidecar);
  CHECK(holds(w.last_of(name).failure->message, "syncctl ended"));
}

TEST_CASE("only one process can use a data folder") {
  process_world w;
  CHECK(mode_of(w.settings.data_dir) == 0700);
  auto second = data_folder::open(w.settings.data_dir);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ec::already_exists);
}
