#include "runtime/kubernetes/pod_manifest.hpp"
#include "support/running_read.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <random>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

TEST_CASE_METHOD(running_read,
                 "a second request for a running task makes no second Pod") {
  start(read("s", "t"));
  CHECK(holds(started["t"], "already_exists"));
  CHECK(pods.size() == 1);
  CHECK(rows["t"] == "RUNNING");
}

TEST_CASE_METHOD(running_read, "a sync runs once at a time") {
  start(read("s", "t2"));
  CHECK(holds(started["t2"], "sync s runs already, as task t"));
  start(read("other", "t3"));
  CHECK(started["t3"] == "ok");
  show_end(pod, 0, 0);
  // The end is stored, so the next read may start while the last Pod goes.
  start(read("s", "t4"));
  CHECK(started["t4"] == "ok");
}

TEST_CASE_METHOD(control_world, "a task whose id was used before is refused") {
  list();
  rows["t"] = "SUCCESS";
  start(read("s", "t"));
  CHECK(holds(started["t"], "already_exists"));
  CHECK(rows["t"] == "SUCCESS");
  CHECK(pods.empty());
  CHECK(supervised() == 0);
  // Its sync is free.
  start(read("s", "t2"));
  CHECK(started["t2"] == "ok");
}

TEST_CASE_METHOD(control_world, "no task starts without the database") {
  list();
  database_away = true;
  start(read("s", "t"));
  CHECK(holds(started["t"], "database_unavailable"));
  CHECK(pods.empty());
  CHECK(supervised() == 0);
}

TEST_CASE_METHOD(control_world,
                 "a Pod that cannot be created ends its task as FAILED") {
  list();
  launch_failure = failure{ec::service_unavailable, "HTTP 403 Forbidden"};
  start(read("s", "t"));
  CHECK(started["t"] == "service_unavailable: HTTP 403 Forbidden");
  CHECK(rows["t"] == "FAILED");
  CHECK(holds(errors["t"], "HTTP 403 Forbidden"));
  CHECK(supervised() == 0);
}

TEST_CASE_METHOD(control_world,
                 "a create whose answer was lost counts as done for a read") {
  list();
  launch_failure = failure{ec::already_exists, "HTTP 409"};
  auto command = GENERATE("read", "check");
  auto task = read("s", "t");
  task.command = command;
  task.storage_key = "k";
  start(task);
  if (task.command == "check") {
    // A foreign task: it has no row.
    CHECK(holds(started["t"], "already_exists"));
    CHECK(supervised() == 0);
    return;
  }
  CHECK(started["t"] == "ok");
  CHECK(rows["t"] == "RUNNING");
  auto name = make_pod_manifest(task, settings)->name;
  pods[name].name = name;
  pods[name].uid = "u";
  show_state(name, pod_state::running);
  CHECK(supervised() == 1);
  show_end(name, 3, 1);
  CHECK(rows["t"] == "FAILED");
}

TEST_CASE_METHOD(control_world,
                 "a cancel with another package or sync is refused") {
  list();
  start(read("s", "t"));
  SECTION("another package") {
    cancel("s", "t", "airbyte/source-pokeapi");
  }
  SECTION("another sync") {
    cancel("other", "t");
  }
  CHECK(holds(cancelled, "task t"));
  CHECK(rows["t"] == "RUNNING");
  cancel("s", "t", "airbyte/source-faker");
  CHECK(cancelled == "ok");
  CHECK(rows["t"] == "CANCELLED");
}

TEST_CASE_METHOD(control_world, "two checks do not write one row") {
  list();
  auto task = discover("k");
  task.command = "check";
  start(task);
  CHECK(started["t-k"] == "ok");
  task.task_id = "second";
  task.config = R"({"another":"config"})";
  start(task);
  CHECK(holds(started["second"], "runs for that storageKey"));
  show_end(the_pod(), 0, 0);
  start(task);
  CHECK(started["second"] == "ok");
}

TEST_CASE_METHOD(control_world, "catalogs of two versions are two rows") {
  list();
  auto task = discover("k");
  start(task);
  task.task_id = "second";
  start(task);
  CHECK(holds(started["second"], "runs for that storageKey"));
  task.version = "2";
  start(task);
  CHECK(started["second"] == "ok");
}

TEST_CASE_METHOD(control_world,
                 "the documents of waiting tasks are bounded to 64 MiB") {
  list();
  auto task = read("sync", "t");
  task.started_by = R"({"trigger":"scheduled"})";
  task.config = R"({"a":")" + std::string(900'000, 'x') + R"("})";
  size_t taken = 0;
  for (int i = 0; i < 100; ++i) {
    task.sync_id = "sync-" + std::to_string(i);
    task.task_id = "t" + std::to_string(i);
    start(task);
    taken += started[task.task_id] == "ok" ? 1 : 0;
  }
  CHECK(taken == (64 << 20) / task.config.size());
  CHECK(holds(started["t99"], "too_busy"));
  // Once the scheduled starts were made there is room for others again.
  pass(2min);
  CHECK(pods.size() == taken);
  start(task);
  CHECK(started["t99"] == "ok");
}

TEST_CASE_METHOD(control_world,
                 "a scheduled start that no Secret holds is refused") {
  list();
  auto task = read("sync", "t");
  task.started_by = R"({"trigger":"scheduled"})";
  std::mt19937 random{1};
  for (int i = 0; i < 3 << 20; ++i)
    task.state += static_cast<char>('!' + random() % 90);
  start(task);
  CHECK(holds(started["t"], "invalid_argument: the documents are too large for "
                            "a scheduled start"));
  CHECK(rows.empty());
  task.no_delay = true;
  start(task);
  CHECK(started["t"] == "ok");
  CHECK(launched->more_secrets.size() > 1);
}

TEST_CASE_METHOD(control_world,
                 "a scheduled start that meets 256 launches is retried") {
  list();
  auto task = read("sync", "t");
  task.started_by = R"({"trigger":"scheduled"})";
  start(task);
  slow_launch = true;
  for (int i = 0; i < 256; ++i)
    start(read("s" + std::to_string(i), "t" + std::to_string(i)));
  pass(2min);
  CHECK(rows.count("t") == 0);
  slow_launch = false;
  answer_launches();
  pass(6s);
  CHECK(rows["t"] == "RUNNING");
}

TEST_CASE_METHOD(control_world,
                 "a read goes on from the states saved by then") {
  list();
  auto going_on = [](const std::string& task) {
    auto out = read("s", task);
    out.continues = true;
    out.catalog = R"({"streams":[{"stream":{"name":"users"},)"
                  R"("sync_mode":"incremental"}]})";
    return out;
  };
  auto state = [this] {
    return nlohmann::json::parse(launched->secret)["stringData"]["state"]
        .get<std::string>();
  };
  start(going_on("t1"));
  CHECK(started["t1"] == "ok");
  CHECK(state() == "{}");
  show_end(the_pod(), 0, 0);
  saved["s"] = {{"users", R"({ "id":1.0 })"}, {"orders", "{}"}};
  deeds.clear();
  start(going_on("t2"));
  CHECK(started["t2"] == "ok");
  CHECK(state()
        == R"([{"type":"STREAM","stream":{"stream_descriptor":)"
           R"({"name":"users"},"stream_state":{ "id":1.0 }}}])");
  // The states were read after the row was stored, which keeps other reads of
  // the sync from beginning.
  CHECK(rows["t2"] == "RUNNING");
  CHECK(deeds.front() == "look");
}

TEST_CASE_METHOD(control_world,
                 "a start fails if the saved states cannot be read") {
  list();
  auto task = read("s", "t");
  task.continues = true;
  task.catalog = R"({"streams":[{"stream":{"name":"users"},)"
                 R"("sync_mode":"incremental"}]})";
  states_away = true;
  start(task);
  CHECK(holds(started["t"], "database_unavailable"));
  CHECK(rows["t"] == "FAILED");
  CHECK(pods.empty());
  states_away = false;
  saved["s"] = {{"users", '"' + std::string(33u << 20, 'x') + '"'}};
  task.task_id = "t2";
  start(task);
  CHECK(holds(started["t2"], "invalid_argument: the documents are too large"));
  CHECK(rows["t2"] == "FAILED");
  CHECK(holds(errors["t2"], "16 MiB"));
  CHECK(supervised() == 0);
}

TEST_CASE_METHOD(control_world, "a wrong image is refused before all else") {
  list();
  auto task = read("s", "t");
  task.package = "Not An Image";
  start(task);
  CHECK(holds(started["t"], "invalid_argument"));
  CHECK(rows.empty());
}

TEST_CASE_METHOD(control_world,
                 "events that come before the launch is answered are kept") {
  list();
  slow_launch = true;
  start(read("s", "t"));
  auto pod = the_pod();
  CHECK(started["t"] == "pending");
  SECTION("an event of the Pod") {
    show_end(pod, 3, 1);
    CHECK(rows["t"] == "RUNNING");
    answer_launches();
    CHECK(started["t"] == "ok");
    CHECK(rows["t"] == "FAILED");
  }
  SECTION("an event of an earlier Pod of the same name is ignored") {
    auto former = std::make_shared<pod_status>(pods[pod]);
    former->uid = "former";
    tell(registry, atom::gone_v, pod_status_ptr{former});
    answer_launches();
    CHECK(rows["t"] == "RUNNING");
  }
  SECTION("a cancel takes effect once the launch is answered") {
    cancel("s", "t");
    CHECK(cancelled == "pending");
    answer_launches();
    CHECK(cancelled == "ok");
    CHECK(rows["t"] == "CANCELLED");
    CHECK(deeds == strings{"launch", "store", "remove"});
  }
}
