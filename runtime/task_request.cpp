#include "runtime/task_request.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

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
    return task.storage_key;
  return task.package + ":" + task.version;
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
