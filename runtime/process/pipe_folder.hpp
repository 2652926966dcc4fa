#pragma once

#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Makes a folder fit for a connector and a sidecar that run as different
/// users: named pipes `stdout` and `stderr` for everybody, and room for
/// `exit-code`. What an earlier run left of these goes. The folder must not be
/// seen by others, as an emptyDir of a Pod is not.
/// @returns system_failed where that cannot be done, naming what.
result<void> prepare_pipe_folder(const std::string& folder);

} // namespace motorcade
