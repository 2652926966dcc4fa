// A connector has the user of those that keep it, and may signal them.

#include "support/process_world.hpp"
#include "support/watched_process.hpp"

#include <catch2/catch_all.hpp>

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

/// Stops the keeper for as long as there is one.
constexpr const char* stop_keeper_for_ever =
    "(trap '' TERM; while :; do kill -STOP $PPID; done) &\n";

/// Tells its number to who reads the pipe `pid`, stops its keeper as often as
/// it can, and does not end.
std::string hostile(process_world& w) {
  auto path = w.folder.path("pid");
  ::mkfifo(path.c_str(), 0600);
  return "trap '' TERM\n" + std::string{stop_keeper_for_ever} + "echo $$ > "
         + path + "\nwhile :; do kill -STOP $PPID; done\n";
}

/// @returns whether a process stands still for the one that traces it.
bool is_traced(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/status"};
  for (std::string word; file >> word;)
    if (word == "State:") {
      file >> word;
      return word == "t";
    }
  return false;
}

/// @returns whether this process has no child left, once it had half a minute.
bool nothing_left() {
  auto until = std::chrono::steady_clock::now() + 30s;
  do {
    if (::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD)
      return true;
    ::poll(nullptr, 0, 10);
  } while (std::chrono::steady_clock::now() < until);
  return false;
}

} // namespace

TEST_CASE("a keeper or sidecar that its connector stopped is continued") {
  process_world w;
  auto script =
      GENERATE(as<std::string>{}, "kill -STOP $PPID\n",
               "for p in $(cat /proc/$PPID/task/$PPID/children); do\n"
               "  [ $p = $$ ] || kill -STOP $p\n"
               "done\n",
               "kill -STOP $PPID $(cat /proc/$PPID/task/$PPID/children | "
               "sed s/$$//)\n");
  CAPTURE(script);
  w.write_connector(script + "echo said; exit 4\n");
  auto name = w.start();
  auto end = w.await_end(name);
  CHECK(end.source->exit_code == 4);
  CHECK(end.sidecar->exit_code == 0);
  CHECK(w.left("out") == "said\n");
  CHECK(w.left("code") == "4\n");
  w.remove(name);
}

TEST_CASE("a connector that keeps stopping its keeper is ended all the same") {
  process_world w;
  w.write_connector(hostile(w));
  auto name = w.start();
  watched_process connector{w.await_number("pid")};
  SECTION("by a removal") {
    w.remove(name);
  }
  SECTION("by many removals") {
    // More than a stopped keeper's socket holds.
    for (int i = 0; i < 3000; ++i)
      CHECK(w.runtime->remove(name, {}));
    w.await([&] { return w.is_gone(name); });
  }
  SECTION("by syncctl's end") {
    w.runtime->stop();
    w.runtime.reset();
  }
  SECTION("by syncctl's end in a hurry") {
    w.runtime.reset();
  }
  CHECK(connector.await_end());
  CHECK(nothing_left());
}

TEST_CASE("a keeper that stays stopped is killed") {
  process_world w;
  ::mkfifo(w.folder.path("pid").c_str(), 0600);
  w.write_connector("echo $$ > " + w.folder.path("pid")
                    + "\nexec sleep 1000\n");
  auto name = w.start();
  watched_process connector{w.await_number("pid")};
  auto keeper = parent_of(connector.pid());
  // A process that is traced is not continued by SIGCONT.
  REQUIRE(::ptrace(PTRACE_SEIZE, keeper, nullptr, nullptr) == 0);
  REQUIRE(::ptrace(PTRACE_INTERRUPT, keeper, nullptr, nullptr) == 0);
  auto until = std::chrono::steady_clock::now() + 30s;
  while (!is_traced(keeper) && std::chrono::steady_clock::now() < until)
    ::poll(nullptr, 0, 5);
  REQUIRE(is_traced(keeper));
  w.remove(name);
  CHECK(connector.await_end());
}
