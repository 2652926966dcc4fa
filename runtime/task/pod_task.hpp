#pragma once

#include "runtime/task/task_request.hpp"
#include "schema/task/pod_status.hpp"

#include <map>
#include <string>

namespace motorcade {

/// @returns the annotations that describe a task at its Pod: all but the
/// documents and the parts that only the sidecar needs.
std::map<std::string, std::string> to_annotations(const task_request& task);

/// The inverse of `to_annotations`.
/// @returns invalid_argument if the annotations do not name a command.
result<task_request> read_pod_task(const pod_status& pod);

} // namespace motorcade
