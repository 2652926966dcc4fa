#include "runtime/task_request.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

bool is_scheduled(const task_request& task) {
  auto parsed = nlohmann::json::parse(task.started_by, nullptr,
                                      /*allow_exceptions*/ false);
  if (!parsed.is_object())
    return false;
  auto trigger = parsed.find("trigger");
  return trigger != parsed.end() && *trigger == "scheduled";
}

} // namespace motorcade
