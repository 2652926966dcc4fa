// Lists of tasks and of states in the controller's records, page by page and by
// filter, in both databases.

#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;

namespace {

struct listed_records : records_world {
  listed_records()
      : records_world{GENERATE(&postgres_world, &sqlite_world)()} {}
};

} // namespace

TEST_CASE("tasks are listed page by page, the newest first") {
  listed_records t;
  auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  std::vector<std::pair<wall_time, std::string>> expected;
  for (int i = 0; i < 40; ++i) {
    // Four times only; ids that a collation would order in another way.
    auto id = std::string(1, "aZ_b-"[random() % 5]) + std::to_string(i);
    auto row = some_task(id, static_cast<int>(random() % 4));
    expected.emplace_back(row.started_at, id);
    get(t.records->begin_task(row));
  }
  std::sort(expected.rbegin(), expected.rend());
  for (size_t limit : {size_t{1}, size_t{7}, size_t{40}, ~size_t{0}}) {
    task_filter filter;
    filter.limit = limit;
    std::vector<std::pair<wall_time, std::string>> seen;
    while (true) {
      auto page = get(t.records->list(filter));
      CHECK(page.size() <= limit);
      if (page.empty())
        break;
      for (const auto& record : page)
        seen.emplace_back(record.started_at, record.task_id);
      filter.before = page.back().started_at;
      filter.before_task_id = page.back().task_id;
    }
    CHECK(seen == expected);
  }
  task_filter none;
  none.limit = 0;
  CHECK(get(t.records->list(none)).empty());
  task_filter first_second;
  first_second.before = moment(1);
  for (const auto& record : get(t.records->list(first_second)))
    CHECK(record.started_at == moment(0));
}

TEST_CASE("a list holds the rows that the filter selects") {
  listed_records t;
  auto add = [&](const std::string& id, const std::string& sync_id,
                 const std::string& package, task_status status) {
    auto row = some_task(id);
    row.sync_id = sync_id;
    row.package = package;
    row.status = status;
    get(t.sidecar->put_task(row));
  };
  add("1", "s", "p", task_status::running);
  add("2", "s", "q", task_status::success);
  add("3", "r", "p", task_status::time_exceeded);
  add("4", "r", "p", task_status::running);
  add("5", hostile, "p", task_status::partial);
  auto ids = [&](const std::string& sync_id, const std::string& package,
                 const std::vector<task_status>& statuses = {},
                 const std::string& before_task_id = {}) {
    task_filter filter;
    filter.sync_id = sync_id;
    filter.package = package;
    filter.statuses = statuses;
    if (!before_task_id.empty())
      filter.before = moment(0);
    filter.before_task_id = before_task_id;
    std::string all;
    for (const auto& record : get(t.records->list(filter)))
      all += record.task_id;
    return all;
  };
  using enum task_status;
  CHECK(ids("", "") == "54321");
  CHECK(ids("s", "") == "21");
  CHECK(ids("", "p") == "5431");
  CHECK(ids("r", "p", {running}) == "4");
  CHECK(ids("", "", {success, time_exceeded}) == "32");
  CHECK(ids("", "", {cancelled}).empty());
  CHECK(ids(hostile, "") == "5");
  CHECK(ids("S", "").empty());
  CHECK(ids("", hostile).empty());
  CHECK(ids("", "", {}, hostile) == "54321");
  CHECK(ids("", "", {}, "4") == "321");
  task_filter timeless;
  timeless.before_task_id = "4";
  CHECK(get(t.records->list(timeless)).size() == 5);
}

TEST_CASE("a list leaves out large documents, a single task does not") {
  listed_records t;
  auto row = some_task("large");
  get(t.records->begin_task(row));
  row.description = R"({"a":")" + std::string(20'000, 'x') + "\"}";
  row.metrics = R"({"rows": 1})";
  get(t.sidecar->put_task(row));
  auto listed = get(t.records->list({}));
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].description.empty());
  CHECK(listed[0].metrics == row.metrics);
  CHECK(get(t.records->find("large"))->description.size()
        >= row.description.size());
}

TEST_CASE("states are listed by stream, page by page") {
  listed_records t;
  const std::string exact = R"({"id": 12345678901234567890123, "a": 1.50})";
  std::vector<state_row> rows = {{"a", R"({"n":1})"},
                                 {"Z", "{}"},
                                 {"_global", R"(["x"])"},
                                 {hostile, exact},
                                 {"long", '"' + std::string(64, 'x') + '"'}};
  get(t.sidecar->put_states("s", rows));
  get(t.sidecar->put_states("another", std::span{rows}.first(1)));
  std::vector<std::string> names;
  names.reserve(rows.size());
  for (const auto& row : rows)
    names.push_back(row.stream);
  std::sort(names.begin(), names.end());
  state_filter filter;
  filter.sync_id = "s";
  filter.longest = 64;
  for (size_t limit : {1, 2, 5, 100}) {
    filter.limit = limit;
    filter.after.clear();
    std::vector<std::string> seen;
    while (true) {
      auto page = get(t.records->states(filter));
      CHECK(page.size() <= limit);
      if (page.empty())
        break;
      for (const auto& one : page) {
        seen.push_back(one.stream);
        CHECK(one.omitted == (one.stream == "long"));
        CHECK(one.state.empty() == one.omitted);
        CHECK(one.time > moment(0));
        if (one.stream == hostile)
          CHECK(one.state.find("12345678901234567890123") != std::string::npos);
      }
      filter.after = page.back().stream;
    }
    CHECK(seen == names);
  }
  filter.sync_id = "nobody's";
  CHECK(get(t.records->states(filter)).empty());
}
