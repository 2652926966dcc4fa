// The program syncctl without Kubernetes: connectors and sidecars as local
// processes, SQLite and files.

#include "runtime/base/text.hpp"
#include "runtime/http/client/api_client.hpp"
#include "runtime/kubernetes/pod_manifest.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/state/connector_state.hpp"
#include "support/bound_socket.hpp"
#include "support/scratch_folder.hpp"
#include "support/table_reader.hpp"
#include "support/watched_process.hpp"
#include "support/watched_program.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>
#include <sqlite3.h>

#include <csignal>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

constexpr const char* package = "airbyte/source-demo";

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

class world {
public:
  world() {
    std::filesystem::create_directories(folder.path("connectors/airbyte"));
    std::filesystem::create_symlink(RECORDINGS, folder.path("recordings"));
    write_connector("exec " DEMO_CONNECTOR " \"$@\"");
    env = {{"PATH", "/usr/bin:/bin"},
           {"HOME", folder.path("home")},
           {"SYNCCTL_DATA_DIR", folder.path("data")},
           {"SYNCCTL_CONNECTORS_DIR", folder.path("connectors")},
           {"SYNCCTL_AUTH_TOKENS", "client-secret"},
           {"SYNCCTL_CONTAINER_GRACE_SHUTDOWN_SECONDS", "30"},
           {"SYNCCTL_HTTP_PORT", port}};
    start();
  }

  void start() {
    syncctl.reset();
    syncctl = std::make_unique<watched_program>(
        std::vector<std::string>{SYNCCTL}, env);
    INFO(syncctl->output());
    REQUIRE(syncctl->await("listening on port"));
  }

  void write_connector(const std::string& script) {
    auto path = folder.write("connectors/airbyte/source-demo",
                             "#!/bin/sh\n" + script + "\n");
    ::chmod(path.c_str(), 0755);
  }

  json call(const std::string& method, const std::string& path,
            const std::string& body = {}, long status = 200) {
    api_request request;
    request.method = method;
    request.url = "http://127.0.0.1:" + port + path;
    request.headers = {"Authorization: Bearer client-secret"};
    request.body = body;
    auto answer = api_client{}.send(request);
    REQUIRE(answer);
    INFO(answer->body);
    CHECK((status == 0 || answer->status == status));
    return json::parse(answer->body, nullptr, false);
  }

  static std::string config(const json& more = json::object()) {
    json out = {{"recording", RECORDINGS "/faker.jsonl.zst"}};
    out.update(more);
    return out.dump();
  }

  task_request task(const std::string& command) const {
    task_request out;
    out.command = command;
    out.package = package;
    out.version = "1";
    if (command != "spec")
      out.config = config();
    if (command == "read") {
      out.sync_id = "sync";
      out.catalog = read_file(RECORDINGS "/faker.catalog.json");
    } else if (command != "spec") {
      out.storage_key = "key";
    }
    return out;
  }

  void post(const task_request& what) {
    CHECK(try_to_post(what, 200)["ok"] == true);
  }

  /// @param status What must be answered; 0: anything.
  json try_to_post(const task_request& what, long status = 0) {
    json body;
    for (const auto& [name, text] :
         {std::pair{"config", what.config}, std::pair{"catalog", what.catalog},
          std::pair{"state", what.state}})
      if (!text.empty())
        body[name] = json::parse(text);
    auto path = "/" + what.command + "?package=" + percent_encode(what.package)
                + "&version=" + what.version;
    for (const auto& [name, text] :
         {std::pair{"storageKey", what.storage_key},
          std::pair{"syncId", what.sync_id}, std::pair{"taskId", what.task_id}})
      if (!text.empty())
        path += "&" + std::string{name} + "=" + text;
    return call(what.command == "spec" ? "GET" : "POST", path,
                what.command == "spec" ? "" : body.dump(), status);
  }

  /// @returns the columns of all rows, one after another.
  std::vector<std::string> query(const std::string& sql) {
    sqlite3* db = nullptr;
    auto path = folder.path("data/syncctl.db");
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    sqlite3_busy_timeout(db, 30'000);
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr)
            == SQLITE_OK);
    std::vector<std::string> out;
    while (sqlite3_step(statement) == SQLITE_ROW)
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = sqlite3_column_text(statement, i);
        out.emplace_back(text == nullptr ? ""
                                         : reinterpret_cast<const char*>(text));
      }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return out;
  }

  /// Asks until it is so.
  void await(const std::function<bool()>& is_so) {
    auto until = std::chrono::steady_clock::now() + 60s;
    while (!is_so()) {
      INFO(syncctl->output());
      REQUIRE(std::chrono::steady_clock::now() < until);
      call("GET", "/tasks?limit=1");
    }
  }

  /// Waits for a task's end.
  std::string await_status(const std::string& task_id) {
    std::string out;
    await([&] {
      auto row = query("SELECT status FROM source_task WHERE task_id='"
                       + task_id + "'");
      out = row.empty() ? "" : row[0];
      return !out.empty() && out != "RUNNING";
    });
    return out;
  }

  /// Waits until a query answers something.
  std::vector<std::string> await_row(const std::string& sql) {
    std::vector<std::string> out;
    await([&] { return !(out = query(sql)).empty(); });
    return out;
  }

  /// Checks that no stream is left running, and that counts add up.
  void check_end(const std::string& task_id, const std::string& status) {
    auto row = query("SELECT coalesce(description, '{}'), coalesce(metrics, "
                     "'{}') FROM source_task WHERE task_id='"
                     + task_id + "'");
    REQUIRE(row.size() == 2);
    const auto streams = json::parse(row[0]);
    for (const auto& [name, stream] : streams.items()) {
      INFO(name);
      CHECK(stream["status"] == status);
      CHECK(stream.contains("error"));
    }
    auto counts = json::parse(row[1]);
    CHECK(counts.value("rows", 0)
          == counts.value("committed_rows", 0)
                 + counts.value("rejected_rows", 0)
                 + counts.value("failed_rows", 0));
  }

  /// @returns whether nothing is left of any task.
  bool is_idle() const {
    return std::filesystem::is_empty(folder.path("data/tasks"));
  }

  size_t rows() const {
    size_t out = 0;
    for (const auto& one : std::filesystem::recursive_directory_iterator{
             folder.path("data/tables")})
      if (one.path().extension() == ".zst")
        out += support::read_table(one.path()).size();
    return out;
  }

  /// Makes the pipe by which a connector tells a number.
  std::string pid_pipe() const {
    auto path = folder.path("pid");
    ::mkfifo(path.c_str(), 0600);
    return path;
  }

  scratch_folder folder;
  std::string port = free_port();
  std::map<std::string, std::string, std::less<>> env;
  std::unique_ptr<watched_program> syncctl;
};

} // namespace

TEST_CASE("spec, check, discover, and a read that goes on from its states") {
  world w;
  CHECK(w.call("GET", "/health")["status"] == "pass");
  w.post(w.task("spec"));
  w.post(w.task("check"));
  w.post(w.task("discover"));
  CHECK(json::parse(w.await_row("SELECT specs FROM source_spec WHERE specs IS "
                                "NOT NULL")[0])
            .contains("connectionSpecification"));
  CHECK(w.await_row("SELECT status FROM source_check")[0] == "SUCCESS");
  auto found = w.await_row("SELECT catalog FROM source_catalog WHERE status="
                           "'SUCCESS'");
  CHECK(json::parse(found[0])["streams"].size() > 0);

  auto first = w.task("read");
  first.task_id = "first";
  w.post(first);
  CHECK(w.await_status("first") == "SUCCESS");
  auto rows = w.rows();
  CHECK(rows > 0);
  CHECK(w.call("GET", "/tasks/first")["task"]["status"] == "SUCCESS");

  std::vector<saved_state> saved;
  auto states = w.query("SELECT stream, state FROM source_state WHERE "
                        "sync_id='sync'");
  REQUIRE(states.size() >= 2);
  for (size_t i = 0; i < states.size(); i += 2)
    saved.push_back({states[i], states[i + 1]});
  auto streams = parse_catalog(first.catalog);
  REQUIRE(streams);
  auto state = make_state_file(saved, *streams);
  auto second = first;
  second.task_id = "second";
  second.state = state;
  // The sidecar of the first may not have ended yet.
  w.post(second);
  CHECK(w.await_status("second") == "SUCCESS");
  CHECK(w.query("SELECT status FROM source_task ORDER BY task_id")
        == std::vector<std::string>{"SUCCESS", "SUCCESS"});
  CHECK(w.rows() > rows);

  w.syncctl->signal(SIGTERM);
  auto ended = w.syncctl->finish();
  CHECK(ended.exit_code == 0);
  CHECK(ended.err.find("client-secret") == std::string::npos);
}

TEST_CASE("a connector that is not there fails its task") {
  world w;
  auto read = w.task("read");
  read.package = "airbyte/source-nowhere";
  read.task_id = "lost";
  w.post(read);
  CHECK(w.await_status("lost") == "FAILED");
  auto error = w.query("SELECT error FROM source_task")[0];
  INFO(error);
  CHECK(error.find("there is no connector airbyte/source-nowhere")
        != std::string::npos);
}

TEST_CASE("a read is cancelled") {
  world w;
  w.write_connector("echo $$ > " + w.pid_pipe()
                    + "\nexec " DEMO_CONNECTOR " \"$@\"");
  auto read = w.task("read");
  read.task_id = "long";
  read.config = w.config({{"rows_per_second", 1}});
  w.post(read);
  pid_t pid = 0;
  std::ifstream{w.folder.path("pid")} >> pid;
  watched_process connector{pid};
  w.call("GET", "/cancel?syncId=sync&taskId=long&package=airbyte%2F"
                "source-demo");
  CHECK(connector.await_end());
  CHECK(w.await_status("long") == "CANCELLED");
  w.await([&] { return w.is_idle(); });
  w.check_end("long", "CANCELLED");
  for (const auto& line : w.query("SELECT message FROM task_log")) {
    INFO(line);
    CHECK(line.find("FAILED") == std::string::npos);
    CHECK(line.find("Pod") == std::string::npos);
  }
}

TEST_CASE("states that are forgotten after a cancel do not come back") {
  world w;
  w.env["SYNCCTL_CONTAINER_GRACE_SHUTDOWN_SECONDS"] = "3";
  w.start();
  // It brings a state after each row, and heeds no SIGTERM.
  w.write_connector(R"(trap '' TERM
case $1 in
spec) echo '{"type":"SPEC","spec":{"connectionSpecification":{"type":"object"}}}' ;;
discover) echo '{"type":"CATALOG","catalog":{"streams":[{"name":"a","json_schema":{"type":"object","properties":{"id":{"type":"integer"}}},"supported_sync_modes":["full_refresh","incremental"],"source_defined_cursor":true,"default_cursor_field":["id"]}]}}' ;;
*) i=0
  while :; do
    i=$((i + 1))
    echo '{"type":"RECORD","record":{"stream":"a","emitted_at":1,"data":{"id":'$i'}}}'
    echo '{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":{"name":"a"},"stream_state":{"id":'$i'}}}}'
  done ;;
esac)");
  w.call(
      "PUT", "/syncs/s",
      R"({"source":{"package":"airbyte/source-demo","version":"1","config":{}},)"
      R"("destination":{"destinationType":"sqlite","path":"rows.db"},)"
      R"("schedule":null})",
      201);
  const auto states = [&w] {
    return w.call("GET", "/states?syncId=s")["states"].size();
  };
  for (int round = 0; round < 3; ++round) {
    // The one before may still be being cleaned away.
    w.await([&] {
      return w.call("POST", "/syncs/s/run", {}, 0).value("ok", false);
    });
    w.await([&] { return states() > 0; });
    w.call("POST", "/syncs/s/cancel");
    w.await([&] {
      const auto answer = w.call("POST", "/syncs/s/reset", {}, 0);
      INFO(answer.dump());
      CHECK((answer.value("ok", false)
             || answer.value("error", "").find("run") != std::string::npos
             || answer.value("error", "").find("is being ended")
                    != std::string::npos));
      return answer.value("ok", false);
    });
    CHECK(states() == 0);
    w.await([&] { return w.is_idle(); });
    CHECK(states() == 0);
  }
}

TEST_CASE("a read begins once the connector of the one before is dead") {
  world w;
  w.env["SYNCCTL_CONTAINER_GRACE_SHUTDOWN_SECONDS"] = "4";
  w.start();
  // It heeds no SIGTERM.
  w.write_connector("trap '' TERM\necho $$ > " + w.pid_pipe()
                    + "\nwhile :; do sleep 1000; done");
  auto read = w.task("read");
  read.task_id = "first";
  w.post(read);
  pid_t pid = 0;
  std::ifstream{w.folder.path("pid")} >> pid;
  const watched_process connector{pid};
  w.call("GET", "/cancel?syncId=sync&taskId=first&package=airbyte%2F"
                "source-demo");
  CHECK(w.await_status("first") == "CANCELLED");
  w.write_connector("exit 0");
  read.task_id = "second";
  size_t refused = 0;
  w.await([&] {
    const auto answer = w.try_to_post(read);
    if (answer["ok"] == true)
      return true;
    ++refused;
    CHECK(answer["error"].get<std::string>().find(
              "connector of task first of sync sync is still being ended")
          != std::string::npos);
    return false;
  });
  // Whoever has to has reaped it.
  CHECK(::kill(pid, 0) == -1);
  CHECK(errno == ESRCH);
  CHECK(refused > 0);
  CHECK(w.await_status("second") != "RUNNING");
}

TEST_CASE(
    "nothing outlives a syncctl that is killed, and the next one reports it") {
  world w;
  w.write_connector("trap '' TERM\nsetsid sh -c 'trap \"\" TERM; sleep 1000' "
                    "&\necho $$ $! > "
                    + w.pid_pipe() + "\nsleep 1000");
  auto read = w.task("read");
  read.task_id = "orphan";
  w.post(read);
  pid_t pid = 0;
  pid_t child = 0;
  std::ifstream{w.folder.path("pid")} >> pid >> child;
  watched_process connector{pid};
  watched_process stray{child};
  watched_process keeper{parent_of(pid)};
  REQUIRE(parent_of(keeper.pid()) == w.syncctl->pid());
  std::ifstream children{"/proc/" + std::to_string(keeper.pid()) + "/task/"
                         + std::to_string(keeper.pid()) + "/children"};
  pid_t other = 0;
  while (children >> other && other == pid) {}
  watched_process sidecar{other};
  w.syncctl->signal(SIGKILL);
  for (const auto* one : {&connector, &stray, &keeper, &sidecar})
    CHECK(one->await_end());
  w.start();
  CHECK(w.await_status("orphan") == "FAILED");
  auto error = w.query("SELECT error FROM source_task")[0];
  CHECK(error.find("syncctl ended while the task ran") != std::string::npos);
  w.check_end("orphan", "FAILED");
}
