#pragma once

#include "controller/syncs/sync_tasks.hpp"
#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"

#include <map>
#include <string>

namespace motorcade {

/// Cancels the reads that go on although their syncs were deleted, and deletes
/// the configs that their connectors have changed, which hold secrets. Calling
/// it twice has no effect.
/// @returns the runs whose reads have not ended yet, by the id of their sync: a
/// new sync with that id must wait for them.
result<std::map<std::string, std::string>> end_left_reads(sync_tables& rows,
                                                          sync_tasks& tasks);

} // namespace motorcade
