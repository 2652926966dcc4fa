#pragma once

#include "actors/sync/sidecar_actors.hpp"
#include "config/settings.hpp"

#include <string>

namespace motorcade {

/// Tries the destination of the settings as a read would use it, see
/// `try_destination`. Blocks, a minute or two at most if no server answers. A
/// signal that asks to stop, which must be blocked, breaks it off and stays
/// pending: the status is CANCELLED then.
/// @param destination_config Empty: BULKER_URL names the destination.
/// @returns the outcome; its document has the form of a connector's answer,
/// `{"status":"SUCCEEDED"}` or `{"status":"FAILED","message":…}`, with a
/// message that says what is wrong and what to do.
task_result check_destination(const sidecar_settings& settings,
                              const std::string& destination_config);

} // namespace motorcade
