#pragma once

#include "runtime/process/task_keeper.hpp"
#include "schema/task/failure_reason.hpp"
#include "schema/task/pod_status.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// @returns that a task's program could not be started, and why.
failure_reason cannot_start(std::string_view container, std::string why);

/// @param error errno of the execve of a program that is there.
std::string why_not_executable(int error);

/// @returns how a program ended, in the words of Kubernetes.
/// @param report Of kind `ended`.
container_end to_end(const keeper_report& report, bool cpu_is_limited);

} // namespace motorcade
