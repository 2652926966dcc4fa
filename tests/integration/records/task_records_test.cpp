// The controller's records of tasks, in both databases.

#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <set>

using namespace motorcade;
using namespace motorcade::test;

namespace {

struct tasks : records_world {
  tasks() : records_world{GENERATE(&postgres_world, &sqlite_world)()} {}
};

using row_of = std::vector<std::string>;

const std::string every_column = "SELECT * FROM source_task";

constexpr std::array endings = {task_status::success, task_status::partial,
                                task_status::failed, task_status::cancelled,
                                task_status::time_exceeded};

} // namespace

TEST_CASE("records are made for a URL, without connecting") {
  for (const auto* url : {"mysql://h/d", "", "sqlite:relative"}) {
    auto made = make_task_records(url);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == ec::invalid_argument);
  }
  auto nowhere = get(make_task_records("postgres://u:secret@127.0.0.1:1/d"));
  auto ready = nowhere->prepare();
  REQUIRE_FALSE(ready);
  CHECK(ready.error().code == ec::database_unavailable);
  CHECK(ready.error().what.find("secret") == std::string::npos);
}

TEST_CASE("a task that begins has a row, once") {
  tasks t;
  auto row = some_task("a");
  auto before = utc_now() - std::chrono::minutes{1};
  CHECK(get(t.records->begin_task(row)));
  auto found = get(t.records->find("a"));
  REQUIRE(found);
  CHECK(found->sync_id == "sync");
  CHECK(found->task_id == "a");
  CHECK(found->package == "airbyte/source-x");
  CHECK(found->version == "1.2");
  CHECK(found->started_at == row.started_at);
  CHECK(found->updated_at > before);
  CHECK(found->updated_at < utc_now() + std::chrono::minutes{1});
  CHECK(found->started_by == row.started_by);
  CHECK(found->description == row.description);
  CHECK(found->metrics.empty());
  CHECK(found->error.empty());
  CHECK(found->status == task_status::running);
  auto stored = t.row(every_column);
  row.version = "2";
  row.status = task_status::failed;
  row.error = "no";
  CHECK_FALSE(get(t.records->begin_task(row)));
  CHECK(t.row(every_column) == stored);
  CHECK_FALSE(get(t.records->find("b")));
}

TEST_CASE("a sidecar goes on with the row that was begun") {
  tasks t;
  CHECK(get(t.records->begin_task(some_task("a"))));
  auto row = some_task("a");
  row.started_by.clear();
  row.status = task_status::partial;
  row.metrics = R"({"rows": 1})";
  row.error = "why";
  CHECK(get(t.sidecar->put_task(row)) == task_status::partial);
  auto found = get(t.records->find("a"));
  REQUIRE(found);
  CHECK(found->started_by == some_task("a").started_by);
  CHECK(found->metrics == row.metrics);
  CHECK(found->error == "why");
  CHECK_FALSE(get(t.records->begin_task(some_task("a"))));
}

TEST_CASE("a running task is ended, and the rest of its row stays") {
  tasks t;
  get(t.records->begin_task(some_task("a")));
  get(t.records->begin_task(some_task("b")));
  t.age("source_task", "updated_at", 600, "1 = 1");
  auto before = *get(t.records->find("a"));
  auto other = *get(t.records->find("b"));
  CHECK(get(t.records->end_task("a", task_status::failed, "it's \"bad\""))
        == task_status::failed);
  auto after = *get(t.records->find("a"));
  CHECK(after.status == task_status::failed);
  CHECK(after.error == "it's \"bad\"");
  CHECK(after.updated_at > before.updated_at + std::chrono::minutes{9});
  CHECK(after.started_at == before.started_at);
  CHECK(after.started_by == before.started_by);
  CHECK(after.description == before.description);
  CHECK(get(t.records->find("b"))->updated_at == other.updated_at);
  // An empty error is none.
  get(t.records->end_task("b", task_status::success, ""));
  CHECK(t.row("SELECT error FROM source_task WHERE task_id = 'b'")
        == row_of{"-"});
  auto unknown = t.records->end_task("c", task_status::failed, "x");
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().code == ec::not_found);
}

TEST_CASE("a task that has ended stays as it is") {
  tasks t;
  for (auto status : endings) {
    auto row = some_task("a");
    row.status = status;
    row.error = "the sidecar's word";
    t.world->query("DELETE FROM source_task");
    get(t.sidecar->put_task(row));
    auto stored = t.row(every_column);
    for (auto wanted : endings)
      CHECK(get(t.records->end_task("a", wanted, "other")) == status);
    get(t.records->touch_tasks(std::vector<std::string>{"a"}));
    CHECK(get(t.records->close_stale_tasks(std::chrono::seconds{0}, "stale"))
              .empty());
    CHECK(t.row(every_column) == stored);
  }
}

TEST_CASE("what Kubernetes said of a stop takes the place of the guess") {
  tasks t;
  const auto stopped = to_brief(stopped_failure(task_place::pod));

  const struct {
    task_status status;
    std::string error;
    std::string expected;
  } rows[] = {
      {task_status::failed, stopped,
       "the task was stopped from outside (SIGTERM): evicted, it's said "
       "(transient_error)"},
      {task_status::failed, "the connector failed", "the connector failed"},
      {task_status::partial, stopped, stopped},
      {task_status::running, stopped, stopped},
  };

  for (const auto& [status, error, expected] : rows) {
    auto row = some_task("a");
    row.status = status;
    row.error = error;
    t.world->query("DELETE FROM source_task");
    get(t.sidecar->put_task(row));
    get(t.records->explain_stop("a", "evicted, it's said"));
    CHECK(get(t.records->find("a"))->error == expected);
  }
  // There is no such task.
  get(t.records->explain_stop("b", "evicted"));
}

TEST_CASE("no sidecar overwrites a task that was cancelled") {
  tasks t;
  auto row = some_task("a");
  get(t.records->begin_task(row));
  CHECK(get(t.records->end_task("a", task_status::cancelled, "by a user"))
        == task_status::cancelled);
  row.status = task_status::success;
  CHECK(get(t.sidecar->put_task(row)) == task_status::cancelled);
  CHECK(get(t.records->end_task("a", task_status::success, ""))
        == task_status::cancelled);
  CHECK(get(t.records->find("a"))->error == "by a user");
}

TEST_CASE("touching moves the running tasks only") {
  tasks t;
  std::vector<std::string> wanted = {"unknown", hostile, "", "over", "a"};
  for (int i = 0; i < 500; ++i)
    wanted.push_back("task " + std::to_string(i));
  for (const auto* id : {"a", "b", "over", "task 499", hostile.c_str()})
    get(t.records->begin_task(some_task(id)));
  get(t.records->end_task("over", task_status::success, ""));
  t.age("source_task", "updated_at", 600, "1 = 1");
  get(t.records->touch_tasks({}));
  auto recent = utc_now() - std::chrono::minutes{5};
  auto touched = [&] {
    std::set<std::string> ids;
    for (const auto& record : get(t.records->list({})))
      if (record.updated_at > recent)
        ids.insert(record.task_id);
    return ids;
  };
  CHECK(touched().empty());
  get(t.records->touch_tasks(wanted));
  CHECK(touched() == std::set<std::string>{"a", "task 499", hostile});
}

TEST_CASE("tasks without updates are closed") {
  tasks t;
  for (const auto* id : {"fresh", "old", "older", "over"})
    get(t.records->begin_task(some_task(id)));
  get(t.records->end_task("over", task_status::success, ""));
  t.age("source_task", "updated_at", 3540, "task_id = 'fresh'");
  t.age("source_task", "updated_at", 3660, "task_id <> 'fresh'");
  auto closed =
      get(t.records->close_stale_tasks(std::chrono::hours{1}, "lost"));
  std::sort(closed.begin(), closed.end());
  CHECK(closed == std::vector<std::string>{"old", "older"});
  CHECK(t.statuses() == "fresh:RUNNING old:FAILED older:FAILED over:SUCCESS ");
  auto old = *get(t.records->find("old"));
  CHECK(old.error == "lost");
  CHECK(old.updated_at > utc_now() - std::chrono::minutes{5});
  CHECK(
      get(t.records->close_stale_tasks(std::chrono::hours{1}, "lost")).empty());
  // Its sidecar may be alive after all.
  auto row = some_task("old");
  row.status = task_status::success;
  CHECK(get(t.sidecar->put_task(row)) == task_status::success);
}

TEST_CASE("an interrupted start is resumed while its row says RUNNING") {
  tasks t;
  auto row = some_task("a");
  CHECK(get(t.records->begin_task(row)));
  CHECK_FALSE(get(t.records->begin_task(row)));
  row.resumes = true;
  CHECK(get(t.records->begin_task(row)));
  get(t.records->end_task("a", task_status::failed, "x"));
  CHECK_FALSE(get(t.records->begin_task(row)));
}

TEST_CASE("texts are stored whatever they hold, and never run") {
  tasks t;
  auto row = some_task(hostile);
  row.sync_id = row.package = row.version = hostile;
  row.started_by = hostile;
  REQUIRE(get(t.records->begin_task(row)));
  auto found = get(t.records->find(hostile));
  REQUIRE(found);
  CHECK(found->task_id == hostile);
  CHECK(found->version == hostile);
  CHECK(get(t.records->end_task(hostile, task_status::failed, hostile))
        == task_status::failed);
  CHECK(get(t.records->find(hostile))->error == hostile);
  // What no database holds is repaired, when it is looked up, too.
  const std::string bad{"nul \0 bad \xff", 11};
  const std::string repaired = "nul \xef\xbf\xbd bad \xef\xbf\xbd";
  row = some_task(bad);
  row.sync_id = row.package = row.version = bad;
  row.started_by = R"("\u0000 \ud800")";
  row.description = bad;
  REQUIRE(get(t.records->begin_task(row)));
  REQUIRE(get(t.records->find(bad)));
  CHECK(get(t.records->find(bad))->task_id == repaired);
  CHECK(get(t.records->find(repaired))->description == repaired);
  get(t.records->touch_tasks(std::vector<std::string>{bad}));
  task_filter filter;
  filter.sync_id = filter.package = bad;
  CHECK(get(t.records->list(filter)).size() == 1);
  // With either side as the writer.
  row.status = task_status::partial;
  CHECK(get(t.sidecar->put_task(row)) == task_status::partial);
  CHECK(get(t.records->end_task(bad, task_status::failed, bad))
        == task_status::partial);
  CHECK(get(t.records->list({})).size() == 2);
}

TEST_CASE("rows with an unknown status are refused or left out") {
  tasks t;
  for (const auto* id : {"a", "b"})
    get(t.records->begin_task(some_task(id)));
  t.world->query("UPDATE source_task SET status = 'SKIPPED' WHERE task_id = "
                 "'a'");
  CHECK(get(t.records->list({})).size() == 1);
  CHECK(get(t.records->find("b")));
  auto found = t.records->find("a");
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ec::database_rejected);
  auto ended = t.records->end_task("a", task_status::failed, "");
  REQUIRE_FALSE(ended);
  CHECK(ended.error().code == ec::database_rejected);
  CHECK(t.statuses() == "a:SKIPPED b:RUNNING ");
}

TEST_CASE("a ping fails if a table is gone") {
  tasks t;
  get(t.records->ping());
  get(t.records->begin_task(some_task("a")));
  get(t.records->ping());
  t.world->query("DROP TABLE source_task");
  CHECK_FALSE(t.records->ping());
}
