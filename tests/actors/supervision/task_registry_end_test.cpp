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

TEST_CASE_METHOD(ending_read, "a rival waits until the end is stored") {
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
