#pragma once

#include "controller/syncs/run_place.hpp"
#include "controller/syncs/sync_tasks.hpp"
#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"

namespace motorcade {

/// @returns a place as it is noted.
/// @param package The connector's name, without its version.
covered_place place_of(const run_place& place, const std::string& package);

/// Looks whether a run that is about to read goes where the saved states of its
/// sync tell of, with rows of the same connector. States tell what lies at one
/// place; at another one the rows of before would be missing, and no run would
/// bring them. To another connector they mean nothing.
///
/// Where it goes elsewhere the saved states are forgotten before the read
/// begins, so that a stream goes on only from a state that was saved for the
/// new place, whatever becomes of the run: of one that fails halfway the next
/// run reads the other streams from their start. The log of the run says so.
///
/// The place is noted before the read begins, for the run that the answer was
/// given to: if that run is asked about again, since it could not begin or
/// another process leads, the answer is the same one. A task that has begun by
/// then is left as it is. The place of a sync that has none noted is noted as
/// it is, and its states stay.
/// @param package The connector's name, without its version.
/// @returns whether the run must read every stream from its start.
result<bool> goes_elsewhere(sync_tables& rows, sync_tasks& tasks,
                            const sync_run& run, const std::string& package,
                            const run_place& place, wall_time now);

} // namespace motorcade
