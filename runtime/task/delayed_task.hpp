#pragma once

#include "config/controller_settings.hpp"
#include "runtime/task/task_request.hpp"
#include "schema/base/result.hpp"

#include <map>
#include <string>
#include <string_view>

namespace motorcade {

/// A scheduled start: a requested task that starts later.
struct delayed_task {
  /// The name that the task's Pod will have.
  std::string name;
  wall_time start_at = {};
  /// Without its documents if they were not asked for, and then also without
  /// the parts that only the sidecar needs.
  task_request task;
};

/// The label of Secrets that keep such tasks.
inline constexpr std::string_view delayed_label = "motorcade/delayed-start";
inline constexpr std::string_view delayed_value = "true";

/// @returns the name of the Secret that keeps a task.
std::string delayed_secret_name(const std::string& name);

/// @returns the values of the Secret that keeps a task: its documents, and
/// under `request` everything else. Secret.
std::map<std::string, std::string> to_values(const task_request& task);

/// The inverse of `to_values`.
/// @returns invalid_argument if `values` were not made by `to_values`.
result<task_request>
from_values(const std::map<std::string, std::string>& values);

/// @returns the annotations that mark a waiting task: those of
/// `to_annotations`, and its time.
std::map<std::string, std::string> to_marks(const delayed_task& task);

/// The inverse of `to_marks`.
/// @returns invalid_argument if `marks` were not made by `to_marks`.
result<delayed_task>
from_marks(const std::string& name,
           const std::map<std::string, std::string>& marks);

/// @returns the Secret of a task, JSON. Secret.
std::string make_delayed_secret(const delayed_task& task,
                                const controller_settings& settings);

} // namespace motorcade
