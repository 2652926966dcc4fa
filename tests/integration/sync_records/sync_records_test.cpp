#include "runtime/sync_records/sync_records.hpp"

#include "runtime/sync_records/sync_tables.hpp"
#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>

#include <latch>
#include <numeric>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

world_ptr any_world() {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  return make();
}

const wall_time noon =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 28} + 12h;

sync_records records_of(database_world& world) {
  auto place = make_sql_place(world.url());
  if (!place)
    throw std::runtime_error{place.error().what};
  return sync_records{place->session};
}

stored_sync sync_named(const std::string& id) {
  stored_sync out;
  out.id = id;
  out.open = R"({"source": {"package": "p"}})";
  out.secrets = "v1.sealed";
  out.version = "1";
  return out;
}

sync_run run_of(const std::string& sync, const std::string& id) {
  sync_run out;
  out.id = id;
  out.sync_id = sync;
  out.trigger = "manual";
  out.due_at = noon;
  return out;
}

std::vector<std::string> ids(const std::vector<stored_sync>& all) {
  std::vector<std::string> out;
  out.reserve(all.size());
  for (const auto& one : all)
    out.push_back(one.id);
  return out;
}

} // namespace

TEST_CASE("a sync that is stored is found as it was") {
  auto world = any_world();
  auto records = records_of(*world);
  auto sync = sync_named("crm");
  sync.earlier_secrets = "v1.earlier";
  sync.paused = "by hand";
  sync.next_run_at = noon + 123456us;
  CHECK(get(records.insert(sync)));
  CHECK_FALSE(get(records.insert(sync)));
  auto found = get(records.find("crm"));
  REQUIRE(found);
  CHECK(found->open == sync.open);
  CHECK(found->secrets == sync.secrets);
  CHECK(found->earlier_secrets == "v1.earlier");
  CHECK(found->version == "1");
  CHECK(found->paused == "by hand");
  CHECK(found->next_run_at == sync.next_run_at);
  CHECK(utc_now() - found->created_at < 1h);
  CHECK_FALSE(get(records.find("CRM")));
}

TEST_CASE("a sync is changed and deleted only in the given version") {
  auto world = any_world();
  auto records = records_of(*world);
  CHECK(get(records.insert(sync_named("crm"))));
  auto changed = sync_named("crm");
  changed.version = "2";
  changed.secrets = "v1.other";
  auto seen = sync_named("crm");
  seen.version = "0";
  CHECK_FALSE(get(records.replace(changed, seen)));
  seen.version = "1";
  CHECK(get(records.replace(changed, seen)));
  CHECK_FALSE(get(records.replace(changed, seen)));
  CHECK(get(records.find("crm"))->secrets == "v1.other");
  CHECK_FALSE(get(records.find("crm"))->next_run_at);
  CHECK(get(records.add_run(run_of("crm", "r1"))));
  CHECK_FALSE(get(records.erase("crm", "1")));
  CHECK(get(records.erase("crm", "2")));
  CHECK_FALSE(get(records.find("crm")));
  CHECK(get(records.runs("crm", 10)).empty());
  CHECK_FALSE(get(records.erase("crm", "2")));
}

TEST_CASE("a change leaves a pause and a time that were set meanwhile") {
  auto world = any_world();
  auto records = records_of(*world);
  auto sync = sync_named("crm");
  sync.next_run_at = noon;
  CHECK(get(records.insert(sync)));
  const auto seen = *get(records.find("crm"));
  CHECK(get(records.pause("crm", "10 runs failed")));
  CHECK(get(records.advance("crm", noon, noon + 1h)));
  auto changed = seen;
  changed.secrets = "v1.other";
  changed.version = "2";
  CHECK(get(records.replace(changed, seen)));
  auto found = *get(records.find("crm"));
  CHECK(found.secrets == "v1.other");
  CHECK(found.paused == "10 runs failed");
  CHECK(found.next_run_at == noon + 1h);
  // What a change is about is written.
  changed = found;
  changed.paused.clear();
  changed.next_run_at = noon + 2h;
  CHECK(get(records.replace(changed, found)));
  found = *get(records.find("crm"));
  CHECK(found.paused.empty());
  CHECK(found.next_run_at == noon + 2h);
}

TEST_CASE("a run that is active when its sync is deleted is noted as left") {
  auto world = any_world();
  auto sidecar = prepared(world->url());
  const auto place = get(make_sql_place(world->url()));
  sync_tables rows{place.session};
  CHECK(get(rows.records.insert(sync_named("done"))));
  CHECK(get(rows.records.insert(sync_named("crm"))));
  CHECK(get(rows.records.add_run(run_of("done", "r1"))));
  CHECK(get(rows.records.put_stage("r1", run_stage::success, "")));
  CHECK(get(rows.records.add_run(run_of("crm", "r2"))));
  for (const auto* id : {"done", "crm", "other"})
    get(sidecar->put_config({"p", "1", id, "", R"({"token":"t"})"}));
  CHECK(get(rows.records.erase("done", "1")));
  CHECK(get(rows.left.all(1h)).empty());
  CHECK(get(rows.records.erase("crm", "1")));
  auto left = get(rows.left.all(1h));
  REQUIRE(left.size() == 1);
  CHECK(left[0].run_id == "r2");
  CHECK(left[0].sync_id == "crm");
  CHECK_FALSE(left[0].old);
  CHECK(get(rows.left.all(0s))[0].old);
  get(rows.left.add("r2", "crm"));
  get(rows.left.forget("r2"));
  CHECK(get(rows.left.all(0s)).empty());
  // A config that its connector changed holds secrets in clear.
  CHECK(get(rows.inputs.changed_configs("done")).empty());
  CHECK(get(rows.inputs.changed_configs("crm")).empty());
  CHECK(get(rows.inputs.changed_configs("other")).size() == 1);
}

TEST_CASE("syncs are listed in byte order, page by page") {
  auto world = any_world();
  auto records = records_of(*world);
  for (const auto* id : {"b", "B", "a", "Ä", "a b"})
    CHECK(get(records.insert(sync_named(id))));
  CHECK(ids(get(records.list("", 3)))
        == std::vector<std::string>{"B", "a", "a b"});
  CHECK(ids(get(records.list("a b", 3))) == std::vector<std::string>{"b", "Ä"});
}

TEST_CASE("a sync is due if it is not paused and its time has come") {
  auto world = any_world();
  auto records = records_of(*world);
  auto add = [&](const std::string& id, std::optional<wall_time> next,
                 const std::string& paused = "") {
    auto sync = sync_named(id);
    sync.next_run_at = next;
    sync.paused = paused;
    CHECK(get(records.insert(sync)));
  };
  add("later", noon + 1us);
  add("now", noon);
  add("earlier", noon - 1h);
  add("paused", noon - 2h, "by hand");
  add("never", {});
  CHECK(ids(get(records.due(noon, 10)))
        == std::vector<std::string>{"earlier", "now"});
  CHECK(ids(get(records.due(noon, 1))) == std::vector<std::string>{"earlier"});
  // Only whoever saw that time moves it on.
  CHECK_FALSE(get(records.advance("now", noon - 1s, noon + 1h)));
  CHECK(get(records.advance("now", noon, noon + 1h)));
  CHECK_FALSE(get(records.advance("now", noon, noon + 2h)));
  CHECK(get(records.advance("earlier", noon - 1h, {})));
  CHECK(get(records.due(noon, 10)).empty());
}

TEST_CASE("a sync has one run at a time, and each run is added once") {
  auto world = any_world();
  auto records = records_of(*world);
  CHECK(get(records.add_run(run_of("crm", "r1"))));
  CHECK_FALSE(get(records.add_run(run_of("crm", "r1"))));
  CHECK_FALSE(get(records.add_run(run_of("crm", "r2"))));
  CHECK(get(records.add_run(run_of("other", "r3"))));
  CHECK(get(records.active_runs()).size() == 2);
  CHECK(get(records.put_stage("r1", run_stage::reading, "")));
  CHECK(get(records.put_stage("r1", run_stage::failed, "it broke")));
  // What is over stays as it is.
  CHECK_FALSE(get(records.put_stage("r1", run_stage::success, "")));
  CHECK_FALSE(get(records.add_run(run_of("crm", "r1"))));
  auto again = run_of("crm", "r2");
  again.attempt = 12;
  again.trigger = "retry";
  CHECK(get(records.add_run(again)));
  const auto runs = get(records.runs("crm", 10));
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].id == "r2");
  CHECK(runs[0].attempt == 12);
  CHECK(runs[0].due_at == noon);
  CHECK(runs[1].stage == run_stage::failed);
  CHECK(runs[1].error == "it broke");
  CHECK(get(records.find_run("r2"))->trigger == "retry");
  CHECK_FALSE(get(records.find_run("r9")));
}

TEST_CASE("only one of many controllers begins a run") {
  auto world = any_world();
  constexpr int count = 8;
  std::latch start{count};
  std::vector<int> added(count);
  {
    std::vector<std::jthread> threads;
    threads.reserve(count);
    for (int i = 0; i < count; ++i)
      threads.emplace_back([&, i] {
        auto records = records_of(*world);
        start.arrive_and_wait();
        added[i] = get(records.add_run(run_of("crm", "r" + std::to_string(i))))
                       ? 1
                       : 0;
      });
  }
  CHECK(std::accumulate(added.begin(), added.end(), 0) == 1);
}

TEST_CASE("a task makes no tables of syncs") {
  auto world = any_world();
  auto database = prepared(world->url());
  CHECK_THROWS(world->query("SELECT 1 FROM sync_definition"));
  auto records = records_of(*world);
  CHECK(get(records.list("", 10)).empty());
  CHECK(world->query("SELECT 1 FROM sync_definition").empty());
}

TEST_CASE("the secrets of a sync change only from the given ones") {
  auto world = any_world();
  auto records = records_of(*world);
  CHECK(get(records.insert(sync_named("crm"))));
  get(records.note_given("crm", "v1.sealed"));
  CHECK(get(records.find("crm"))->given_secrets == "v1.sealed");
  CHECK_FALSE(
      get(records.change_secrets("crm", "v1.other", "v1.new", "v1.sent")));
  CHECK(get(records.find("crm"))->version == "1");
  CHECK(get(records.change_secrets("crm", "v1.sealed", "v1.new", "v1.sent")));
  auto found = get(records.find("crm"));
  CHECK(found->secrets == "v1.new");
  CHECK(found->earlier_secrets == "v1.sealed");
  CHECK(found->given_secrets == "v1.sent");
  // A client that has seen the sync before must not undo the change unknowing.
  CHECK(found->version != "1");
}

TEST_CASE("a sync is paused once") {
  auto world = any_world();
  auto records = records_of(*world);
  CHECK(get(records.insert(sync_named("crm"))));
  CHECK(get(records.pause("crm", "it fails")));
  CHECK_FALSE(get(records.pause("crm", "by hand")));
  CHECK(get(records.find("crm"))->paused == "it fails");
}
