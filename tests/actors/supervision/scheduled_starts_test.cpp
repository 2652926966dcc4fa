// Scheduled starts: kept until their time, and begun once.
#include "support/two_replicas.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

/// Asks for a scheduled read at a standby.
struct delayed_read : two_replicas {
  delayed_read() {
    task = read("sync", "t");
    task.started_by = R"({"trigger":"scheduled"})";
    start(task);
  }

  task_request task;
};

} // namespace

TEST_CASE_METHOD(delayed_read, "a scheduled start is stored before its request "
                               "is answered, and removed once its Pod exists") {
  CHECK(started["t"] == "ok");
  REQUIRE(aside.size() == 1);
  CHECK(aside.begin()->second.task.config == "{}");
  pass(61s);
  CHECK(rows["t"] == "RUNNING");
  CHECK(aside.empty());
  CHECK(pods.size() == 1);
  CHECK(supervised() == 1);
}

TEST_CASE_METHOD(two_replicas,
                 "a scheduled start that cannot be stored is refused") {
  aside_failure = failure{ec::service_unavailable, "HTTP 500"};
  auto task = read("sync", "t");
  task.started_by = R"({"trigger":"scheduled"})";
  start(task);
  CHECK(holds(started["t"], "HTTP 500"));
  aside_failure.reset();
  start(task);
  CHECK(started["t"] == "ok");
}

TEST_CASE_METHOD(delayed_read,
                 "a scheduled start survives the process that took it") {
  kill(standby);
  pass(61s + 20s + 30s);
  CHECK(rows["t"] == "RUNNING");
  CHECK(aside.empty());
  CHECK(pods.size() == 1);
}

TEST_CASE_METHOD(delayed_read,
                 "a scheduled start survives the death of both replicas") {
  kill(standby);
  kill(leader);
  pass(61s);
  CHECK(rows.empty());
  auto next = add(std::make_shared<leadership>());
  aside.begin()->second.start_at = utc_now() - 61s;
  let_lead(next);
  list();
  pass(21s);
  CHECK(rows["t"] == "RUNNING");
  CHECK(aside.empty());
}

TEST_CASE_METHOD(delayed_read,
                 "a second request for a waiting scheduled start is refused") {
  use(leader);
  started.clear();
  start(task);
  CHECK(holds(started["t"], "already_exists"));
  CHECK(aside.size() == 1);
  pass(2min);
  CHECK(pods.size() == 1);
  CHECK(rows["t"] == "RUNNING");
}

TEST_CASE_METHOD(delayed_read, "a scheduled start is cancelled") {
  SECTION("on the replica that took it") {}
  SECTION("on another") {
    use(leader);
  }
  SECTION("on another that has already found it") {
    pass(31s);
    if (rows.contains("t"))
      return;
    use(leader);
  }
  cancel("sync", "t");
  CHECK(cancelled == "ok");
  CHECK(aside.empty());
  pass(2min);
  // This row stops a replica that has already read the stored start.
  CHECK(rows["t"] == "CANCELLED");
  CHECK(pods.empty());
}

TEST_CASE_METHOD(delayed_read,
                 "a scheduled start is cancelled while the database is away") {
  database_away = true;
  cancel("sync", "t");
  CHECK(cancelled == "ok");
  CHECK(aside.empty());
  bring_back_database();
  pass(2min);
  CHECK(rows.empty());
  CHECK(pods.empty());
}

TEST_CASE_METHOD(delayed_read,
                 "a cancel that names another package is refused") {
  cancel("sync", "t", "another/package");
  CHECK(holds(cancelled, "no such task"));
  CHECK(aside.size() == 1);
}

TEST_CASE_METHOD(
    delayed_read,
    "a start is completed if its process died after storing the row") {
  rows["t"] = "RUNNING";
  pass(61s);
  CHECK(pods.size() == 1);
  CHECK(rows["t"] == "RUNNING");
  CHECK(aside.empty());
}

TEST_CASE_METHOD(delayed_read,
                 "a scheduled start whose task has ended is dropped") {
  rows["t"] = "FAILED";
  pass(61s);
  CHECK(pods.empty());
  CHECK(rows["t"] == "FAILED");
  CHECK(aside.empty());
}

TEST_CASE_METHOD(delayed_read,
                 "a scheduled start waits for a busy Kubernetes") {
  launch_failure = failure{ec::too_busy, "HTTP 429"};
  pass(2min);
  CHECK(rows["t"] == "RUNNING");
  CHECK(pods.empty());
  CHECK(aside.size() == 1);
  launch_failure.reset();
  pass(6s);
  CHECK(pods.size() == 1);
  CHECK(rows["t"] == "RUNNING");
  CHECK(aside.empty());
}

TEST_CASE_METHOD(
    delayed_read,
    "a cancel that cannot delete the stored start leaves it in force") {
  aside_failure = failure{ec::service_unavailable, "HTTP 500"};
  cancel("sync", "t");
  CHECK(holds(cancelled, "HTTP 500"));
  aside_failure.reset();
  pass(2min);
  CHECK(rows["t"] == "RUNNING");
}

TEST_CASE_METHOD(delayed_read, "a scheduled start waits for the database") {
  database_away = true;
  pass(2min);
  CHECK(rows.empty());
  CHECK(aside.size() == 1);
  bring_back_database();
  pass(6s);
  CHECK(rows["t"] == "RUNNING");
  CHECK(aside.empty());
}

TEST_CASE_METHOD(
    delayed_read,
    "a start whose Pod exists is not repeated after its replica died") {
  pass(start_delay("sync") - 1s);
  auto kept = aside;
  pass(2s);
  CHECK(rows["t"] == "RUNNING");
  auto pod = the_pod();
  pods[pod].annotations = to_annotations(task);
  show_state(pod, pod_state::running);
  aside = kept;
  kill(standby);
  pass(2min);
  CHECK(aside.empty());
  CHECK(pods.size() == 1);
  CHECK(count("launch") == 1);
}

TEST_CASE_METHOD(control_world,
                 "a controller without rivals starts all kept tasks") {
  list();
  auto task = read("sync", "t");
  task.started_by = R"({"trigger":"scheduled"})";
  start(task);
  crash();
  begin();
  list();
  pass(61s);
  CHECK(rows["t"] == "RUNNING");
  CHECK(aside.empty());
}

TEST_CASE("delays are spread over a minute") {
  std::set<std::chrono::seconds> seen;
  for (int i = 0; i < 2000; ++i)
    seen.insert(start_delay("sync-" + std::to_string(i)));
  CHECK(seen.size() == 60);
  CHECK(*seen.rbegin() == 59s);
}
