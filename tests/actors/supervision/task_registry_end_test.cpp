// What a registry makes of a task's end.

#include "support/running_read.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

struct ending_read : running_read {
  /// @returns how many reads ended so, as /metrics tells.
  uint64_t ended(const std::string& status) {
    uint64_t out = 0;
    auto asker = system.spawn([&](caf::event_based_actor* own) {
      rt::ask(own, caf::infinite, registry, atom::count_v)
          .then(
              [&](const registry_state_ptr& state) {
                auto found = state->ended.find({"read", status});
                out = found == state->ended.end() ? 0 : found->second;
              },
              [](const caf::error&) {});
    });
    run();
    return out;
  }
};

} // namespace

TEST_CASE_METHOD(
    ending_read,
    "a second read of a sync waits until the end of the first is stored") {
  database_away = true;
  show_end(pod, 0, 0);
  pass(10s);
  start(read("s", "second"));
  CHECK(holds(started["second"], "sync s runs already, as task t"));
  // Not even once its Pod is gone.
  lose(pod);
  start(read("s", "second"));
  CHECK(holds(started["second"], "sync s runs already, as task t"));
  bring_back_database();
  pass(10s);
  start(read("s", "second"));
  CHECK(started["second"] == "ok");
}

TEST_CASE_METHOD(ending_read, "ends are counted by the status of the task") {
  auto status =
      GENERATE(as<std::string>{}, "SUCCESS", "PARTIAL", "FAILED", "CANCELLED");
  CHECK(ended(status) == 0);
  if (status == "CANCELLED") {
    cancel("s", "t");
  } else {
    // The sidecar itself has stored how it went.
    if (status != "FAILED")
      rows["t"] = status;
    show_end(pod, 0, status == "FAILED" ? 1 : 0);
  }
  CHECK(rows["t"] == status);
  for (const auto* other : {"SUCCESS", "PARTIAL", "FAILED", "CANCELLED"}) {
    CAPTURE(status, other);
    CHECK(ended(other) == (status == other ? 1 : 0));
  }
}

TEST_CASE_METHOD(running_read,
                 "a cancelled task is CANCELLED and its Pod deleted") {
  cancel("s", "t");
  CHECK(cancelled == "ok");
  CHECK(rows["t"] == "CANCELLED");
  CHECK(deeds == strings{"launch", "store", "remove"});
  show_end(pod, 143, 1);
  lose(pod);
  CHECK(rows["t"] == "CANCELLED");
  CHECK(supervised() == 0);
}

TEST_CASE_METHOD(control_world,
                 "a spec or a discover is cancelled by its name and its sync") {
  list();
  auto task = discover("k");
  task.command = GENERATE("spec", "discover");
  task.task_id.clear();
  task.sync_id = task.command == "spec" ? "" : "s";
  start(task);
  cancel("other", inquiry_id(task));
  CHECK(holds(cancelled, inquiry_id(task)));
  CHECK(supervised() == 1);
  cancel(task.sync_id, inquiry_id(task));
  CHECK(cancelled == "ok");
  CHECK(deeds.back() == "remove");
  lose(the_pod());
  CHECK(supervised() == 0);
}

TEST_CASE_METHOD(running_read, "a cancel waits for the database") {
  database_away = true;
  cancel("s", "t");
  CHECK(cancelled == "pending");
  CHECK(deeds == strings{"launch"});
  bring_back_database();
  CHECK(cancelled == "ok");
  CHECK(rows["t"] == "CANCELLED");
}

TEST_CASE_METHOD(control_world,
                 "a task without a Pod is cancelled in the database") {
  list();
  rows["old"] = "RUNNING";
  cancel("s", "old");
  CHECK(cancelled == "ok");
  CHECK(rows["old"] == "CANCELLED");
}

TEST_CASE_METHOD(running_read, "a row without a Pod is closed") {
  auto orphan = [this](const std::string& id) {
    rows[id] = "RUNNING";
    silent.insert(id);
  };
  SECTION("when all Pods were listed") {
    pods[pod].annotations = to_annotations(read("s", "t"));
    crash();
    orphan("lost");
    begin();
    silent.insert("t");
    show_state(pod, pod_state::running);
    CHECK(rows["lost"] == "RUNNING");
    list();
    CHECK(rows["lost"] == "FAILED");
  }
  SECTION("and now and then after that") {
    orphan("lost");
    silent.insert("t");
    pass(14min);
    CHECK(rows["lost"] == "RUNNING");
    pass(2min);
    CHECK(rows["lost"] == "FAILED");
  }
  SECTION("but not while its end is on the way") {
    database_away = true;
    show_end(pod, 3, 1);
    silent.insert("t");
    pass(16min);
    CHECK(silent.empty());
  }
  // What is supervised is not.
  CHECK(rows["t"] == "RUNNING");
}
