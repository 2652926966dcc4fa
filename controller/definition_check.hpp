#pragma once

#include "config/controller_settings.hpp"
#include "schema/base/result.hpp"
#include "schema/sync/sync_definition.hpp"

namespace motorcade {

/// Checks whether runs of a sync could be started: whether package and version
/// name an image, and whether the destination can be used. Calls the code by
/// which starts and sidecars would refuse them. A relative path of the
/// destination is checked where this syncctl would place it.
/// @returns invalid_argument, without a secret, that begins with the place:
/// `source.package …` or `destination cannot be used: …`.
result<void> check_definition(const sync_definition& sync,
                              const controller_settings& settings);

/// Checks as much of that as does not depend on the settings of a syncctl, for
/// commands that do not know them.
result<void> check_definition(const sync_definition& sync);

} // namespace motorcade
