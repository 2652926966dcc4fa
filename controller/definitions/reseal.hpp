#pragma once

#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace motorcade {

/// The number of syncs whose secrets were sealed anew, and the syncs whose
/// secrets could not be opened.
struct reseal_outcome {
  /// The number of syncs whose secrets the first key seals now, and of those
  /// whose secrets it had sealed already.
  size_t resealed = 0;
  size_t untouched = 0;
  /// A line for each sync whose secrets cannot be opened, which stay as they
  /// are.
  std::vector<std::string> troubles;
};

/// Seals the secrets of each sync by the first key, also those of the config as
/// it was before its connector changed it. Other processes may change syncs
/// meanwhile: what they wrote is sealed anew, never undone.
/// @returns database_unavailable if the database does not answer; syncs that
/// were sealed until then stay so.
result<reseal_outcome> reseal_syncs(sync_tables& rows,
                                    const sealing_keys& keys);

} // namespace motorcade
