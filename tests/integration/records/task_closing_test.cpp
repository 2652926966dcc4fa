// The row of a task that its controller has ended, in both databases.

#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <atomic>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;

namespace {

struct tasks : records_world {
  tasks() : records_world{GENERATE(&postgres_world, &sqlite_world)()} {}
};

} // namespace

TEST_CASE("an ended task has no running stream, and its counts add up") {
  tasks t;
  auto row = some_task("a");
  row.description = R"({"x":{"events":5,"bytes":1,"status":"RUNNING"},)"
                    R"("y":{"events":0,"bytes":0,"status":"PENDING"},)"
                    R"("z":{"events":1,"bytes":1,"status":"SUCCESS"}})";
  row.metrics = R"({"rows":6,"committed_rows":3,"rejected_rows":1,)"
                R"("failed_rows":0})";
  get(t.sidecar->put_task(row));
  if (GENERATE(false, true)) {
    get(t.records->end_task("a", task_status::failed, "why"));
  } else {
    t.age("source_task", "updated_at", 3660, "1 = 1");
    get(t.records->close_stale_tasks(std::chrono::hours{1}, "why"));
  }
  auto ended = *get(t.records->find("a"));
  CHECK(ended.status == task_status::failed);
  auto streams = nlohmann::json::parse(ended.description);
  for (const auto* stream : {"x", "y"}) {
    CHECK(streams[stream]["status"] == "FAILED");
    CHECK(streams[stream]["error"] == "why");
  }
  CHECK(streams["x"]["events"] == 5);
  CHECK(streams["z"]["status"] == "SUCCESS");
  CHECK(nlohmann::json::parse(ended.metrics)["failed_rows"] == 2);
}

TEST_CASE("a sidecar that writes while its task is ended loses nothing") {
  tasks t;
  std::atomic<bool> over = false;
  auto url = t.world->url();
  auto row = some_task("a");
  row.description = R"({"x":{"events":0,"bytes":0,"status":"RUNNING"}})";
  get(t.sidecar->put_task(row));
  row.yields = true;
  std::thread writer{[&] {
    auto sidecar = prepared(url);
    for (int rows = 1; !over; ++rows) {
      auto text = std::to_string(rows);
      row.description =
          R"({"x":{"events":)" + text + R"(,"bytes":0,"status":"RUNNING"}})";
      row.metrics = R"({"rows":)" + text
                    + R"(,"committed_rows":0,"rejected_rows":0,)"
                      R"("failed_rows":0})";
      auto has = sidecar->put_task(row);
      if (has && *has != task_status::running)
        over = true;
    }
  }};
  auto status = t.records->end_task("a", task_status::cancelled, "by a user");
  writer.join();
  const auto stored = get(std::move(status));
  CHECK(stored == task_status::cancelled);
  auto ended = *get(t.records->find("a"));
  CHECK(ended.status == task_status::cancelled);
  auto streams = nlohmann::json::parse(ended.description);
  CHECK(streams["x"]["status"] == "CANCELLED");
  if (!ended.metrics.empty()) {
    auto metrics = nlohmann::json::parse(ended.metrics);
    CHECK(metrics["rows"] == metrics["failed_rows"]);
    CHECK(metrics["rows"] == streams["x"]["events"]);
  }
}
