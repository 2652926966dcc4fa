#pragma once

#include "actors/sync/sidecar_actors.hpp"
#include "config/settings.hpp"
#include "runtime/sync_lock/sync_lock.hpp"
#include "schema/base/result.hpp"

#include <functional>
#include <string>
#include <vector>

namespace motorcade {

/// The exit code of a run that another run of its sync keeps out: EX_TEMPFAIL
/// of sysexits.h.
constexpr int sync_is_taken = 75;

/// The documents that the connector was given, as text.
struct connector_files {
  /// Empty: not known. Secret.
  std::string config;
  std::string catalog;
  /// Empty: none.
  std::string state;
  /// The state is newer than what a killed run may have left in the
  /// destination.
  bool state_is_recovered = false;
  /// For the task's log.
  std::vector<std::string> remarks = {};
  /// Empty: BULKER_URL names the destination. Secret.
  std::string destination_config;
};

/// Reads DESTINATION_CONFIG_FILE, or else destinationConfig.json in CONFIG_DIR
/// if there is one. A file whose name ends with `packed_suffix` is unpacked.
/// @returns invalid_argument if the file cannot be read.
result<std::string> read_destination_config(const sidecar_settings& settings);

/// Reads config.json, catalog.json and state.json in CONFIG_DIR, of which the
/// first and the last may be absent, and the destinationConfig.
/// @returns invalid_argument if an existing file cannot be read.
result<connector_files> read_connector_files(const sidecar_settings& settings);

/// Runs a read task from its start to its end. Some threads may still be ending
/// afterwards, and one never ends if the database never answers: so end the
/// process without further cleaning up.
/// @param on_stop_signal Called with SIGTERM or SIGINT when it comes, from
/// another thread, once the task was told to stop; may be empty.
/// @param lock The sync's lock, taken; null: it is taken here, and another run
/// that is about to end is waited for.
/// @returns the result. Faults of settings or files are stored as the task's
/// failure, as far as the database can be reached, and give exit code 2.
task_result run_read_task(const sidecar_settings& settings,
                          const connector_files& files,
                          const std::function<void(int)>& on_stop_signal,
                          sync_lock_ptr lock = nullptr);

/// Ends a read task that cannot start: stores the reason as the task's failure,
/// and repeats that while the database is away, until a stop signal comes. The
/// stop signals must be blocked.
task_result refuse_read_task(const sidecar_settings& settings,
                             const failure& reason);

} // namespace motorcade
