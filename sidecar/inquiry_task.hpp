#pragma once

#include "actors/sync/protocol.hpp"
#include "config/settings.hpp"

#include <functional>

namespace motorcade {

/// Runs a spec, check or discover from its start to its end; see
/// `actor_machine` for what may be left of it.
/// Precondition: the settings' command is one of those.
/// @param config What the connector was given; empty: not known. Secret.
/// @param on_stop_signal As for `run_read_task`.
/// @returns how it ended, with what the connector answered.
task_result run_inquiry_task(const sidecar_settings& settings,
                             const std::string& config,
                             const std::function<void(int)>& on_stop_signal);

} // namespace motorcade
