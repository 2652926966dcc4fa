#include "controller/syncs/next_times.hpp"
#include "controller/syncs/sync_runner.hpp"
#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <thread>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("a run by hand discovers, reads and ends") {
  auto world = any_sync_world();
  world.keep("crm",
             R"("destination":{"destinationType":"sqlite","path":"r.db"},)"
             R"("options":{"tableNamePrefix":"crm_","debug":true})");
  const auto run = world.ask("crm", noon);
  world.step(noon);
  REQUIRE(world.tasks.discovers.size() == 1);
  CHECK_THAT(world.tasks.discovers[0].config,
             ContainsSubstring("hunter2-hunter2"));
  CHECK(world.stages("crm") == strings{"DISCOVERING"});
  world.step(noon + 1s);
  REQUIRE(world.tasks.reads.size() == 1);
  const auto& read = world.tasks.reads[0];
  CHECK(read.task_id == run);
  CHECK(read.sync_id == "crm");
  CHECK(read.continues);
  CHECK(read.no_delay);
  CHECK(read.debug);
  CHECK(read.table_name_prefix == "crm_");
  CHECK_THAT(read.destination_config, ContainsSubstring("r.db"));
  CHECK_THAT(read.catalog, ContainsSubstring("full_refresh"));
  CHECK(nlohmann::json::parse(read.started_by)["trigger"] == "manual");
  world.step(noon + 2s);
  CHECK(world.stages("crm") == strings{"READING"});
  get(world.tasks.end(run, task_status::success));
  world.step(noon + 3s);
  CHECK(world.stages("crm") == strings{"SUCCESS"});
  // What the source has is known now.
  world.ask("crm", noon + 1h);
  world.step(noon + 1h);
  CHECK(world.tasks.discovers.size() == 1);
  CHECK(world.tasks.reads.size() == 2);
}

TEST_CASE("a sync with a schedule runs at its times") {
  auto world = any_sync_world();
  world.keep("crm", every_hour, noon);
  const auto due = get(world.records.find("crm"))->next_run_at;
  REQUIRE(due);
  CHECK(*due >= noon);
  CHECK(*due < noon + 2h);
  world.step(*due - 1s);
  CHECK(world.stages("crm").empty());
  world.step(*due);
  world.step(*due + 1s);
  REQUIRE(world.tasks.reads.size() == 1);
  CHECK(world.last("crm").trigger == "schedule");
  CHECK(world.last("crm").due_at == *due);
  get(world.tasks.end(world.last("crm").id, task_status::success));
  world.step(*due + 2s);
  CHECK(get(world.records.find("crm"))->next_run_at == *due + 1h);
  // Nobody looked for five hours: it runs once, and then goes on in time.
  world.step(*due + 5h + 1min);
  world.step(*due + 5h + 2min);
  CHECK(world.stages("crm") == strings{"SUCCESS", "READING"});
  CHECK(get(world.records.find("crm"))->next_run_at == *due + 6h);
}

TEST_CASE("a next time that a clock which was ahead has stored is taken back") {
  auto world = any_sync_world();
  for (const auto* id : {"ahead", "right", "passed", "paused"})
    world.keep(id, every_hour, noon);
  const auto next = [&](const char* id) {
    return *get(world.records.find(id))->next_run_at;
  };
  const auto due = next("ahead");
  const auto right = next("right");
  const auto far = due + 24h * 2000;
  CHECK(get(world.records.advance("ahead", due, far)));
  CHECK(get(world.records.advance("passed", next("passed"), noon - 1h)));
  CHECK(get(world.records.advance("paused", next("paused"), far)));
  CHECK(get(world.records.pause("paused", "by hand")));
  for (int i = 0; i < 2; ++i) {
    get(correct_next_times(world.rows, noon));
    CHECK(next("ahead") == due);
    CHECK(next("right") == right);
    CHECK(next("passed") == noon - 1h);
    // Its next time is reckoned when it is resumed.
    CHECK(next("paused") == far);
  }
  CHECK(world.log.has("sync ahead was due only at 2032"));
  CHECK_FALSE(world.log.has("sync right"));
  world.step(due);
  world.step(due + 1s);
  CHECK(world.stages("ahead") == strings{"READING"});
}

TEST_CASE("next times of many syncs are taken back") {
  sync_world world{sqlite_world()};
  for (int i = 0; i < 1002; ++i)
    world.keep(std::to_string(i), every_hour, noon + 24h * 2000);
  get(correct_next_times(world.rows, noon));
  CHECK(get(world.records.due_later(noon + 2h, "", 1)).empty());
}

TEST_CASE("a syncctl that begins to lead takes next times back") {
  auto world = any_sync_world();
  const auto now = utc_now();
  world.keep("crm", every_hour, now + 24h * 2000);
  const sync_runner runner{world.at.world->url(), world.keys,
                           world.tasks,           leadership::without_rival(),
                           webhook_reach{},       world.places};
  const auto end = std::chrono::steady_clock::now() + 100s;
  const auto is_near = [&] {
    return *get(world.records.find("crm"))->next_run_at < now + 24h;
  };
  while (!is_near() && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  CHECK(is_near());
}

TEST_CASE("a time at which the sync still runs is skipped") {
  auto world = any_sync_world();
  world.keep("crm", every_hour, noon);
  const auto due = *get(world.records.find("crm"))->next_run_at;
  world.step(due);
  world.step(due + 1s);
  world.step(due + 1h);
  CHECK(world.stages("crm") == strings{"READING"});
  get(world.tasks.end(world.last("crm").id, task_status::success));
  world.step(due + 1h + 1s);
  world.step(due + 2h);
  world.step(due + 2h + 1s);
  CHECK(world.stages("crm") == strings{"SUCCESS", "READING"});
}

TEST_CASE("a discover that fails ends the run with its reason") {
  auto world = any_sync_world();
  world.keep("crm");
  world.tasks.catalog.clear();
  world.tasks.catalog_error = "no such host (config_error)";
  world.ask("crm", noon);
  world.step(noon);
  world.step(noon);
  CHECK(world.stages("crm") == strings{"FAILED"});
  CHECK_THAT(world.last("crm").error, ContainsSubstring("discover")
                                          && ContainsSubstring("no such host"));
  // It is asked for anew at the next run.
  world.tasks.catalog = R"({"streams":[{"name":"a","json_schema":{}}]})";
  world.ask("crm", noon + 1h);
  world.step(noon + 1h);
  world.step(noon + 1h);
  CHECK(world.stages("crm") == strings{"FAILED", "READING"});
}

TEST_CASE("a start that is refused for a while begins later") {
  struct row {
    ec code;
    const char* stage;
  };

  const row rows[] = {
      {ec::too_busy, "WAITING"},     {ec::service_unavailable, "WAITING"},
      {ec::timed_out, "WAITING"},    {ec::invalid_argument, "FAILED"},
      {ec::system_failed, "FAILED"},
  };
  const auto& one = GENERATE_REF(from_range(std::begin(rows), std::end(rows)));
  INFO(one.stage);
  sync_world world{sqlite_world()};
  world.keep("crm");
  world.tasks.refuse({one.code, "not now"});
  const auto run = world.ask("crm", noon);
  world.step(noon);
  CHECK(to_string(get(world.records.find_run(run))->stage) == one.stage);
  world.tasks.allow();
  world.step(noon + 1s);
  world.step(noon + 2s);
  if (std::string{one.stage} == "WAITING")
    CHECK(to_string(get(world.records.find_run(run))->stage) == "READING");
}

TEST_CASE("a read that cannot begin waits with the reason") {
  auto world = any_sync_world();
  world.keep("crm", R"("schemaChanges":{"everySeconds":60})");
  world.ask("crm", noon);
  world.step(noon);
  world.tasks.refuse({ec::already_exists, "another read of sync crm runs"});
  for (int i = 1; i < 4; ++i)
    world.step(noon + i * 1h);
  CHECK(world.stages("crm") == strings{"WAITING"});
  CHECK_THAT(world.last("crm").error,
             ContainsSubstring("another read of sync crm runs"));
  const auto lines = world.log.text();
  const auto first = lines.find("cannot begin yet");
  CHECK(first != std::string::npos);
  CHECK(lines.find("cannot begin yet", first + 1) == std::string::npos);
  world.tasks.allow();
  world.step(noon + 4h);
  CHECK(world.stages("crm") == strings{"READING"});
  CHECK(world.last("crm").error.empty());
  // What it discovered before it waited is new enough.
  CHECK(world.tasks.discovers.size() == 1);
}

TEST_CASE("a paused sync begins no run by itself, only on request") {
  auto world = any_sync_world();
  world.keep("crm", every_hour, noon);
  CHECK(get(world.records.pause("crm", "by hand")));
  world.step(noon + 5h);
  CHECK(world.stages("crm").empty());
  world.ask("crm", noon + 5h);
  world.step(noon + 5h);
  world.step(noon + 5h);
  CHECK(world.stages("crm") == strings{"READING"});
  get(world.tasks.end(world.last("crm").id, task_status::failed, "busy"));
  world.step(noon + 5h);
  CHECK(get(world.records.active_runs()).empty());
  // A try that waits when the sync is paused is given up.
  world.keep("other");
  world.ask("other", noon);
  world.step(noon);
  world.step(noon);
  get(world.tasks.end(world.last("other").id, task_status::failed, "busy"));
  world.step(noon);
  CHECK(get(world.records.active_runs()).size() == 1);
  CHECK(get(world.records.pause("other", "by hand")));
  world.step(noon + 6h);
  CHECK(get(world.records.active_runs()).empty());
}

TEST_CASE("a sync that is deleted ends its run") {
  auto world = any_sync_world();
  world.keep("crm");
  world.ask("crm", noon);
  CHECK(get(world.records.erase("crm", "1")));
  world.step(noon);
  CHECK(get(world.records.active_runs()).empty());
  CHECK(world.tasks.discovers.empty());
}

TEST_CASE("a config that the connector changed is used by the next run") {
  auto world = any_sync_world();
  world.keep("crm");
  const auto run = world.ask("crm", noon);
  world.step(noon);
  world.step(noon);
  get(world.at.sidecar->put_config(
      {"p", "1", "crm", "", R"({"key":"rotated-rotated"})"}));
  get(world.tasks.end(run, task_status::success));
  world.step(noon + 1s);
  const auto row = get(world.records.find("crm"));
  CHECK(get(open_sync(*row, world.keys)).config.find("rotated-rotated")
        != std::string::npos);
  CHECK_FALSE(row->earlier_secrets.empty());
  // Nothing of it can be read in the database.
  CHECK(row->secrets.find("rotated") == std::string::npos);
  CHECK(get(world.inputs.changed_configs("crm")).empty());
  world.ask("crm", noon + 1h);
  world.step(noon + 1h);
  // A client changed nothing: what was discovered holds.
  CHECK(world.tasks.discovers.size() == 1);
  CHECK_THAT(world.tasks.reads.back().config,
             ContainsSubstring("rotated-rotated"));
}

TEST_CASE("a sync whose key is gone fails in words, and keeps its schedule") {
  auto world = any_sync_world();
  world.keep("crm", every_hour, noon);
  const auto due = *get(world.records.find("crm"))->next_run_at;
  world.keys = get(sealing_keys::parse(sealing_keys::make_key()));
  world.step(due);
  CHECK(world.stages("crm") == strings{"FAILED"});
  CHECK_THAT(world.last("crm").error,
             ContainsSubstring("SYNCCTL_ENCRYPTION_KEYS"));
  CHECK(get(world.records.find("crm"))->next_run_at == due + 1h);
}
