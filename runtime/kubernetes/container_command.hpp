#pragma once

#include "runtime/task/task_request.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace motorcade {

/// @returns the script of the connector's shell. It runs the image's own
/// `$AIRBYTE_ENTRYPOINT` between the pipes, leaves the exit code where the
/// sidecar reads it, and passes SIGTERM on: as a container's first process a
/// shell does not hear it unless it asks for it, so that a silent connector
/// would outlive its Pod's deletion by the whole grace period.
std::string source_script(const task_request& task);

/// Makes everything in a container's `command`, `args` and `env` that
/// Kubernetes would expand stand for itself. It does not expand what comes by
/// `valueFrom`.
void keep_literal(nlohmann::json& container);

} // namespace motorcade
