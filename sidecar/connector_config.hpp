#pragma once

#include "config/settings.hpp"

#include <string>

namespace motorcade {

/// Looks for the config that the connector beside us was given: `config.json`
/// of CONFIG_DIR; where SIDECAR_INPUT is `files` also
/// `connectionConfiguration.json` beside the connector's output, and
/// `connectionConfiguration` in `sidecarInput.json`.
/// @returns JSON; empty where there is none that can be read. Secret.
std::string find_connector_config(const sidecar_settings& settings);

} // namespace motorcade
