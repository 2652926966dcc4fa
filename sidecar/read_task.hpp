#pragma once

#include "actors/sync/protocol.hpp"
#include "config/settings.hpp"
#include "runtime/sync_lock/sync_lock.hpp"
#include "schema/base/result.hpp"

#include <functional>
#include <string>

namespace motorcade {

/// The exit code of a run whose sync another one has: sysexits' EX_TEMPFAIL.
constexpr int sync_is_taken = 75;

/// What the connector was given, as text.
struct connector_files {
  /// Empty: not known. Secret.
  std::string config;
  std::string catalog;
  /// Empty: none.
  std::string state;
  /// Empty: BULKER_URL says where rows go. Secret.
  std::string destination_config;
};

/// Reads config.json, catalog.json and state.json in CONFIG_DIR, of which the
/// first and the last may be absent, and the destinationConfig.
/// @returns invalid_argument where a file that is there cannot be read.
result<connector_files> read_connector_files(const sidecar_settings& settings);

/// Runs a read task from its start to its end. Threads of it may still be on
/// their way out afterwards, and one for ever where the database never answers:
/// end the process without tearing anything down.
/// @param on_stop_signal called with SIGTERM or SIGINT when it comes, from
/// another thread, once the task is told; may be empty.
/// @param lock Of the sync, taken; null: it is taken here, and another run that
/// is about to end is waited for.
/// @returns how it ended; what is wrong with the settings or files is stored as
/// the task's failure, as far as the database can be reached, and gives exit
/// code 2.
task_result run_read_task(const sidecar_settings& settings,
                          const connector_files& files,
                          const std::function<void(int)>& on_stop_signal,
                          sync_lock_ptr lock = nullptr);

/// Ends a read task that cannot start: stores the reason as the task's failure,
/// and tries so again while the database is away and nobody tells us to stop.
/// The signals must be held.
task_result refuse_read_task(const sidecar_settings& settings,
                             const failure& reason);

} // namespace motorcade
