#pragma once

#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"

namespace motorcade {

/// Does what follows from runs that failed or brought only a part: another try,
/// a pause, notifications. Nothing follows for a sync that is paused. What is
/// done twice has no effect.
result<void> follow_failures(sync_tables& rows, wall_time now);

} // namespace motorcade
