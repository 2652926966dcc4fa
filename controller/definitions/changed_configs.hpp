#pragma once

#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Moves the configs that connectors of a sync have changed (CONTROL) from the
/// rows in which sidecars stored them into the sync, sealed.
///
/// Only members that the connector changed are taken. A member that a client
/// has changed since the run was given its config keeps the client's value, and
/// the run's log says so. A config that cannot be taken now (the key is gone, a
/// client changes the sync) is left for the next call. If no run of the sync
/// has begun, the config is of an earlier sync with the same id, and is
/// deleted.
/// @param run_id The run whose log names what was taken.
result<void> take_changed_configs(sync_tables& rows, const sealing_keys& keys,
                                  const std::string& id,
                                  const std::string& run_id);

} // namespace motorcade
