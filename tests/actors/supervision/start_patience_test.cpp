// Starts while Kubernetes is away or too busy: accepted, tried again, and given
// up after SYNCCTL_START_PATIENCE_SECONDS.
#include "support/two_replicas.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

const failure away = {ec::timed_out, "Kubernetes: cannot create a Secret: "
                                     "Connection refused"};
const failure busy = {ec::too_busy, "Kubernetes: HTTP 429"};
const failure refused = {ec::service_unavailable, "Kubernetes: HTTP 403"};

/// A read that was asked for while Kubernetes is away.
struct waiting_read : control_world {
  waiting_read() {
    list();
    launch_failure = away;
    start(read("s", "t"));
  }

  /// @returns how many lines of the task's log hold the words.
  size_t count_lines(const std::string& part) const {
    return static_cast<size_t>(
        std::count_if(lines.begin(), lines.end(),
                      [&](const auto& line) { return holds(line, part); }));
  }
};

} // namespace

TEST_CASE_METHOD(waiting_read,
                 "a read is accepted while Kubernetes is away, and starts once "
                 "it is back") {
  CHECK(started["t"] == "ok");
  CHECK(rows["t"] == "RUNNING");
  CHECK(pods.empty());
  pass(4min);
  CHECK(rows["t"] == "RUNNING");
  CHECK(supervised() == 1);
  CHECK(count_lines("waits for Kubernetes") == 1);
  CHECK(count_lines("Connection refused") == 1);
  launch_failure.reset();
  pass(6s);
  CHECK(pods.size() == 1);
  show_end(the_pod(), 0, 0);
  CHECK(rows["t"] == "FAILED");
  CHECK(holds(errors["t"], "without an entry"));
}

TEST_CASE_METHOD(control_world, "a read waits for a busy Kubernetes") {
  list();
  launch_failure = busy;
  start(read("s", "t"));
  CHECK(started["t"] == "ok");
  pass(1min);
  CHECK(pods.empty());
  launch_failure.reset();
  pass(6s);
  CHECK(pods.size() == 1);
  CHECK(rows["t"] == "RUNNING");
}

TEST_CASE_METHOD(waiting_read, "a task that waits is asked for again") {
  start(read("s", "t"));
  CHECK(holds(started["t"], "already_exists"));
  start(read("s", "t2"));
  CHECK(holds(started["t2"], "sync s runs already, as task t"));
  launch_failure.reset();
  pass(6s);
  CHECK(pods.size() == 1);
  CHECK(rows["t"] == "RUNNING");
}

TEST_CASE_METHOD(waiting_read,
                 "a task whose Kubernetes stays away ends as FAILED") {
  pass(5min + 6s);
  CHECK(rows["t"] == "FAILED");
  CHECK(holds(errors["t"], "the Pod could not be created"));
  CHECK(holds(errors["t"], "waited 30"));
  CHECK(holds(errors["t"], "Connection refused"));
  // Another one of its sync may run.
  launch_failure.reset();
  start(read("s", "t2"));
  CHECK(started["t2"] == "ok");
  CHECK(pods.size() == 1);
}

TEST_CASE_METHOD(waiting_read, "what an API refuses before it knows rights is "
                               "waited out after an outage") {
  launch_failure = refused;
  pass(20s);
  CHECK(rows["t"] == "RUNNING");
  launch_failure.reset();
  pass(6s);
  CHECK(pods.size() == 1);
  // Without an outage it is a refusal.
  launch_failure = refused;
  start(read("s2", "t2"));
  CHECK(holds(started["t2"], "service_unavailable"));
  CHECK(rows["t2"] == "FAILED");
}

TEST_CASE_METHOD(waiting_read, "a task that is to blame itself is not tried "
                               "again after an outage") {
  launch_failure = failure{ec::invalid_argument, "HTTP 422"};
  pass(6s);
  CHECK(rows["t"] == "FAILED");
  CHECK(holds(errors["t"], "HTTP 422"));
}

TEST_CASE_METHOD(waiting_read, "a task that waits is cancelled at once") {
  cancel("s", "t");
  CHECK(cancelled == "ok");
  CHECK(rows["t"] == "CANCELLED");
  launch_failure.reset();
  const auto launches = std::count(deeds.begin(), deeds.end(), "launch");
  pass(1min);
  CHECK(std::count(deeds.begin(), deeds.end(), "launch") == launches);
  CHECK(pods.empty());
  // A create whose answer was lost may have made a Pod.
  CHECK(deeds.back() == "remove");
  CHECK(supervised() == 0);
}

TEST_CASE_METHOD(waiting_read,
                 "a cancel while Kubernetes is called is stored at once, and "
                 "the Pod is deleted") {
  launch_failure.reset();
  slow_launch = true;
  pass(6s);
  REQUIRE(pods.size() == 1);
  cancel("s", "t");
  CHECK(cancelled == "ok");
  CHECK(rows["t"] == "CANCELLED");
  CHECK(deeds.back() == "store");
  answer_launches();
  CHECK(deeds.back() == "remove");
}

TEST_CASE_METHOD(control_world, "a launch that takes longer than 10 s counts "
                                "as accepted") {
  list();
  slow_launch = true;
  start(read("s", "t"));
  pass(9s);
  CHECK(started["t"] == "pending");
  pass(3s);
  CHECK(started["t"] == "ok");
  CHECK(rows["t"] == "RUNNING");
  answer_launches();
  CHECK(rows["t"] == "RUNNING");
  show_state(the_pod(), pod_state::running);
  CHECK(supervised() == 1);
}

TEST_CASE_METHOD(waiting_read,
                 "the start of containers is timed from the Pod, not from the "
                 "request") {
  pass(4min);
  launch_failure.reset();
  pass(6s);
  REQUIRE(pods.size() == 1);
  SECTION("where the same process goes on") {
    show_state(the_pod(), pod_state::pending);
    pass(2min);
    CHECK(rows["t"] == "RUNNING");
    pass(2min);
    CHECK(rows["t"] == "FAILED");
    CHECK(holds(errors["t"], "did not start within 180 s"));
  }
  SECTION("where another process adopts the Pod") {
    crash();
    begin();
    show(the_pod(), [](pod_status& pod) {
      auto task = read("s", "t");
      task.started_at = utc_now() - 10min;
      pod.annotations = to_annotations(task);
      pod.created_at = to_iso8601_millis(utc_now() - 2min);
    });
    list();
    CHECK(supervised() == 1);
    pass(30s);
    CHECK(rows["t"] == "RUNNING");
    pass(40s);
    CHECK(rows["t"] == "FAILED");
  }
}

TEST_CASE_METHOD(waiting_read,
                 "a task that waits ends as FAILED if its process ends") {
  crash();
  begin();
  list();
  CHECK(supervised() == 0);
  start(read("s", "t"));
  CHECK(holds(started["t"], "already_exists"));
  // The leader closes rows that nothing has updated for ten minutes.
  silent.insert("t");
  launch_failure.reset();
  pass(16min);
  CHECK(rows["t"] == "FAILED");
  CHECK(pods.empty());
  start(read("s", "t2"));
  CHECK(started["t2"] == "ok");
}

TEST_CASE_METHOD(control_world, "inquiries wait for Kubernetes, too") {
  list();
  launch_failure = away;
  auto task = discover("k");
  task.command = GENERATE("spec", "check", "discover");
  start(task);
  CHECK(started["t-k"] == "ok");
  CHECK(holds(inquiries(), task.command + " k"));
  SECTION("and start once it is back") {
    launch_failure.reset();
    pass(6s);
    CHECK(pods.size() == 1);
  }
  SECTION("and begin with the Pod of a create whose answer was lost") {
    launch_failure = failure{ec::already_exists, "HTTP 409"};
    pass(6s);
    CHECK(supervised() == 1);
    CHECK(results.empty());
  }
  SECTION("and fail if it stays away") {
    pass(5min + 6s);
    REQUIRE(results.size() == 1);
    CHECK(holds(results[0], "Connection refused"));
    CHECK(inquiries().empty());
  }
}

TEST_CASE_METHOD(two_replicas, "a read that waits at a standby starts there, "
                               "and is left to the leader") {
  launch_failure = away;
  start(read("s", "t"));
  CHECK(started["t"] == "ok");
  pass(1min);
  launch_failure.reset();
  pass(6s);
  CHECK(pods.size() == 1);
  CHECK(rows["t"] == "RUNNING");
  CHECK(count("launch") > 3);
  use(leader);
  show(the_pod(), [](pod_status& pod) {
    pod.annotations = to_annotations(read("s", "t"));
    pod.state = pod_state::running;
  });
  CHECK(supervised() == 1);
}

TEST_CASE_METHOD(two_replicas, "a read that waits at a standby does not start "
                               "if the leader has stored its cancel") {
  launch_failure = away;
  start(read("s", "t"));
  pass(1min);
  use(leader);
  cancel("s", "t");
  CHECK(cancelled == "ok");
  CHECK(rows["t"] == "CANCELLED");
  launch_failure.reset();
  pass(1min);
  CHECK(pods.empty());
  use(standby);
  CHECK(supervised() == 0);
  start(read("s", "t2"));
  CHECK(started["t2"] == "ok");
}

TEST_CASE_METHOD(waiting_read,
                 "a task waits for a database that is away as well") {
  database_away = true;
  pass(1min);
  launch_failure.reset();
  pass(1min);
  CHECK(pods.empty());
  bring_back_database();
  pass(6s);
  CHECK(pods.size() == 1);
  CHECK(rows["t"] == "RUNNING");
}

TEST_CASE_METHOD(two_replicas,
                 "a scheduled start waits for Kubernetes, and is kept") {
  auto task = read("sync", "t");
  task.started_by = R"({"trigger":"scheduled"})";
  start(task);
  launch_failure = away;
  pass(2min);
  CHECK(rows["t"] == "RUNNING");
  CHECK(aside.size() == 1);
  SECTION("until it is back") {
    launch_failure.reset();
    pass(6s);
    CHECK(pods.size() == 1);
    CHECK(aside.empty());
  }
  SECTION("until the patience is over") {
    pass(6min);
    CHECK(rows["t"] == "FAILED");
    CHECK(aside.empty());
    CHECK(pods.empty());
  }
  SECTION("and goes on elsewhere if its process ends") {
    kill(standby);
    launch_failure.reset();
    pass(2min);
    CHECK(pods.size() == 1);
    CHECK(rows["t"] == "RUNNING");
    CHECK(aside.empty());
  }
  SECTION("and is cancelled meanwhile") {
    cancel("sync", "t");
    CHECK(cancelled == "ok");
    CHECK(rows["t"] == "CANCELLED");
    launch_failure.reset();
    pass(2min);
    CHECK(pods.empty());
    CHECK(aside.empty());
  }
}

TEST_CASE_METHOD(control_world,
                 "256 starts may wait for Kubernetes at a time") {
  list();
  launch_failure = away;
  for (int i = 0; i < 256; ++i)
    start(read("s" + std::to_string(i), "t" + std::to_string(i)));
  CHECK(started["t255"] == "ok");
  start(read("s", "t"));
  CHECK(holds(started["t"], "too_busy"));
  CHECK(rows.count("t") == 0);
  launch_failure.reset();
  pass(6s);
  CHECK(pods.size() == 256);
  start(read("s", "t"));
  CHECK(started["t"] == "ok");
}
