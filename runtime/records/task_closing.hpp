#pragma once

#include "runtime/database/sql_builder.hpp"
#include "schema/task/task_status.hpp"

#include <functional>
#include <string>
#include <vector>

namespace motorcade {

/// A further condition for a statement about a task, ` AND …`; empty: none.
using task_condition = std::function<std::string(sql_builder&)>;

/// Ends a task in `source_task`, together with its streams and counts, while it
/// says RUNNING (`end_streams`, `end_counts`).
///
/// Streams and counts are read, changed and written. If a sidecar writes in
/// between, they are read again; the last of some tries writes in any case, so
/// that a busy sidecar cannot keep its task from ending.
/// @returns one row with the status written, or none: the task was left alone.
result<std::vector<sql_row>>
close_task(sql_session& session, const std::string& task_id, task_status status,
           const std::string& error, const task_condition& also = {});

} // namespace motorcade
