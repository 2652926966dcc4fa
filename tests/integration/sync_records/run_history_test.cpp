#include "runtime/sync_records/run_history.hpp"

#include "support/cpu_meter.hpp"
#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

const wall_time noon =
    std::chrono::sys_days{std::chrono::year{2026} / 11 / 28} + 12h;

/// A database with nothing of syncs in it, and both ways to its rows.
struct history_world {
  history_world()
      : world{GENERATE(&postgres_world, &sqlite_world)()},
        place{get(make_sql_place(world->url()))},
        records{place.session},
        history{place.session} {
    // Makes the tables.
    CHECK(get(records.active_runs()).empty());
    CHECK(get(history.counts()).all == 0);
  }

  void keep(const std::string& id, const std::string& package = "p",
            const std::string& labels = "{}", const std::string& paused = {}) {
    stored_sync sync;
    sync.id = id;
    sync.open = R"({"source":{"package":")" + package + R"("},"labels":)"
                + labels + "}";
    sync.secrets = "v1.sealed";
    sync.version = "1";
    sync.paused = paused;
    CHECK(get(records.insert(sync)));
  }

  void begin(const std::string& sync, const std::string& id,
             wall_time due = noon) {
    sync_run run;
    run.id = id;
    run.sync_id = sync;
    run.trigger = "manual";
    run.due_at = due;
    CHECK(get(records.add_run(run)));
  }

  void end(const std::string& id, run_stage stage,
           const std::string& error = {}) {
    CHECK(get(records.put_stage(id, run_stage::reading, "")));
    CHECK(get(
        records.put_stage(id, stage, error, follow_up::nothing, {{7}, {70}})));
  }

  std::vector<std::string> ids(const sync_filter& filter) {
    std::vector<std::string> out;
    for (const auto& one : get(history.syncs(filter)))
      out.push_back(one.id);
    return out;
  }

  world_ptr world;
  sql_place place;
  sync_records records;
  run_history history;
};

std::vector<std::string> ids(const std::vector<sync_run>& runs) {
  std::vector<std::string> out;
  out.reserve(runs.size());
  for (const auto& one : runs)
    out.push_back(one.id);
  return out;
}

using names = std::vector<std::string>;

sync_filter standing(sync_standing how) {
  sync_filter out;
  out.standing = how;
  return out;
}

} // namespace

TEST_CASE("a run tells when it began, when it ended and what it brought") {
  history_world at;
  at.keep("crm");
  at.begin("crm", "r1");
  auto run = get(at.history.runs({.sync_id = "crm"})).at(0);
  CHECK_FALSE(run.started_at);
  CHECK_FALSE(run.figures.rows);
  CHECK(get(at.records.put_stage("r1", run_stage::discovering, "")));
  const auto begun = get(at.history.runs({.sync_id = "crm"})).at(0).started_at;
  REQUIRE(begun);
  CHECK(utc_now() - *begun < 1h);
  CHECK(get(at.records.put_stage("r1", run_stage::reading, "")));
  CHECK(get(at.history.runs({.sync_id = "crm"})).at(0).started_at == begun);
  CHECK(get(at.records.put_stage("r1", run_stage::success, "",
                                 follow_up::nothing, {{7}, {70}})));
  run = get(at.history.runs({.sync_id = "crm"})).at(0);
  CHECK(run.started_at == begun);
  CHECK(run.figures.rows == 7);
  CHECK(run.figures.bytes == 70);
  const auto sync = *get(at.records.find("crm"));
  CHECK(sync.last_stage == run_stage::success);
  REQUIRE(sync.last_success_at);
  CHECK(*sync.last_success_at >= *begun);
  // A change by a person leaves that alone.
  auto changed = sync;
  changed.version = "2";
  CHECK(get(at.records.replace(changed, sync)));
  CHECK(get(at.records.find("crm"))->last_success_at == sync.last_success_at);
}

TEST_CASE("syncs are found by how they stand") {
  history_world at;
  for (const auto* id : {"fine", "failed", "again", "waits", "partly", "new"})
    at.keep(id);
  at.keep("rests", "p", "{}", "by hand");
  at.begin("fine", "f1");
  at.end("f1", run_stage::failed, "it broke");
  at.begin("fine", "f2");
  at.end("f2", run_stage::success);
  at.begin("failed", "x1");
  at.end("x1", run_stage::failed, "it broke");
  // Called off before it began: the sync fails still.
  at.begin("failed", "x2", utc_now() + 1h);
  CHECK(get(at.records.put_stage("x2", run_stage::cancelled, "called off")));
  at.begin("again", "a1");
  at.end("a1", run_stage::failed, "it broke");
  at.begin("again", "a2");
  at.begin("waits", "w1", utc_now() + 1h);
  at.begin("partly", "p1");
  at.end("p1", run_stage::partial, "some of it");
  CHECK(at.ids(standing(sync_standing::failing))
        == names{"again", "failed", "partly"});
  CHECK(at.ids(standing(sync_standing::running)) == names{"again"});
  CHECK(at.ids(standing(sync_standing::paused)) == names{"rests"});
  CHECK(at.ids({}).size() == 7);
  const auto counts = get(at.history.counts());
  CHECK(counts.all == 7);
  CHECK(counts.failing == 3);
  CHECK(counts.running == 1);
  CHECK(counts.paused == 1);
}

TEST_CASE("syncs are found by words and by labels") {
  history_world at;
  at.keep("CRM-nightly", "airbyte/source-hubspot", R"({"team":"Sales"})");
  at.keep("100%", "airbyte/source-faker",
          R"({"team":"data","it's":"a \"b\""})");
  at.keep("shop", "airbyte/source-faker");
  const auto of = [&](const std::string& words) {
    sync_filter filter;
    filter.words = words;
    return at.ids(filter);
  };
  CHECK(of("crm") == names{"CRM-nightly"});
  CHECK(of("FAKER") == names{"100%", "shop"});
  CHECK(of(" faker  data ") == names{"100%"});
  CHECK(of("sales") == names{"CRM-nightly"});
  // No pattern, no quote and no member's name counts.
  CHECK(of("%") == names{"100%"});
  CHECK(of("_").empty());
  CHECK(of("'") == names{"100%"});
  CHECK(of("package").empty());
  // Labels are looked through as they are, not as JSON.
  CHECK(of("{").empty());
  CHECK(of(":").empty());
  CHECK(of(",").empty());
  CHECK(of("\"b\"") == names{"100%"});
  CHECK(of("team") == names{"100%", "CRM-nightly"});
  const auto labelled = [&](const std::string& name, const std::string& value) {
    sync_filter filter;
    filter.label = name;
    filter.label_value = value;
    return at.ids(filter);
  };
  CHECK(labelled("team", "data") == names{"100%"});
  CHECK(labelled("team", "Data").empty());
  CHECK(labelled("it's", "a \"b\"") == names{"100%"});
  CHECK(labelled("nothing", "").empty());
}

TEST_CASE("runs come page by page, within a range of time") {
  history_world at;
  at.keep("crm");
  at.keep("other");
  at.begin("other", "o1");
  for (int i = 0; i < 7; ++i) {
    const auto id = "r" + std::to_string(i);
    at.begin("crm", id);
    at.end(id, run_stage::success);
  }
  const auto all = get(at.history.runs({.sync_id = "crm"}));
  CHECK(ids(all) == names{"r6", "r5", "r4", "r3", "r2", "r1", "r0"});
  names seen;
  run_filter filter{.sync_id = "crm", .limit = 3};
  for (;;) {
    const auto page = get(at.history.runs(filter));
    if (page.empty())
      break;
    for (const auto& run : page)
      seen.push_back(run.id);
    filter.before = page.back().created_at;
    filter.before_id = page.back().id;
  }
  CHECK(seen == ids(all));
  CHECK(ids(get(at.history.runs({.sync_id = "crm",
                                 .from = all[3].created_at,
                                 .to = all[1].created_at})))
        == names{"r4", "r3"});
}

TEST_CASE("of many syncs the newest runs come at once") {
  history_world at;
  at.keep("a");
  at.keep("b'");
  at.keep("c");
  for (int i = 0; i < 5; ++i)
    for (const std::string sync : {"a", "b'"}) {
      const auto id = sync + std::to_string(i);
      at.begin(sync, id);
      at.end(id, run_stage::failed, std::string(5000, 'x'));
    }
  const names wanted{"a", "b'", "c"};
  auto found = get(at.history.newest(wanted, 3));
  CHECK(found.size() == 2);
  CHECK(ids(found["a"]) == names{"a4", "a3", "a2"});
  CHECK(ids(found["b'"]) == names{"b'4", "b'3", "b'2"});
  CHECK(found["a"][0].error.size() == 2000);
  CHECK(get(at.history.newest({}, 3)).empty());
}

TEST_CASE("the run that tells how a sync stands has begun and ended") {
  history_world at;
  const names all{"ended", "waits", "called off", "cancelled", "none"};
  for (const auto& id : all)
    at.keep(id);
  for (const auto* id : {"ended", "waits", "called off", "cancelled"}) {
    at.begin(id, std::string{id} + " 1");
    at.end(std::string{id} + " 1", run_stage::failed, "it broke");
  }
  at.begin("ended", "ended 2");
  at.end("ended 2", run_stage::success);
  at.begin("waits", "waits 2");
  at.begin("called off", "called off 2");
  // It has not begun.
  CHECK(get(at.records.put_stage("called off 2", run_stage::cancelled, "")));
  at.begin("called off", "called off 3");
  at.begin("cancelled", "cancelled 2");
  at.end("cancelled 2", run_stage::cancelled);
  at.begin("cancelled", "cancelled 3");
  const auto found = get(at.history.last_ended(get(at.history.newest(all, 1))));
  CHECK(found.size() == 4);
  CHECK(found.at("ended").id == "ended 2");
  CHECK(found.at("waits").id == "waits 1");
  CHECK(found.at("waits").error == "it broke");
  CHECK(found.at("called off").id == "called off 1");
  CHECK(found.at("cancelled").id == "cancelled 2");
}

TEST_CASE("ten thousand syncs and a hundred thousand runs answer at once") {
  history_world at;
  const auto rows = [&](int count, const std::string& insert,
                        const std::string& select) {
    at.world->query(
        at.world->is_postgres()
            ? insert + " SELECT " + select + " FROM generate_series(1, "
                  + std::to_string(count) + ") AS one(n)"
            : "WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM "
              "one WHERE n < "
                  + std::to_string(count) + ") " + insert + " SELECT " + select
                  + " FROM one");
  };
  const auto time = [&](const std::string& seconds) {
    return at.world->is_postgres()
               ? "now() - (" + seconds + ") * interval '1 second'"
               : "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '-' || (" + seconds
                     + ") || ' seconds')";
  };
  const std::string open =
      R"(('{"source":{"package":"airbyte/source-x","version":"1"},"labels":{"team":"t' || n || '"}}'))";
  rows(10'000,
       "INSERT INTO sync_definition (sync_id, definition, secrets, version, "
       "last_status, created_at, updated_at)",
       "'s' || n, " + open + (at.world->is_postgres() ? "::jsonb" : "")
           + ", 'v1." + std::string(500, 's')
           + "', '1', CASE WHEN n % 50 = 0 THEN 'FAILED' ELSE 'SUCCESS' END, "
           + time("n") + ", " + time("n"));
  // Half of them are of one sync.
  rows(100'000,
       "INSERT INTO sync_run (run_id, sync_id, trigger, due_at, attempt, "
       "status, error, created_at, updated_at, rows, bytes)",
       "'r' || n, CASE WHEN n % 2 = 0 THEN 's1' ELSE 's' || (n % 10000 + 1) "
       "END, 'schedule', "
           + time("n")
           + ", '1', CASE WHEN n % 20 = 0 THEN 'FAILED' ELSE "
             "'SUCCESS' END, 'it broke', "
           + time("n") + ", " + time("n") + ", '7', '70'");
  at.world->query("ANALYZE");
  const auto limit = 100ms;
  const cpu_meter cpu{*at.world};
  names first;
  CHECK(cpu.least([&] {
    sync_filter filter;
    const auto syncs = get(at.history.syncs(filter));
    CHECK(syncs.size() == 100);
    first.clear();
    for (const auto& one : syncs)
      first.push_back(one.id);
  }) < limit);
  CHECK(std::count(first.begin(), first.end(), "s1") == 1);
  CHECK(cpu.least([&] {
    auto found = get(at.history.newest(first, 30));
    CHECK(found["s1"].size() == 30);
    CHECK(found["s1"][0].id == "r2");
  }) < limit);
  CHECK(cpu.least([&] {
    auto running = get(at.history.newest(first, 1));
    // As if a further try of each of them waited.
    for (auto& [id, runs] : running)
      runs.front().stage = run_stage::waiting;
    CHECK(get(at.history.last_ended(running)).at("s1").id == "r2");
  }) < limit);
  CHECK(cpu.least([&] { CHECK(get(at.history.counts()).failing == 200); })
        < limit);
  CHECK(cpu.least([&] {
    sync_filter filter;
    filter.words = "x t9999";
    CHECK(at.ids(filter) == names{"s9999"});
  }) < limit);
  CHECK(cpu.least([&] {
    CHECK(at.ids(standing(sync_standing::failing)).size() == 100);
  }) < limit);
  // In the midst of the runs of the sync with most of them.
  const auto page = get(at.history.runs({.sync_id = "s1", .limit = 1000}));
  run_filter further{.sync_id = "s1"};
  further.before = page.back().created_at - 10h;
  CHECK(cpu.least([&] { CHECK(get(at.history.runs(further)).size() == 100); })
        < limit);
  run_filter range{.sync_id = "s1"};
  range.from = page.back().created_at - 11h;
  range.to = page.back().created_at - 10h;
  CHECK(cpu.least([&] { CHECK(get(at.history.runs(range)).size() == 100); })
        < limit);
}
