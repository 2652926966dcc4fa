#pragma once

#include "actors/sync/protocol.hpp"
#include "config/settings.hpp"

#include <functional>

namespace motorcade {

/// Runs a spec, check or discover from its start to its end. Some threads may
/// still be ending afterwards, see `actor_machine`. Precondition: the settings'
/// command is one of those.
/// @param config The connector's config; empty: not known. Secret.
/// @param on_stop_signal As for `run_read_task`.
/// @returns the result, with the connector's answer.
task_result run_inquiry_task(const sidecar_settings& settings,
                             const std::string& config,
                             const std::function<void(int)>& on_stop_signal);

} // namespace motorcade
