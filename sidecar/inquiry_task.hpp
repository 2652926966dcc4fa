#pragma once

#include "actors/sync/sidecar_actors.hpp"
#include "config/settings.hpp"

#include <functional>
#include <string>

namespace motorcade {

/// The documents of a spec, check or discover; secret.
struct inquiry_files {
  /// The connector's config; empty: not known.
  std::string config;
  /// Of a check that tries the destination; else empty.
  std::string destination_config;
};

/// Runs a spec, check or discover from its start to its end. Some threads may
/// still be ending afterwards, see `actor_machine`. Precondition: the settings'
/// command is one of those.
///
/// A check with a destinationConfig tries the destination first. If that
/// cannot be used its answer counts in place of the connector's; and if the
/// settings name no pipes there is no connector, and it is the only answer.
/// @param on_stop_signal As for `run_read_task`.
/// @returns the result, with the answer.
task_result run_inquiry_task(const sidecar_settings& settings,
                             const inquiry_files& files,
                             const std::function<void(int)>& on_stop_signal);

} // namespace motorcade
