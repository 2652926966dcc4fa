// The program syncctl without Kubernetes: connectors and sidecars as local
// processes, SQLite and files.

#include "schema/catalog/catalog.hpp"
#include "schema/state/connector_state.hpp"
#include "support/local_syncctl.hpp"
#include "support/watched_process.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <csignal>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using nlohmann::json;

TEST_CASE("spec, check, discover, and a read that goes on from its states") {
  local_syncctl w;
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
  local_syncctl w;
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
  local_syncctl w;
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
  local_syncctl w;
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
  local_syncctl w;
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
  local_syncctl w;
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
