#pragma once

#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"

namespace motorcade {

/// Takes next times of syncs back to what their schedules say now, if they are
/// later: a clock that was ahead has stored them. A further try that waits
/// keeps its own time. Doing it twice has no effect.
/// @returns database_unavailable if the database does not answer.
result<void> correct_next_times(sync_tables& rows, wall_time now);

} // namespace motorcade
