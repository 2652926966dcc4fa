#pragma once

#include "controller/syncs/run_place.hpp"
#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Claims for a sync the tables that its run is about to write to, so that no
/// two syncs mix or overwrite each other's rows. A sync keeps its claims until
/// it is deleted or claims other tables. The claims of a sync that was deleted,
/// or that goes to another place by now, end when another sync wants the
/// tables, unless a run of it still reads.
///
/// If another sync was the last to write to one of the tables, the rows in it
/// are not those that this sync's saved states belong to. Then notes that the
/// states belong to no place, so that `goes_elsewhere` has the run read every
/// stream from its start.
/// @param place Of the run, with its tables.
/// @returns why the run must not begin, with what to do: another sync has
/// claimed one of the tables. Empty: all of them are claimed.
result<std::string> claim_tables(sync_tables& rows, const sealing_keys& keys,
                                 const place_finder& places,
                                 const sync_run& run, const run_place& place);

} // namespace motorcade
