#pragma once

#include "controller/syncs/run_place.hpp"
#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"
#include "schema/sync/sync_definition.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns what a change of a sync means for its saved states, in words for
/// the person who made it, without secrets; empty: nothing, or there are none.
/// States belong to the place that they tell of: if the rows go elsewhere the
/// next run forgets them. Whether another config of the source means other rows
/// only the connector knows: they stay, unless the person has them forgotten.
/// @param places Empty: places are not known.
/// @param before The sync as it was; null: it is new, or was not readable.
/// @param spec The connector's, JSON, which tells what of a config is secret;
/// empty: not known.
result<std::vector<std::string>>
notes_on_states(sync_tables& rows, const place_finder& places,
                const std::string& id, const sync_definition* before,
                const sync_definition& now, std::string_view spec);

} // namespace motorcade
