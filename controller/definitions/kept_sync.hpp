#pragma once

#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/sync_records/sync_records.hpp"
#include "runtime/task/task_request.hpp"
#include "schema/sync/sync_definition.hpp"

#include <string>

namespace motorcade {

/// @returns the definition that a row keeps; invalid_argument, in words for the
/// operator, if it cannot be opened: the key is gone, or the row was changed by
/// hand.
result<sync_definition> open_sync(const stored_sync& row,
                                  const sealing_keys& keys);

/// @returns the part of the definition that is not sealed; invalid_argument if
/// the row was changed by hand.
result<sync_definition> open_part_of(const stored_sync& row);

/// @returns an id, in the form of a UUID, that is the same in every process for
/// the same text.
std::string stable_id(const std::string& text);

/// @returns the purpose that the secrets of that sync are sealed for.
std::string seal_purpose(const std::string& id);

/// @returns the secret part of a definition, sealed for the sync's row.
std::string seal_secrets(const sync_definition& sync, const std::string& id,
                         const sealing_keys& keys);

/// @returns the first time after `after` at which the schedule runs the sync;
/// nothing: it has no schedule.
std::optional<wall_time> next_run_of(const sync_definition& sync,
                                     const std::string& id, wall_time after);

/// Puts the config that its connector has changed into a definition. The sync
/// keeps the catalog of its last discover: a connector that changes a token at
/// each call would otherwise need a discover before each run.
void take_connector_config(sync_definition& sync, std::string config);

/// @returns the key under which a discover for this sync stores its answer. It
/// changes whenever a client changes the connector or the config, and tells
/// nothing of the config, since clients are shown it. By another first key it
/// is another one.
std::string discover_key_of(const sync_definition& sync, const std::string& id,
                            const sealing_keys& keys);

/// @returns whether `discover_key_of` gives, or has given, that key for the
/// sync: by any of the keys, or in an earlier version.
bool is_discover_key_of(std::string_view key, const sync_definition& sync,
                        const std::string& id, const sealing_keys& keys);

/// @returns the task that asks the source of a sync what it has.
task_request discover_task(const sync_definition& sync, const std::string& id,
                           const sealing_keys& keys, wall_time now);

} // namespace motorcade
