#pragma once

#include "runtime/sync_records/sync_tables.hpp"
#include "schema/base/result.hpp"
#include "schema/sync/sync_definition.hpp"

#include <string>
#include <string_view>
#include <vector>

// Notifications of syncs: each function adds a message for each channel of the
// sync that wants the event. Calling it twice has no effect.
namespace motorcade {

/// Reports that a run failed, or brought only a part, and is not tried again.
/// @param open The open part of the sync's definition, as below.
result<void> announce_failure(sync_messages& messages, const sync_run& run,
                              const sync_definition& open, wall_time now);

/// Reports that a run succeeded, if a failure was reported since the last run
/// that did.
result<void> announce_recovery(sync_tables& rows, const sync_run& run,
                               const stored_sync& row, wall_time now);

/// Reports that a sync was paused.
/// @param cause The id of the run or change for which it was.
result<void> announce_pause(sync_messages& messages, const std::string& sync_id,
                            const std::string& cause, const std::string& reason,
                            const sync_definition& open, wall_time now);

/// Reports a change of the source's schema.
result<void> announce_change(sync_messages& messages, const change_row& change,
                             const sync_definition& open, wall_time now);

/// Gives up the messages that wait for webhooks which a change of the sync has
/// replaced: each message is for the address that the sync had then.
/// @param before The sync as it was; null: its secrets cannot be read, so that
/// all messages are given up.
result<void> drop_misdirected(sync_messages& messages, const std::string& id,
                              const sync_definition* before,
                              const sync_definition& after);

/// @returns whether the channel wants messages of that body's event.
bool wants(const notification_channel& channel, std::string_view body);

/// @returns the message of a test, JSON.
std::string make_test_message(const std::string& sync_id, wall_time now);

/// @returns the failed runs since the last one that succeeded before this one,
/// the newest first. One that another try followed is left out: it was not
/// reported.
/// @param runs Of one sync, the newest first.
std::vector<sync_run> failures_before(const std::vector<sync_run>& runs,
                                      const std::string& run_id);

} // namespace motorcade
