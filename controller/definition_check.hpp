#pragma once

#include "config/controller_settings.hpp"
#include "schema/base/result.hpp"
#include "schema/sync/sync_definition.hpp"

namespace motorcade {

/// Checks what of a sync's definition any start would refuse, by the code that
/// starts and sidecars use: whether package and version name an image, and the
/// destination, with a relative path in its place.
/// @returns invalid_argument, without a secret, that begins with the place:
/// `source.package …` or `destination cannot be used: …`.
result<void> check_definition(const sync_definition& sync,
                              const controller_settings& settings);

/// The same, of what every syncctl refuses, whatever its settings: for a shell
/// that knows none.
result<void> check_definition(const sync_definition& sync);

} // namespace motorcade
