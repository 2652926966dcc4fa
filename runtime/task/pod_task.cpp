#include "runtime/task/pod_task.hpp"

#include "config/values.hpp"

#include <array>

namespace motorcade {

namespace {

/// Annotations with texts: the names of the original, and our own for what it
/// does not keep.
struct text_annotation {
  const char* name;
  std::string task_request::*member;
};

constexpr std::array<text_annotation, 8> text_annotations = {{
    {"TaskID", &task_request::task_id},
    {"TaskType", &task_request::command},
    {"SyncID", &task_request::sync_id},
    {"Package", &task_request::package},
    {"PackageVersion", &task_request::version},
    {"StorageKey", &task_request::storage_key},
    {"StartedBy", &task_request::started_by},
    {"WorkspaceID", &task_request::workspace_id},
}};

constexpr const char* started_at = "StartedAt";
constexpr const char* then_run = "ThenRun";

bool is_command(const std::string& text) {
  return text == "spec" || text == "check" || text == "discover"
         || text == "read";
}

} // namespace

std::map<std::string, std::string> to_annotations(const task_request& task) {
  std::map<std::string, std::string> out;
  for (const auto& [name, member] : text_annotations)
    if (!(task.*member).empty())
      out[name] = task.*member;
  out[started_at] = to_iso8601_millis(task.started_at);
  if (task.then_run)
    out[then_run] = "true";
  return out;
}

result<task_request> read_pod_task(const pod_status& pod) {
  auto value_of = [&pod](const char* name) {
    auto found = pod.annotations.find(name);
    return found == pod.annotations.end() ? std::string{} : found->second;
  };
  task_request out;
  for (const auto& [name, member] : text_annotations)
    out.*member = value_of(name);
  if (!is_command(out.command))
    return failure{ec::invalid_argument,
                   "Pod " + pod.name
                       + " has our label, but no annotation TaskType of ours"};
  out.then_run = value_of(then_run) == "true";
  auto began = parse_rfc3339(value_of(started_at));
  if (!began)
    began = parse_rfc3339(pod.created_at);
  out.started_at = began.value_or(utc_now());
  return out;
}

} // namespace motorcade
