#pragma once

#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"

namespace motorcade {

/// Handles each run that failed or was PARTIAL and was not handled yet: adds
/// another try, pauses the sync, or adds notifications, as the sync's retry
/// policy says. Runs of a paused sync have no such consequences. Handling a run
/// twice has no effect.
/// @param now The time from which the pause before another try is counted.
/// @returns the failure of the database, if any; the next call goes on.
result<void> follow_failures(sync_tables& rows, wall_time now);

} // namespace motorcade
