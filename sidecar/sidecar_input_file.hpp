#pragma once

#include "config/environment.hpp"
#include "schema/base/result.hpp"

#include <chrono>

namespace motorcade {

/// Fills in what the environment does not say of a task from the platform's
/// `sidecarInput.json`, where SIDECAR_INPUT is `files`. Where COMMAND is not
/// set, the file is waited for until it is whole.
/// @returns the environment, which wins; invalid_argument where the file is
/// missing or makes no sense, cancelled where we are told to stop meanwhile.
result<environment> with_sidecar_input(const environment& from,
                                       std::chrono::milliseconds patience);

} // namespace motorcade
