#pragma once

#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Makes a folder fit for a connector and a sidecar that run as different
/// users: named pipes `stdout` and `stderr` that all users may open, and room
/// for `exit-code`. Those of an earlier run are removed. Other programs must
/// not see the folder, as they do not see an emptyDir of a Pod.
/// @returns system_failed if that cannot be done, naming the step.
result<void> prepare_pipe_folder(const std::string& folder);

} // namespace motorcade
