#pragma once

#include "config/settings.hpp"
#include "runtime/database/database.hpp"
#include "runtime/destination/destination.hpp"
#include "schema/base/result.hpp"
#include "schema/state/state_chains.hpp"
#include "sidecar/read_plan.hpp"
#include "sidecar/read_task.hpp"

#include <string>
#include <string_view>
#include <vector>

// A sidecar that is killed between the commit of rows and the saving of their
// state leaves the state in the destination, beside the rows. The next run goes
// on from it, so that rows that were appended do not come twice.
namespace motorcade {

/// @returns one request for each stream that appends without a key.
std::vector<upload_request> appended_streams(const read_plan& plan);

/// @returns the states that the destination shall keep beside the rows of a
/// read; empty for a destination that keeps none.
/// @param given The state from which the connector starts; empty: none.
state_chains make_chains(std::string_view given, const read_plan& plan,
                         const destination& where);

/// Asks the destination for the states that a killed run left, saves them and
/// forgets them there. It is not asked for reads that append no rows. While
/// destination or database are away they are waited for. To be called under the
/// lock of the sync.
/// @param files Gets the state that the connector must start from, and a remark
/// for the log, if the run left one.
/// @param can_be_given Whether the connector can be given another state.
/// @returns whether `files.state` was replaced.
result<bool> recover_state(const sidecar_settings& settings,
                           connector_files& files, bool can_be_given,
                           const read_plan& plan, destination& where,
                           database& db);

/// As `recover_state`, for `sidecar run`, before the connector is started and
/// with a connection of its own. Faults of a catalog or a destinationConfig are
/// left for the read to report.
result<void> recover_state_of_run(const sidecar_settings& settings,
                                  connector_files& files);

} // namespace motorcade
