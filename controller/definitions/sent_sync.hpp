#pragma once

#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/sync_records/sync_records.hpp"
#include "runtime/webhook/webhook_reach.hpp"
#include "schema/base/result.hpp"
#include "schema/sync/sync_definition.hpp"

#include <optional>
#include <span>
#include <string>

namespace motorcade {

/// Puts the stored secrets where a definition that a client sends says `***`,
/// and checks where its notifications go.
/// @param stored The sync as it is kept; nothing: it is new.
/// @param specs As of `restore_config`.
/// @returns invalid_argument with the place, e.g. `source.config.key is …`.
result<void> complete_sync(sync_definition& sent,
                           const std::optional<stored_sync>& stored,
                           std::span<const std::string> specs,
                           const sealing_keys& keys,
                           const webhook_reach& reach);

/// @returns the row of a definition, with a new version. A schedule that stays
/// keeps its next time, which may have come already; so does a pause.
/// @param before The sync as it is kept; nothing: it is new.
stored_sync make_row(const sync_definition& sync, const std::string& id,
                     const sealing_keys& keys,
                     const std::optional<stored_sync>& before, wall_time now);

} // namespace motorcade
