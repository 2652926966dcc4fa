#pragma once

#include "config/settings.hpp"

namespace motorcade {

/// Sees to it that the secrets of the settings are masked wherever a line of
/// log is shown or stored.
void keep_secrets_of(const sidecar_settings& settings);

} // namespace motorcade
