#include "runtime/task/task_request.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

namespace {

// The prefix is needed since a storage key may be the same as a task's id.
constexpr std::string_view key_mark = "key:";
constexpr std::string_view spec_mark = "spec:";

} // namespace

bool has_connector(const task_request& task) {
  return task.command != "check" || task.destination_config.empty()
         || !task.config.empty();
}

size_t document_bytes(const task_request& task) {
  return task.config.size() + task.catalog.size() + task.state.size()
         + task.destination_config.size();
}

task_request without_documents(task_request task) {
  for (auto* document :
       {&task.config, &task.catalog, &task.state, &task.destination_config})
    *document = std::string{};
  return task;
}

std::string log_task_id(const task_request& task) {
  if (!task.task_id.empty())
    return task.task_id;
  if (!task.storage_key.empty())
    return std::string{key_mark} + task.storage_key;
  return std::string{spec_mark} + task.package + ":" + task.version;
}

std::string inquiry_id(const task_request& task) {
  if (task.command == "check")
    return "check:" + task.storage_key;
  auto image = task.package + ":" + task.version;
  return task.command == "discover"
             ? "discover:" + image + ":" + task.storage_key
             : std::string{spec_mark} + image;
}

bool is_called(const task_request& inquiry, const std::string& id) {
  if (id.empty())
    return false;
  if (id == inquiry.task_id || id == inquiry_id(inquiry))
    return true;
  if (inquiry.command == "spec")
    return id == inquiry.package + ":" + inquiry.version;
  return id == inquiry.storage_key
         || id == std::string{key_mark} + inquiry.storage_key;
}

std::vector<std::string> inquiry_logs_of(const std::string& id) {
  return {std::string{key_mark} + id, std::string{spec_mark} + id, id};
}

bool is_inquiry_log(std::string_view id) {
  return id.starts_with(key_mark) || id.starts_with(spec_mark);
}

bool is_scheduled(const task_request& task) {
  auto parsed = nlohmann::json::parse(task.started_by, nullptr,
                                      /*allow_exceptions*/ false);
  if (!parsed.is_object())
    return false;
  auto trigger = parsed.find("trigger");
  return trigger != parsed.end() && *trigger == "scheduled";
}

} // namespace motorcade
