// Rows of tasks that begin at once, at one controller or at several.

#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <latch>
#include <map>
#include <random>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;

namespace {

struct beginnings : records_world {
  beginnings() : records_world{GENERATE(&postgres_world, &sqlite_world)()} {}
};

std::vector<const task_row*> pointers_to(const std::vector<task_row>& rows) {
  std::vector<const task_row*> out;
  out.reserve(rows.size());
  for (const auto& row : rows)
    out.push_back(&row);
  return out;
}

} // namespace

TEST_CASE("tasks that begin together are begun as each of them alone") {
  beginnings t;
  get(t.records->begin_task(some_task("there")));
  auto row_of_sync = [](const std::string& id, const std::string& sync) {
    auto row = some_task(id);
    row.sync_id = sync;
    row.started_at = utc_now();
    return row;
  };
  get(t.records->begin_task(row_of_sync("running", "busy")));
  auto resumed = some_task("resumed");
  get(t.records->begin_task(resumed));
  resumed.resumes = true;
  auto ended = row_of_sync("ended", "busy");
  ended.status = task_status::failed;
  const std::vector<task_row> rows = {row_of_sync("new", "s1"),
                                      row_of_sync("second", "busy"),
                                      some_task("there"),
                                      resumed,
                                      ended,
                                      row_of_sync("also new", "s2"),
                                      row_of_sync("third", "s1")};
  const auto begun = t.records->begin_tasks(pointers_to(rows));
  REQUIRE(begun.size() == rows.size());
  CHECK(get(begun[0]));
  REQUIRE_FALSE(begun[1]);
  CHECK(begun[1].error().code == ec::already_exists);
  CHECK(begun[1].error().what.find("running") != std::string::npos);
  CHECK_FALSE(get(begun[2]));
  CHECK(get(begun[3]));
  CHECK(get(begun[4]));
  CHECK(get(begun[5]));
  // The first one of its sync has begun in the same transaction.
  REQUIRE_FALSE(begun[6]);
  CHECK(begun[6].error().what.find("new") != std::string::npos);
  CHECK(t.records->begin_tasks({}).empty());
  CHECK(t.statuses()
        == "also new:RUNNING ended:FAILED new:RUNNING resumed:RUNNING "
           "running:RUNNING there:RUNNING ");
}

TEST_CASE("a row that the database refuses fails alone") {
  auto world = postgres_world();
  world->query("CREATE TABLE source_task (sync_id text, task_id varchar(10) "
               "primary key, package text, version text, started_at "
               "timestamptz, updated_at timestamptz, status varchar(20))");
  auto records = prepared_records(world->url());
  const std::vector<task_row> rows = {
      some_task("a"), some_task("longer than it may be"), some_task("b")};
  const auto begun = records->begin_tasks(pointers_to(rows));
  REQUIRE(begun.size() == 3);
  CHECK(get(begun[0]));
  REQUIRE_FALSE(begun[1]);
  CHECK(begun[1].error().code == ec::database_rejected);
  CHECK(get(begun[2]));
  CHECK(world->query("SELECT task_id FROM source_task ORDER BY 1")
        == std::vector<cells>{{"a"}, {"b"}});
}

TEST_CASE("of tasks that begin together at several controllers each begins "
          "once, and one of each sync") {
  beginnings t;
  constexpr auto controllers = 4;
  constexpr auto tasks_of_each = 24;
  constexpr auto rounds = 6;
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::vector<task_records_ptr> records;
  records.reserve(controllers);
  for (auto i = 0; i < controllers; ++i)
    records.push_back(prepared_records(t.world->url()));
  for (auto round = 0; round < rounds; ++round) {
    // Of the ids of a sync each controller asks for two, in an order of its
    // own; the first sync's ids are the same everywhere.
    std::vector<std::vector<task_row>> rows(controllers);
    std::vector<std::vector<result<bool>>> begun(controllers);
    for (auto i = 0; i < controllers; ++i) {
      for (auto n = 0; n < tasks_of_each; ++n) {
        auto sync = std::to_string(round) + "-" + std::to_string(n / 2);
        auto row = some_task(sync + "-" + std::to_string(n % 2)
                             + (n < 2 ? "" : "-" + std::to_string(i)));
        row.sync_id = sync;
        row.started_at = utc_now();
        rows[i].push_back(std::move(row));
      }
      std::mt19937 random{static_cast<unsigned>(seed + round * 10 + i)};
      std::shuffle(rows[i].begin(), rows[i].end(), random);
    }
    std::latch start{controllers};
    {
      std::vector<std::jthread> threads;
      threads.reserve(controllers);
      for (auto i = 0; i < controllers; ++i)
        threads.emplace_back([&, i] {
          const auto given = pointers_to(rows[i]);
          start.arrive_and_wait();
          begun[i] = records[i]->begin_tasks(given);
        });
    }
    std::map<std::string, std::string> winners;
    for (auto i = 0; i < controllers; ++i)
      for (auto n = 0; n < tasks_of_each; ++n) {
        const auto& row = rows[i][n];
        const auto& answer = begun[i][n];
        if (!answer) {
          CHECK(answer.error().code == ec::already_exists);
          continue;
        }
        // No other task of that sync has begun, nor this one elsewhere.
        if (*answer)
          CHECK(winners.emplace(row.sync_id, row.task_id).second);
      }
    CHECK(winners.size() == tasks_of_each / 2);
    for (const auto& [sync, id] : winners)
      CHECK(get(t.records->find(id))->sync_id == sync);
  }
  CHECK(
      t.row("SELECT count(*) FROM source_task")
      == std::vector<std::string>{std::to_string(rounds * tasks_of_each / 2)});
}
