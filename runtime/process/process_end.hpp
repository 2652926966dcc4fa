#pragma once

#include "runtime/process/task_keeper.hpp"
#include "schema/task/failure_reason.hpp"
#include "schema/task/pod_status.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// @returns the reason of a task whose program could not be started.
failure_reason cannot_start(std::string_view container, std::string why);

/// @param error The errno of execve for an existing program.
std::string why_not_executable(int error);

/// @returns the end of a program, in the words of Kubernetes.
/// @param report A report of kind `ended`.
container_end to_end(const keeper_report& report, bool cpu_is_limited);

} // namespace motorcade
