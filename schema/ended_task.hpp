#pragma once

#include "schema/task_status.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// What the row of a task says once somebody else than its sidecar ends the
/// task: a controller, which has nothing but the row. Both functions leave a
/// text as it is in which nothing is to be changed, or which is no JSON object,
/// as tables of other programs may hold.

/// Ends the streams in `source_task.description` that say RUNNING or PENDING:
/// they get the status of the task, and its error where they have none.
std::string end_streams(std::string_view description, task_status status,
                        std::string_view error);

/// Counts the rows in `source_task.metrics` that were under way as failed, so
/// that rows = committed + rejected + failed.
std::string end_counts(std::string_view metrics);

} // namespace motorcade
