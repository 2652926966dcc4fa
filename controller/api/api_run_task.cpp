#include "controller/api/api_run_task.hpp"

#include "controller/api/api_sync_answers.hpp"
#include "runtime/task/task_request.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/task/failure_reason.hpp"

#include <nlohmann/json.hpp>

#include <string_view>
#include <utility>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

task_status status_of(run_stage stage) {
  switch (stage) {
  case run_stage::success:
    return task_status::success;
  case run_stage::partial:
    return task_status::partial;
  case run_stage::failed:
    return task_status::failed;
  case run_stage::cancelled:
    return task_status::cancelled;
  default:
    return task_status::running;
  }
}

bool is_of_discover(const sync_run& run) {
  return run.stage == run_stage::discovering
         || run.error.starts_with(discover_failed);
}

/// @returns whose fault it is that the run ended before it could read.
failure_origin origin_of(const sync_run& run) {
  if (is_of_discover(run))
    return failure_origin::source;
  // The error of a refused destination has the word; no column tells whose
  // fault a run is.
  return run.error.find("destination") != std::string::npos
             ? failure_origin::destination
             : failure_origin::platform;
}

/// @returns the metrics of a task that failed so; empty: the run has not.
std::string metrics_of(const sync_run& run) {
  const auto type = failure_type_of(run);
  if (!type)
    return {};
  failure_reason why;
  why.message = run.error;
  why.type = *type;
  why.origin = *type == failure_type::cancelled ? failure_origin::platform
                                                : origin_of(run);
  return R"({"failure":)" + to_json(why, false) + '}';
}

} // namespace

result<std::optional<sync_run>> run_of(sync_service* syncs,
                                       const task_record& task) {
  // Only a read has a sync's id and a row of its own.
  if (syncs == nullptr || task.command != "read")
    return std::optional<sync_run>{};
  auto found = syncs->find_run(task.task_id);
  if (found)
    return std::optional{std::move(*found)};
  if (found.error().code == ec::not_found)
    return std::optional<sync_run>{};
  return found.error();
}

result<std::optional<run_as_task>> find_run_as_task(sync_service* syncs,
                                                    const std::string& run_id) {
  if (syncs == nullptr)
    return std::optional<run_as_task>{};
  auto found = syncs->find_run(run_id);
  if (!found) {
    if (found.error().code == ec::not_found)
      return std::optional<run_as_task>{};
    return found.error();
  }
  run_as_task out;
  out.run = std::move(*found);
  const auto& run = out.run;
  auto& task = out.task;
  task.sync_id = run.sync_id;
  task.task_id = run.id;
  task.log_id = run.id;
  task.started_at = run.started_at.value_or(run.created_at);
  task.updated_at = run.updated_at;
  task.started_by =
      write_json(json{{"trigger", run.trigger}, {"attempt", run.attempt}});
  task.status = status_of(run.stage);
  task.error = run.error;
  task.metrics = metrics_of(run);
  const auto sync = syncs->find(run.sync_id);
  if (!sync) {
    if (sync.error().code != ec::not_found)
      return sync.error();
    return std::optional{std::move(out)};
  }
  const auto definition =
      nlohmann::json::parse(sync->definition, nullptr, false);
  const auto& source = member_at(definition, "source");
  task.package = text_at(source, "package");
  task.version = text_at(source, "version");
  if (is_of_discover(run) && !sync->catalog_key.empty()) {
    task_request discover;
    discover.command = "discover";
    discover.package = task.package;
    discover.version = task.version;
    discover.storage_key = sync->catalog_key;
    out.asked = inquiry_id(discover);
    task.log_id = log_task_id(discover);
  }
  return std::optional{std::move(out)};
}

} // namespace motorcade
