#pragma once

#include "runtime/task/task_request.hpp"
#include "schema/task/pod_status.hpp"

#include <map>
#include <string>

namespace motorcade {

/// @returns what a Pod's annotations tell of its task: all but the documents,
/// and what only the sidecar needs.
std::map<std::string, std::string> to_annotations(const task_request& task);

/// The inverse of `to_annotations`.
/// @returns invalid_argument where the Pod does not say which command it runs.
result<task_request> read_pod_task(const pod_status& pod);

} // namespace motorcade
