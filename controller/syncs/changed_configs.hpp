#pragma once

#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/sync_records/sync_inputs.hpp"
#include "runtime/sync_records/sync_records.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Takes configs that the connector of a sync has changed (CONTROL) into the
/// sync, sealed, and deletes the rows in which its sidecar stored them. One
/// that cannot be taken now, since the key is gone or a client changes the sync
/// at this moment, stays for the next call.
result<void> take_changed_configs(sync_records& records, sync_inputs& inputs,
                                  const sealing_keys& keys,
                                  const std::string& id);

} // namespace motorcade
