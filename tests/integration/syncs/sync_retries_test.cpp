#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("a run that failed is tried again, after longer and longer pauses") {
  auto world = any_sync_world();
  world.keep("crm");
  world.ask("crm", noon);
  auto now = noon;
  std::vector<std::chrono::minutes> pauses;
  for (int i = 0; i < 6 && get(world.records.active_runs()).size() == 1; ++i) {
    const auto due = get(world.records.active_runs())[0].due_at;
    pauses.push_back(
        std::chrono::duration_cast<std::chrono::minutes>(due - now));
    now = due;
    world.step(now);
    world.step(now);
    CHECK(world.tasks.reads.size() == static_cast<size_t>(i) + 1);
    get(world.tasks.end(world.tasks.reads.back().task_id, task_status::failed,
                        "the server is busy"));
    world.step(now);
  }
  CHECK(pauses == std::vector<std::chrono::minutes>{0min, 1min, 5min, 25min});
  CHECK(world.stages("crm") == strings{"FAILED", "FAILED", "FAILED", "FAILED"});
}

TEST_CASE("the kind of a failure decides whether a run is tried again") {
  struct row {
    const char* error;
    uint64_t rows;
    /// Of the next try; 0: there is none.
    unsigned attempt;
    task_status status = task_status::failed;
  };

  constexpr auto partial = task_status::partial;
  const row rows[] = {
      {"the server is busy", 0, 3},
      {"the server is busy (transient_error)", 0, 3},
      {"the key is wrong (config_error)", 0, 0},
      {"the key is wrong (config_error, exit code 1)", 0, 0},
      // A word of the connector's own is none of ours.
      {"no config_error at all", 0, 3},
      {"it broke off", 10, 2},
      {"stream a: the server is busy (transient_error)", 10, 3, partial},
      {"stream a: it broke off", 10, 3, partial},
      {"stream a: the key is wrong (config_error)", 10, 0, partial},
      // Another try would bring them no more than this one.
      {"stream a: 2 rows were rejected, see the task's log", 10, 0, partial},
  };
  const auto& one = GENERATE_REF(from_range(std::begin(rows), std::end(rows)));
  INFO(one.error);
  sync_world world{sqlite_world()};
  world.keep("crm");
  // The second try of a run.
  sync_run second;
  second.id = make_uuid();
  second.sync_id = "crm";
  second.trigger = "retry";
  second.attempt = 2;
  second.due_at = noon;
  CHECK(get(world.records.add_run(second)));
  world.step(noon);
  world.step(noon);
  get(world.tasks.end(second.id, one.status, one.error, one.rows));
  world.step(noon);
  const auto active = get(world.records.active_runs());
  CHECK(active.size() == (one.attempt == 0 ? 0 : 1));
  if (!active.empty()) {
    CHECK(active[0].attempt == one.attempt);
    CHECK(active[0].trigger == "retry");
  }
}

TEST_CASE("a sync that fails again and again is paused with the reason") {
  auto world = any_sync_world();
  world.keep("crm",
             every_hour + R"(,"retries":{"delaysSeconds":[],"pauseAfter":3})",
             noon);
  for (int i = 0; i < 3; ++i) {
    CHECK(get(world.records.find("crm"))->paused.empty());
    const auto due = *get(world.records.find("crm"))->next_run_at;
    world.step(due);
    world.step(due);
    get(world.tasks.end(world.last("crm").id, task_status::failed,
                        "the server is gone"));
    world.step(due);
  }
  const auto row = get(world.records.find("crm"));
  CHECK_THAT(row->paused, ContainsSubstring("3 runs failed one after another")
                              && ContainsSubstring("the server is gone"));
  world.step(*row->next_run_at + 10h);
  CHECK(world.stages("crm").size() == 3);
}

TEST_CASE("a run that is asked for meanwhile does not keep off a pause") {
  const auto pause_after = GENERATE(1, 2);
  auto world = any_sync_world();
  world.keep("crm", R"("retries":{"delaysSeconds":[],"pauseAfter":)"
                        + std::to_string(pause_after) + '}');
  for (int i = 0; i < pause_after; ++i) {
    const auto run = world.ask("crm", noon);
    world.step(noon);
    world.step(noon);
    REQUIRE(world.last("crm").stage == run_stage::reading);
    // Its end is stored; what follows is not done yet.
    REQUIRE(get(world.records.put_stage(
        run, run_stage::failed, "the server is gone", follow_up::retry)));
  }
  world.ask("crm", noon);
  world.step(noon);
  CHECK_THAT(get(world.records.find("crm"))->paused,
             ContainsSubstring("failed one after another"));
  CHECK(is_active(world.last("crm").stage));
}

TEST_CASE("a sync whose runs bring only a part is paused, but for bad rows") {
  const auto rejected = GENERATE(false, true);
  auto world = any_sync_world();
  world.keep("crm", R"("retries":{"delaysSeconds":[],"pauseAfter":3})");
  for (int i = 0; i < 3; ++i) {
    const auto run = world.ask("crm", noon);
    world.step(noon);
    world.step(noon);
    get(world.tasks.end(run,
                        i == 1 ? task_status::failed : task_status::partial,
                        rejected ? "2 rows were rejected, see the task's log"
                                 : "stream a broke off",
                        7));
    world.step(noon);
  }
  const auto row = get(world.records.find("crm"));
  CHECK(row->last_stage == run_stage::partial);
  CHECK_FALSE(row->last_success_at);
  if (rejected)
    CHECK(row->paused.empty());
  else
    CHECK(row->paused
          == "3 runs one after another failed or brought only a part; the last "
             "one: stream a broke off");
}

TEST_CASE("a try that waits gives way to the schedule, and goes on counting") {
  auto world = any_sync_world();
  world.keep("crm", every_hour + R"(,"retries":{"delaysSeconds":[7200,7200]})",
             noon);
  const auto due = *get(world.records.find("crm"))->next_run_at;
  std::vector<unsigned> attempts;
  for (int i = 0; i < 4; ++i) {
    const auto now = due + i * 1h;
    world.step(now);
    world.step(now);
    REQUIRE(world.tasks.reads.size() == static_cast<size_t>(i) + 1);
    const auto last = world.last("crm");
    CHECK(last.trigger == "schedule");
    CHECK(last.due_at == now);
    attempts.push_back(last.attempt);
    get(world.tasks.end(last.id, task_status::failed, "the server is busy"));
    world.step(now);
  }
  // After the last try of the three the count begins anew.
  CHECK(attempts == std::vector<unsigned>{1, 2, 3, 1});
  CHECK_FALSE(world.log.has("skipped its run"));
}
