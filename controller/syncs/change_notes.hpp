#pragma once

#include "controller/syncs/run_place.hpp"
#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"
#include "schema/sync/sync_definition.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The part of a source's config that differs after a PUT of its sync.
enum class config_change : uint8_t {
  /// Nothing, or only secrets, which are replaced by others for the same
  /// account, as passwords are.
  none,
  open_members,
  /// The sync is new, or was not readable.
  of_unknown,
};

/// Compares the configs; takes longer the larger they are.
/// @param before The sync as it was; null: it is new, or was not readable.
/// @param spec The connector's, JSON, which tells what of a config is secret;
/// empty: not known.
config_change compare_configs(const sync_definition* before,
                              const sync_definition& now,
                              std::string_view spec);

/// @returns what a change of a sync means for its saved states, in words for
/// the person who made it, without secrets; empty: nothing, or there are none.
/// States belong to the place that they tell of: if the rows go elsewhere the
/// next run forgets them. Whether another config of the source means other rows
/// only the connector knows: they stay, unless the person has them forgotten.
/// @param places Empty: places are not known.
result<std::vector<std::string>> notes_on_states(sync_tables& rows,
                                                 const place_finder& places,
                                                 const std::string& id,
                                                 const sync_definition& now,
                                                 config_change change);

} // namespace motorcade
