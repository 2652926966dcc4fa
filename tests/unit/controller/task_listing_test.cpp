#include "controller/api/task_listing.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <random>

using namespace motorcade;

namespace {

wall_time at(int seconds) {
  return wall_time{std::chrono::seconds{seconds}};
}

task_record record(const std::string& id, int time,
                   const std::string& command = "read") {
  task_record out;
  out.task_id = id;
  out.command = command;
  out.started_at = out.updated_at = at(time);
  out.status = task_status::success;
  return out;
}

task_request check(const std::string& key, int time) {
  task_request out;
  out.command = "check";
  out.package = "p";
  out.version = "1";
  out.storage_key = key;
  out.started_at = at(time);
  return out;
}

std::string ids(const std::vector<task_record>& rows) {
  std::string out;
  for (const auto& row : rows)
    out += (out.empty() ? "" : " ") + row.task_id;
  return out;
}

} // namespace

TEST_CASE("a running check is a task with its storage key") {
  auto what = check("k", 7);
  what.sync_id = "s";
  what.started_by = R"({"trigger":"manual"})";
  auto shown = to_running_record(what);
  CHECK(shown.task_id == "check:k");
  CHECK(shown.log_id == "key:k");
  CHECK(shown.command == "check");
  CHECK(shown.storage_key == "k");
  CHECK(shown.sync_id == "s");
  CHECK(shown.package == "p");
  CHECK(shown.version == "1");
  CHECK(shown.started_at == at(7));
  CHECK(shown.started_by == what.started_by);
  CHECK(shown.status == task_status::running);
}

TEST_CASE("an inquiry is found by each of its names") {
  auto k = check("k", 1);
  for (const auto* name : {"k", "key:k", "check:k"})
    CHECK(is_called(k, name));
  for (const auto* name : {"", "discover:k", "key:", "p:1", "spec:p:1"})
    CHECK_FALSE(is_called(k, name));
  auto discover = k;
  discover.command = "discover";
  discover.task_id = "t";
  for (const auto* name : {"k", "key:k", "discover:p:1:k", "t"})
    CHECK(is_called(discover, name));
  auto spec = k;
  spec.command = "spec";
  spec.storage_key.clear();
  for (const auto* name : {"p:1", "spec:p:1"})
    CHECK(is_called(spec, name));
  for (const auto* name : {"", "key:", "check:"})
    CHECK_FALSE(is_called(spec, name));
}

TEST_CASE("a page holds tasks and inquiries in one order") {
  task_filter filter;
  auto page = [&](std::vector<task_record> tasks,
                  std::vector<task_record> stored,
                  const std::vector<task_request>& running = {}) {
    return ids(
        merge_tasks(std::move(tasks), std::move(stored), running, filter));
  };
  CHECK(page({}, {}) == "");
  CHECK(page({record("t3", 3), record("t1", 1)}, {record("check:a", 2)},
             {check("b", 4)})
        == "check:b t3 check:a t1");
  // What runs hides what its table keeps.
  CHECK(page({}, {record("check:a", 2)}, {check("a", 3)}) == "check:a");
  filter.limit = 2;
  CHECK(page({record("t3", 3), record("t2", 2)}, {record("check:a", 1)})
        == "t3 t2");
  CHECK(page({record("t3", 3), record("t1", 1)}, {record("check:a", 2)})
        == "t3 check:a");
  // A page of tasks that ends at its bytes goes on later.
  auto large = record("t3", 3);
  large.description = std::string(page_bytes + 1, 'x');
  filter.limit = 9;
  CHECK(page({large}, {record("check:a", 1), record("check:b", 4)})
        == "check:b t3");
}

TEST_CASE("running inquiries are filtered like stored ones") {
  task_filter filter;
  auto what = check("k", 5);
  what.sync_id = "s";
  auto shown = [&] {
    return merge_tasks({}, {}, {what}, filter).size();
  };
  CHECK(shown() == 1);
  filter.sync_id = "s";
  CHECK(shown() == 1);
  filter.sync_id = "other";
  CHECK(shown() == 0);
  filter.sync_id.clear();
  filter.package = "p";
  CHECK(shown() == 1);
  filter.package = "q";
  CHECK(shown() == 0);
  filter.package.clear();
  filter.statuses = {task_status::running};
  CHECK(shown() == 1);
  filter.statuses = {task_status::success, task_status::failed};
  CHECK(shown() == 0);
  // An answer of an earlier check of that key is none of this one.
  CHECK(merge_tasks({}, {record("check:k", 1)}, {what}, filter).empty());
  filter.statuses.clear();
  filter.before = at(5);
  filter.before_task_id = "check:k";
  CHECK(shown() == 0);
  filter.before_task_id = "check:l";
  CHECK(shown() == 1);
}

TEST_CASE("pages that follow each other hold everything once") {
  auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  auto pick = [&](int most) {
    return std::uniform_int_distribution{0, most}(random);
  };
  for (int turn = 0; turn < 50; ++turn) {
    std::vector<task_record> tasks;
    std::vector<task_record> stored;
    std::vector<task_request> running;
    for (int i = 0; i < 40; ++i) {
      auto name = std::to_string(i);
      if (pick(1) == 0)
        tasks.push_back(record("t" + name, pick(20)));
      else
        stored.push_back(record("check:" + name, pick(20), "check"));
      if (pick(9) == 0)
        running.push_back(check(name, pick(20)));
    }
    auto newer = [](const auto& a, const auto& b) {
      return std::pair{a.started_at, a.task_id}
             > std::pair{b.started_at, b.task_id};
    };
    auto part = [&](std::vector<task_record> all, const task_filter& filter) {
      std::sort(all.begin(), all.end(), newer);
      std::erase_if(all, [&](const auto& row) {
        return filter.before
               && std::pair{row.started_at, row.task_id}
                      >= std::pair{*filter.before, filter.before_task_id};
      });
      if (all.size() > filter.limit)
        all.resize(filter.limit);
      return all;
    };
    task_filter filter;
    filter.limit = 1000;
    auto larger = [&] {
      auto out = filter;
      out.limit += running.size();
      return out;
    };
    auto whole = ids(merge_tasks(part(tasks, filter), part(stored, larger()),
                                 running, filter));
    std::vector<task_record> gathered;
    filter.limit = 1 + static_cast<size_t>(pick(7));
    for (;;) {
      auto next = merge_tasks(part(tasks, filter), part(stored, larger()),
                              running, filter);
      if (next.empty())
        break;
      filter.before = next.back().started_at;
      filter.before_task_id = next.back().task_id;
      gathered.insert(gathered.end(), next.begin(), next.end());
    }
    CHECK(ids(gathered) == whole);
  }
}
