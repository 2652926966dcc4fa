#pragma once

#include "schema/task/task_status.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// Changes to the row of a task that is ended by another program than its
/// sidecar: a controller, which knows nothing but the row. Both functions leave
/// a text alone if there is nothing to change, or if it is no JSON object, as
/// tables of other programs may hold.

/// Ends the streams in `source_task.description` that say RUNNING or PENDING:
/// they get the status of the task, and its error if they have none.
std::string end_streams(std::string_view description, task_status status,
                        std::string_view error);

/// Counts the rows in `source_task.metrics` that were under way as failed, so
/// that rows = committed + rejected + failed.
std::string end_counts(std::string_view metrics);

} // namespace motorcade
