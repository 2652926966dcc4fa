#pragma once

#include "controller/syncs/sync_tasks.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/sync_records/sync_inputs.hpp"
#include "runtime/sync_records/sync_records.hpp"
#include "schema/base/result.hpp"
#include "schema/sync/sync_definition.hpp"

#include <optional>
#include <string>
#include <vector>

// The specs of the connectors of syncs: only they tell which members of a
// config are secret.
namespace motorcade {

/// A spec as far as it is known.
struct known_spec {
  /// JSON; empty: not known.
  std::string spec;
  /// Why it is not known and what makes it known, for a person; empty: it is.
  std::string missing;
};

/// @returns the spec of the sync's connector.
result<known_spec> know_spec(sync_inputs& inputs, const sync_definition& sync);

/// @returns the task that asks for the spec of the sync's connector.
task_request spec_task(const sync_definition& sync, wall_time now);

/// @returns the specs by which secrets of a sync's config may have been hidden
/// from a client that sends it back: that of the connector that is sent and
/// that of the stored one.
/// @param stored Nothing: the sync is new.
result<std::vector<std::string>>
specs_of(sync_inputs& inputs, const sync_definition& sent,
         const std::optional<stored_sync>& stored);

/// @returns the beginning of what a run says while it waits for the spec.
std::string spec_wait_of(const sync_definition& sync);

/// @returns whether a run says that it waits for the spec.
bool is_spec_wait(const sync_run& run, const sync_definition& sync);

/// Asks for the spec of a sync's connector unless it is known, so that its
/// sidecars and its readers know what is secret before the config is used. A
/// spec that failed less than an hour ago is not asked for again, and keeps no
/// run from going on.
/// @param since When the run was added: a failure after it is the run's own.
/// @returns whether the run may go on; false while the answer is awaited. One
/// that a cancel has ended counts as none, and so does an earlier failure that
/// may pass.
result<bool> expect_spec(sync_inputs& inputs, sync_tasks& tasks,
                         const sync_definition& sync, wall_time since,
                         wall_time now);

} // namespace motorcade
