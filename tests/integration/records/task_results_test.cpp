// The logs and results that the controller keeps, in both databases.

#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <random>

using namespace motorcade;
using namespace motorcade::test;

namespace {

struct results : records_world {
  results() : records_world{GENERATE(&postgres_world, &sqlite_world)()} {}
};

using row_of = std::vector<std::string>;

constexpr auto checks = "SELECT package, version, status, description FROM "
                        "source_check";
constexpr auto catalogs = "SELECT catalog, status, description FROM "
                          "source_catalog";
constexpr auto specs = "SELECT specs, error FROM source_spec";

result_row check_of(const std::string& key, task_status status,
                    const std::string& description) {
  return {inquiry::check, "p", "1", key, status, {}, description};
}

result_row discover_of(const std::string& key) {
  return {inquiry::discover, "p", "1", key, task_status::failed, {}, "why"};
}

std::vector<std::string> ids_of(const std::vector<log_row>& rows) {
  std::vector<std::string> ids;
  ids.reserve(rows.size());
  for (const auto& row : rows)
    ids.push_back(row.id);
  return ids;
}

} // namespace

TEST_CASE("a task's log is read page by page, the oldest first") {
  results r;
  auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  std::vector<log_row> rows;
  rows.reserve(60);
  for (int i = 0; i < 60; ++i)
    rows.push_back({some_uuid(i), "INFO", "source", "line " + std::to_string(i),
                    moment(static_cast<int>(random() % 4))});
  // Before 1970, too.
  rows.front().time = wall_time{std::chrono::microseconds{-1}};
  std::shuffle(rows.begin(), rows.end(), random);
  get(r.records->put_logs("sync", "a", rows));
  get(r.records->put_logs("sync", "a", rows));
  get(r.sidecar->put_logs(
      "sync", "b",
      std::vector<log_row>{{some_uuid(99), "ERROR", "l", "other", moment(9)}}));
  std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) {
    return std::pair{a.time, a.id} < std::pair{b.time, b.id};
  });
  for (size_t limit : {size_t{1}, size_t{7}, size_t{60}, ~size_t{0}}) {
    std::vector<log_row> seen;
    log_position after;
    while (true) {
      auto page = get(r.records->logs("a", after, limit));
      CHECK(page.size() <= limit);
      if (page.empty())
        break;
      seen.insert(seen.end(), page.begin(), page.end());
      after = {page.back().time, page.back().id};
    }
    REQUIRE(ids_of(seen) == ids_of(rows));
    CHECK(seen[9].time == rows[9].time);
    CHECK(seen[9].message == rows[9].message);
    CHECK(seen[9].level == "INFO");
    CHECK(seen[9].logger == "source");
  }
  CHECK(get(r.records->logs("a", {}, 0)).empty());
  CHECK(get(r.records->logs("c", {}, 9)).empty());
  // A time without an id: what is of that time counts as unread.
  auto late = std::count_if(rows.begin(), rows.end(), [](const auto& row) {
    return row.time >= moment(2);
  });
  CHECK(get(r.records->logs("a", {moment(2), ""}, 99)).size()
        == static_cast<size_t>(late));
}

TEST_CASE("a log's texts are stored whatever they hold, and never run") {
  results r;
  const std::string hostile_line =
      "'; DROP TABLE task_log; -- {\"a\",b} \\ $1 zażółć";
  const std::string bad{"nul \0 bad \xff", 11};
  for (const auto& id : {hostile_line, bad}) {
    get(r.records->put_logs(
        id, id,
        std::vector<log_row>{{some_uuid(id == bad), id, id, id, moment(0)}}));
    auto found = get(r.records->logs(id, {}, 9));
    REQUIRE(found.size() == 1);
    CHECK(found[0].message
          == (id == bad ? "nul \xef\xbf\xbd bad \xef\xbf\xbd" : hostile_line));
    // Where somebody read up to may come from outside.
    CHECK(get(r.records->logs(id, {moment(0), id}, 9)).size() <= 1);
    CHECK(get(r.records->logs(id, {moment(1), id}, 9)).empty());
  }
}

TEST_CASE("a discover begins, and an earlier catalog stays") {
  results r;
  auto row = discover_of("k");
  get(r.records->begin_result(row));
  CHECK(r.row(catalogs) == row_of{"-", "RUNNING", "-"});
  row.status = task_status::success;
  row.document = R"({"streams": []})";
  row.description = "said";
  get(r.sidecar->put_result(row));
  r.age("source_catalog", "timestamp", 600, "1 = 1");
  auto old = r.row("SELECT timestamp FROM source_catalog");
  get(r.records->begin_result(discover_of("k")));
  CHECK(r.row(catalogs) == row_of{R"({"streams": []})", "RUNNING", "-"});
  CHECK(r.row("SELECT timestamp FROM source_catalog") > old);
  // Others have nothing to begin.
  get(r.records->begin_result(check_of("k", task_status::running, "")));
  get(r.records->begin_result(
      {inquiry::spec, "p", "1", {}, task_status::running, {}, {}}));
  CHECK(r.world->query(checks).empty());
  CHECK(r.world->query(specs).empty());
}

TEST_CASE(
    "a failed discover is stored unless its sidecar has stored an outcome") {
  results r;
  auto start = utc_now();
  SECTION("no row is there") {
    get(r.records->store_failure(discover_of("k"), start));
    CHECK(r.row(catalogs) == row_of{"-", "FAILED", "why"});
  }
  SECTION("it runs") {
    auto row = discover_of("k");
    row.status = task_status::success;
    row.document = R"({"streams": []})";
    get(r.sidecar->put_result(row));
    get(r.records->begin_result(row));
    get(r.records->begin_result(discover_of("other")));
    row.description = "why";
    get(r.records->store_failure(row, start));
    CHECK(r.world
              ->query(std::string{catalogs}
                      + " WHERE key = 'other' AND "
                        "status = 'RUNNING'")
              .size()
          == 1);
    CHECK(r.row(std::string{catalogs} + " WHERE key = 'k'")
          == row_of{R"({"streams": []})", "FAILED", "why"});
  }
  SECTION("it has an outcome") {
    auto row = discover_of("k");
    row.status = GENERATE(task_status::success, task_status::failed);
    row.description = "the sidecar's word";
    get(r.records->begin_result(row));
    get(r.sidecar->put_result(row));
    r.age("source_catalog", "timestamp", 600, "1 = 1");
    auto stored = r.row("SELECT * FROM source_catalog");
    get(r.records->store_failure(discover_of("k"), start));
    CHECK(r.row("SELECT * FROM source_catalog") == stored);
  }
}

TEST_CASE("a failed check is stored unless its sidecar has stored an outcome") {
  results r;
  auto failed = check_of("k", task_status::success, "why");
  failed.version = "2";
  failed.document = "{}";
  auto start = utc_now() - std::chrono::minutes{1};
  SECTION("no row is there") {
    get(r.records->store_failure(failed, start));
    CHECK(r.row(checks) == row_of{"p", "2", "FAILED", "why"});
    // The database's own time, which is after the start.
    failed.description = "again";
    get(r.records->store_failure(failed, start));
    CHECK(r.row(checks) == row_of{"p", "2", "FAILED", "why"});
  }
  SECTION("the row is of an earlier check") {
    get(r.sidecar->put_result(check_of("k", task_status::success, "")));
    get(r.sidecar->put_result(check_of("other", task_status::success, "")));
    r.age("source_check", "timestamp", 120, "1 = 1");
    get(r.records->store_failure(failed, start));
    CHECK(r.row(std::string{checks} + " WHERE key = 'k'")
          == row_of{"p", "2", "FAILED", "why"});
    CHECK(r.row(std::string{checks} + " WHERE key = 'other'")
          == row_of{"p", "1", "SUCCESS", "-"});
  }
  SECTION("the row is of this check") {
    get(r.sidecar->put_result(check_of("k", task_status::success, "")));
    auto exactly = GENERATE(false, true);
    if (exactly)
      r.world->query("UPDATE source_check SET timestamp = '"
                     + to_iso8601_micros(start) + "'");
    get(r.records->store_failure(failed, start));
    CHECK(r.row(checks) == row_of{"p", "1", "SUCCESS", "-"});
    get(r.records->store_failure(
        failed, start + std::chrono::microseconds{exactly ? 1 : 0}));
    CHECK(r.row(checks)[2] == (exactly ? "FAILED" : "SUCCESS"));
  }
}

TEST_CASE("a failed spec is stored only if there is no spec") {
  results r;
  result_row row{inquiry::spec, "p", "1", {}, task_status::failed, {}, "why"};
  get(r.records->store_failure(row, utc_now()));
  CHECK(r.row(specs) == row_of{"-", "why"});
  row.description = "why again";
  row.document = "{}";
  get(r.records->store_failure(row, utc_now()));
  CHECK(r.row(specs) == row_of{"-", "why again"});
  row.document = R"({"a": 1})";
  row.description.clear();
  get(r.sidecar->put_result(row));
  row.description = "later";
  get(r.records->store_failure(row, utc_now()));
  CHECK(r.row(specs) == row_of{R"({"a": 1})", "-"});
}

TEST_CASE("a spec's failure that its sidecar has stored stays as it is") {
  results r;
  result_row row{inquiry::spec,       "p", "1", {}, task_status::failed, {},
                 "the sidecar's word"};
  auto start = utc_now() - std::chrono::minutes{1};
  get(r.sidecar->put_result(row));
  row.description = "the sidecar failed (exit code 1)";
  CHECK_FALSE(get(r.records->store_failure(row, start)));
  CHECK(r.row(specs) == row_of{"-", "the sidecar's word"});
  // That of an earlier spec does not.
  r.age("source_spec", "timestamp", 120, "1 = 1");
  CHECK(get(r.records->store_failure(row, start)));
  CHECK(r.row(specs) == row_of{"-", row.description});
}

TEST_CASE("a result's texts are stored whatever they hold") {
  results r;
  const std::string bad{"'; DROP TABLE source_check; -- \0 \xff", 34};
  auto row = check_of(bad, task_status::failed, bad);
  get(r.records->store_failure(row, utc_now() + std::chrono::hours{1}));
  // The same key again is the same row.
  get(r.records->store_failure(row, utc_now() + std::chrono::hours{1}));
  CHECK(r.row("SELECT description FROM source_check")
        == row_of{"'; DROP TABLE source_check; -- \xef\xbf\xbd \xef\xbf\xbd"});
  row.command = inquiry::discover;
  get(r.records->begin_result(row));
  get(r.records->store_failure(row, utc_now()));
  CHECK(r.row("SELECT status FROM source_catalog") == row_of{"FAILED"});
}

TEST_CASE("discovers without an end are closed") {
  results t;
  for (const auto* key : {"fresh", "old", "over"})
    get(t.records->begin_result(discover_of(key)));
  auto over = discover_of("over");
  over.status = task_status::success;
  over.document = "{}";
  get(t.sidecar->put_result(over));
  t.age("source_catalog", "timestamp", 3540, "key = 'fresh'");
  t.age("source_catalog", "timestamp", 3660, "key <> 'fresh'");
  CHECK(get(t.records->close_stale_results(std::chrono::hours{1}, "lost"))
        == 1);
  CHECK(t.row("SELECT status, description FROM source_catalog "
              "WHERE key = 'old'")
        == row_of{"FAILED", "lost"});
  CHECK(t.row("SELECT count(*) FROM source_catalog WHERE status = 'RUNNING' "
              "AND key = 'fresh'")
        == row_of{"1"});
  CHECK(t.row("SELECT status FROM source_catalog WHERE key = 'over'")
        == row_of{"SUCCESS"});
  CHECK(get(t.records->close_stale_results(std::chrono::hours{1}, "lost"))
        == 0);
}
