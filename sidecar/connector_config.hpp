#pragma once

#include "config/settings.hpp"

#include <string>

namespace motorcade {

/// Looks for the config that the connector beside the sidecar was given:
/// `config.json` of CONFIG_DIR; if SIDECAR_INPUT is `files`, also
/// `connectionConfiguration.json` beside the connector's output, and
/// `connectionConfiguration` in `sidecarInput.json`.
/// @returns JSON; empty if there is none that can be read. Secret.
std::string find_connector_config(const sidecar_settings& settings);

} // namespace motorcade
