#pragma once

#include "config/environment.hpp"
#include "schema/base/result.hpp"

#include <chrono>

namespace motorcade {

/// Fills in settings that the environment does not have from the platform's
/// `sidecarInput.json`, if SIDECAR_INPUT is `files`. If COMMAND is not set, it
/// waits until the file is whole.
/// @returns the environment, which wins; invalid_argument if the file is
/// missing or malformed, cancelled if a stop signal comes meanwhile.
result<environment> with_sidecar_input(const environment& from,
                                       std::chrono::milliseconds patience);

} // namespace motorcade
