#include "runtime/task/pod_task.hpp"

#include <catch2/catch_all.hpp>

#include <tuple>

using namespace motorcade;

namespace {

task_request full() {
  task_request out;
  out.command = "read";
  out.package = "airbyte/source-faker";
  out.version = "6.2.0";
  out.sync_id = "sync-1";
  out.task_id = "task-1";
  out.storage_key = "key-1";
  out.started_at = *from_iso8601_micros("2026-01-31T23:59:59.123000Z");
  out.started_by = R"({"trigger":"scheduled"})";
  out.then_run = true;
  out.workspace_id = "workspace-1";
  return out;
}

auto told(const task_request& task) {
  return std::make_tuple(task.command, task.package, task.version,
                         task.connector_type, task.sync_id, task.task_id,
                         task.storage_key, task.started_at, task.started_by,
                         task.then_run, task.workspace_id);
}

pod_status pod_of(const task_request& task) {
  pod_status out;
  out.name = "p";
  out.annotations = to_annotations(task);
  return out;
}

} // namespace

TEST_CASE("a task comes back from its Pod's annotations") {
  for (const auto* command : {"spec", "check", "discover", "read"}) {
    auto task = full();
    task.command = command;
    auto read = read_pod_task(pod_of(task));
    REQUIRE(read);
    CHECK(told(*read) == told(task));
    CHECK(is_scheduled(*read));
  }
  // Little was given.
  task_request task;
  task.command = "spec";
  task.started_at = full().started_at;
  auto pod = pod_of(task);
  CHECK(pod.annotations.size() == 2);
  auto read = read_pod_task(pod);
  REQUIRE(read);
  CHECK(told(*read) == told(task));
}

TEST_CASE("documents never get into annotations") {
  auto task = full();
  task.config = task.catalog = task.state = task.destination_config = "hush";
  for (const auto& [name, value] : to_annotations(task))
    CHECK(value.find("hush") == std::string::npos);
}

TEST_CASE("annotations have the names of the original") {
  std::vector<std::string> names;
  for (const auto& [name, value] : to_annotations(full()))
    names.push_back(name);
  CHECK(names
        == std::vector<std::string>{
            "Package", "PackageVersion", "StartedAt", "StartedBy", "StorageKey",
            "SyncID", "TaskID", "TaskType", "ThenRun", "WorkspaceID"});
  CHECK(to_annotations(full())["StartedAt"] == "2026-01-31T23:59:59.123Z");
}

TEST_CASE("a Pod without a command is not adopted") {
  for (const auto* command : {"", "READ", "write", "read ", "reads"}) {
    auto task = full();
    task.command = command;
    auto read = read_pod_task(pod_of(task));
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ec::invalid_argument);
    CHECK_THAT(read.error().what, Catch::Matchers::StartsWith("Pod p "));
  }
  CHECK_FALSE(read_pod_task({}));
}

TEST_CASE(
    "a task's start is that of its Pod's annotation, or the Pod's creation") {
  const auto time = full().started_at;

  struct row {
    std::string started_at;
    std::string created_at;
    std::string began;
  };

  const auto rows = std::vector<row>{
      {"2026-01-31T23:59:59.123Z", "2026-02-01T00:00:00Z",
       "2026-01-31T23:59:59.123000Z"},
      {"2026-02-01T01:59:59.123+02:00", "", "2026-01-31T23:59:59.123000Z"},
      {"2026-01-31T23:59:59.123456789Z", "", "2026-01-31T23:59:59.123456Z"},
      {"yesterday", "2026-02-01T00:00:00Z", "2026-02-01T00:00:00.000000Z"},
      {"", "2026-02-01T00:00:00Z", "2026-02-01T00:00:00.000000Z"},
  };
  for (const auto& [started_at, created_at, began] : rows) {
    INFO(started_at);
    auto pod = pod_of(full());
    pod.annotations["StartedAt"] = started_at;
    pod.created_at = created_at;
    auto read = read_pod_task(pod);
    REQUIRE(read);
    CHECK(to_iso8601_micros(read->started_at) == began);
  }
  // Neither says anything: now.
  auto pod = pod_of(full());
  pod.annotations["StartedAt"] = "?";
  auto before = utc_now();
  auto read = read_pod_task(pod);
  REQUIRE(read);
  CHECK(read->started_at >= before);
  CHECK(read->started_at > time);
}

TEST_CASE("only the word `true` lets a sync run after a discover") {
  auto pod = pod_of(full());
  for (const auto* word : {"", "false", "True", "1"}) {
    pod.annotations["ThenRun"] = word;
    CHECK_FALSE(read_pod_task(pod)->then_run);
  }
}
