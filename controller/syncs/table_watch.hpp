#pragma once

#include "controller/syncs/run_place.hpp"
#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Notes the tables that a run is about to write to, so that no two syncs mix
/// or overwrite each other's rows unnoticed. They stay the sync's until it is
/// deleted, or runs with other ones. A sync that goes elsewhere by now, or that
/// is gone, gives its tables up as soon as another one wants them, unless its
/// run still reads.
///
/// A table that another sync was the last to write to holds other rows than
/// those that this sync's saved states tell of: the place that they tell of is
/// then noted as none (`goes_elsewhere`), so that the run begins anew.
/// @param place Of the run, with its tables.
/// @returns why the run must not begin, since another sync has a table of it,
/// with what to do; empty: all of them are noted.
result<std::string> claim_tables(sync_tables& rows, const sealing_keys& keys,
                                 const place_finder& places,
                                 const sync_run& run, const run_place& place);

} // namespace motorcade
