#pragma once

#include "controller/syncs/schema_watch.hpp"
#include "runtime/sync_records/sync_tables.hpp"
#include "schema/sync/run_catalog.hpp"

#include <string>
#include <vector>

// Makes the catalog of a run, and the log lines on streams that it leaves out.
namespace motorcade {

/// @param discovered An AirbyteCatalog, JSON: what the source announces.
/// @returns the catalog of a run; invalid_argument or invalid_catalog, in words
/// for a person, if nothing can be read, or not as it was chosen.
result<run_catalog> catalog_of(const watched_schema& watched,
                               const std::string& discovered);

/// Tells in the log of a run what it reads otherwise than a person may expect.
/// Calling it twice has no effect.
/// @param gone The chosen streams that the source has no more.
result<void> note_reading(sync_tables& rows, const sync_run& run,
                          const std::vector<std::string>& gone,
                          const watched_schema& watched, wall_time now);

} // namespace motorcade
