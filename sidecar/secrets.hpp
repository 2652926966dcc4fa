#pragma once

#include "config/settings.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// @returns tokens, keys and passwords of the settings; some may be empty.
std::vector<std::string> secrets_of(const sidecar_settings& settings);

/// Registers the secrets of the settings, so that they are masked in every line
/// of log that is shown or stored.
void keep_secrets_of(const sidecar_settings& settings);

/// Registers the secrets of the connector's config, by the stored spec of this
/// package and version, and by the names of its keys.
/// @param config JSON; empty: not known.
/// @returns the spec, for a config that comes later; empty: not known.
std::string keep_secrets_of_config(const sidecar_settings& settings,
                                   const std::string& config);

} // namespace motorcade
