#pragma once

#include "controller/syncs/run_place.hpp"
#include "controller/syncs/sync_tasks.hpp"
#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"

namespace motorcade {

/// @returns a place as it is noted.
/// @param package The connector's name, without its version.
covered_place place_of(const run_place& place, const std::string& package);

/// Finds out whether a run that is about to read brings rows to another place
/// than the one that the saved states of its sync belong to, or reads with
/// another connector. Saved states say which rows lie at one place. At another
/// place those rows would be missing, and no run would bring them; to another
/// connector the states mean nothing.
///
/// If so, forgets the saved states before the read begins, and says so in the
/// run's log. From then on streams go on only from states that were saved for
/// the new place. If the run fails halfway, the next one reads the streams
/// without such a state from their start.
///
/// Notes the new place with the run before the read begins. Called again for
/// that run, e.g. by another leader, it gives the same answer, and states that
/// the run's task has saved stay. If the sync has no place noted, notes this
/// one and keeps the states.
/// @param package The connector's name, without its version.
/// @returns whether the run must read every stream from its start.
result<bool> goes_elsewhere(sync_tables& rows, sync_tasks& tasks,
                            const sync_run& run, const std::string& package,
                            const run_place& place, wall_time now);

} // namespace motorcade
