#pragma once

#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Takes configs that the connector of a run has changed (CONTROL) into its
/// sync, sealed, and deletes the rows in which its sidecar stored them. A
/// member is taken if the connector changed it: one that a client has changed
/// since the run was given the config stays as the client wants it, and the
/// run's log says so. One that cannot be taken now, since the key is gone or a
/// client changes the sync at this moment, stays for the next call. A config of
/// a sync of which no run has begun is of an earlier sync of that id, and is
/// dropped.
/// @param run_id The run whose log tells what was taken.
result<void> take_changed_configs(sync_tables& rows, const sealing_keys& keys,
                                  const std::string& id,
                                  const std::string& run_id);

} // namespace motorcade
