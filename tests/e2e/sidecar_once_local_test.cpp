// Rows that are appended are there once, also if a sidecar is killed that
// starts its connector itself, or that syncctl starts beside it. One suite runs
// it with each server.
#include "runtime/base/file_handle.hpp"
#include "runtime/http/client/api_client.hpp"
#include "support/bound_socket.hpp"
#include "support/killed_run.hpp"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace motorcade;
using namespace motorcade::test;

namespace {

/// A connector that is a program: it prints the file of lines that is named
/// after the row behind its state. In its first run it waits at a gate before
/// and after that.
class script_source {
public:
  explicit script_source(state_form what) : form{std::move(what)} {
    json catalog = {{"streams", json::array()}};
    for (const auto& stream : form.streams())
      catalog["streams"].push_back(
          configured_stream(stream.c_str(), "incremental"));
    catalog_text = catalog.dump();
    folder.write("catalog.json", catalog_text);
    folder.write("config.json", "{}");
    write_lines(2, 4);
    const auto gate = folder.path("gate");
    REQUIRE(::mkfifo(gate.c_str(), 0600) == 0);
    gate_ = motorcade::file_handle{::open(gate.c_str(), O_RDWR | O_CLOEXEC)};
    REQUIRE(gate_);
    std::filesystem::create_directories(folder.path("connectors/airbyte"));
    program = folder.write("connectors/airbyte/source-demo", script());
    ::chmod(program.c_str(), 0700);
  }

  /// Lets the first run print its lines.
  void open_gate() const { REQUIRE(::write(gate_.get(), "\n", 1) == 1); }

  /// The next run has the rows up to 6, and no gate.
  void go_on() {
    std::filesystem::remove(folder.path("gate"));
    gate_ = {};
    for (const auto from : {0, 2, 4})
      write_lines(from, 6);
  }

  /// @returns the process that started the first run.
  pid_t parent() const {
    std::ifstream file{folder.path("parent")};
    pid_t pid = 0;
    file >> pid;
    return pid;
  }

  state_form form;
  scratch_folder folder;
  std::string program;
  std::string catalog_text;

private:
  using json = nlohmann::json;

  void write_lines(int from, int last) {
    folder.write("lines-" + std::to_string(from),
                 lines_between(form, from, last) + all_complete(form));
  }

  std::string script() const {
    const auto gate = folder.path("gate");
    return "#!/bin/sh\n"
           "while [ $# -gt 0 ]; do [ \"$1\" != --state ] || given=$2; shift; "
           "done\n"
           "at=$(sed 's/.*\"at\"[^0-9]*\\([0-9]*\\).*/\\1/' \"$given\")\n"
           "echo $PPID > "
           + folder.path("parent") + ".new && mv " + folder.path("parent")
           + ".new " + folder.path("parent") + "\n[ ! -p " + gate
           + " ] || read line < " + gate + "\ncat " + folder.path("lines-")
           + "${at:-0}\n[ ! -p " + gate + " ] || read line < " + gate + "\n";
  }

  motorcade::file_handle gate_;
};

/// Blocks until it is so, for a minute at most.
bool wait_until(const std::function<bool()>& is_so) {
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::seconds{60};
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > until)
      return false;
    ::poll(nullptr, 0, 10);
  }
  return true;
}

/// @returns the first cell of a query to a file of SQLite; empty: there is
/// none, or no such table yet.
std::string cell(const std::string& path, const std::string& query) {
  try {
    const sqlite_handle file{path};
    sqlite_statement statement{file.get(), query};
    return statement.step() ? statement.column(0) : std::string{};
  } catch (const sqlite_error&) {
    return {};
  }
}

/// @returns the sidecar among the children of a process; 0: none.
pid_t sidecar_of(pid_t keeper) {
  const auto process = std::to_string(keeper);
  std::ifstream children{"/proc/" + process + "/task/" + process + "/children"};
  for (pid_t pid = 0; children >> pid;)
    if (content("/proc/" + std::to_string(pid) + "/comm") == "sidecar\n")
      return pid;
  return 0;
}

} // namespace

TEMPLATE_LIST_TEST_CASE("sidecar run goes on from what a killed run left", "",
                        support::warehouses) {
  for (const auto& form : state_forms) {
    INFO(form.name);
    filled_tables<TestType> tables;
    script_source source{form};
    const auto database = source.folder.path("tasks.db");
    REQUIRE(prepared("sqlite://" + database)
                ->put_states(
                    "sync", std::vector<state_row>{{form.key, form.saved(2)}}));
    const auto start = [&] {
      return std::make_unique<watched_program>(
          std::vector<std::string>{
              SIDECAR, "run", "--config", source.folder.path("config.json"),
              "--catalog", source.folder.path("catalog.json"), "--to",
              tables.url(), "--database", database, "--sync-id", "sync", "--",
              source.program},
          bare_environment());
    };
    {
      const auto run = start();
      REQUIRE(wait_until([&] {
        return cell(database, "SELECT status FROM source_task") == "RUNNING";
      }));
      const held_file held{database};
      source.open_gate();
      for (const auto& stream : form.streams())
        REQUIRE(tables.await(stream, "3 4 ") == "3 4 ");
      run->signal(SIGKILL);
      source.go_on();
      run->finish();
    }
    CHECK(cell(database, "SELECT state FROM source_state") == form.saved(2));
    const auto ended = start()->finish();
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    for (const auto& stream : form.streams())
      CHECK(tables.ids(stream) == "3 4 5 6 ");
    CHECK(cell(database, "SELECT state FROM source_state") == form.saved(6));
    CHECK(tables.notes() == "0");
  }
}

TEST_CASE("a local task of syncctl goes on from what a killed sidecar left") {
  // A client's file of SQLite lies in a folder of syncctl's own.
  using warehouse = std::tuple_element_t<0, support::warehouses>;
  for (const auto& form : state_forms) {
    INFO(form.name);
    filled_tables<warehouse> tables;
    script_source source{form};
    const auto port = free_port();
    const auto data = source.folder.path("data");
    const auto database = data + "/syncctl.db";
    watched_program syncctl{
        {SYNCCTL},
        {{"PATH", "/usr/bin:/bin"},
         {"HOME", source.folder.path("home")},
         {"SYNCCTL_DATA_DIR", data},
         {"SYNCCTL_CONNECTORS_DIR", source.folder.path("connectors")},
         {"SYNCCTL_AUTH_TOKENS", "client-secret"},
         {"SYNCCTL_HTTP_PORT", port}}};
    REQUIRE(syncctl.await("listening on port"));
    const auto read = [&](const std::string& task) {
      api_request request;
      request.method = "POST";
      request.url = "http://127.0.0.1:" + port
                    + "/read?package=airbyte/source-demo&version=1&syncId=sync"
                      "&taskId="
                    + task;
      request.headers = {"Authorization: Bearer client-secret"};
      request.body = R"({"config":{},"catalog":)" + source.catalog_text
                     + R"(,"destinationConfig":)" + tables.config().dump()
                     + R"(,"state":)" + form.given(2) + '}';
      const auto answer = api_client{}.send(request);
      REQUIRE(answer);
      INFO(answer->body);
      REQUIRE(answer->status == 200);
    };
    const auto status = [&](const std::string& task) {
      return cell(database, "SELECT status FROM source_task WHERE task_id = '"
                                + task + "'");
    };
    read("t1");
    REQUIRE(wait_until([&] { return source.parent() != 0; }));
    const auto sidecar = sidecar_of(source.parent());
    REQUIRE(sidecar != 0);
    // It has stored that it reads.
    REQUIRE(wait_until([&] {
      return cell(database, "SELECT count(*) FROM task_log WHERE message LIKE "
                            "'task t1 reads%'")
             == "1";
    }));
    {
      const held_file held{database};
      source.open_gate();
      for (const auto& stream : form.streams()) {
        const auto ids = tables.await(stream, "3 4 ");
        INFO(syncctl.output());
        REQUIRE(ids == "3 4 ");
      }
      REQUIRE(::kill(sidecar, SIGKILL) == 0);
    }
    REQUIRE(wait_until([&] { return status("t1") == "FAILED"; }));
    REQUIRE(
        wait_until([&] { return std::filesystem::is_empty(data + "/tasks"); }));
    source.go_on();
    // As a caller does who has read the saved state.
    read("t2");
    INFO(syncctl.output());
    REQUIRE(wait_until([&] {
      const auto now = status("t2");
      return !now.empty() && now != "RUNNING";
    }));
    CHECK(status("t2") == "SUCCESS");
    for (const auto& stream : form.streams())
      CHECK(tables.ids(stream) == "3 4 5 6 ");
    CHECK(cell(database, "SELECT state FROM source_state") == form.saved(6));
  }
}
