#pragma once

#include "actors/sync/coordinator.hpp"
#include "actors/sync/pipe_reader.hpp"
#include "actors/sync/task_log.hpp"
#include "config/settings.hpp"
#include "runtime/destination/destination.hpp"
#include "runtime/metrics/metrics_exporter.hpp"
#include "schema/catalog/table_naming.hpp"

#include <string>
#include <vector>

// Parts that every command makes of its settings.
namespace motorcade {

/// @returns the address of the destination, and its time limits.
destination_settings to_destination(const sidecar_settings& settings);

/// @returns the rules by which streams become tables, for the destination of
/// the destinationConfig, or else of BULKER_URL.
naming_rules to_naming(const sidecar_settings& settings,
                       std::string_view destination_config);

/// @returns the receivers of metrics.
metrics_export_settings to_metrics_export(const sidecar_settings& settings);

/// @returns an empty board whose tags name the task.
metric_board_ptr make_metric_board(const sidecar_settings& settings);

/// @returns the places of a config that the connector changed.
config_keeping to_config_keeping(const sidecar_settings& settings);

/// @param task_id The task of the lines.
/// @param window_bytes The byte window: half of it may wait as lines.
/// @returns the settings of a task log that stores into the database.
task_log_settings to_task_log(const sidecar_settings& settings,
                              const std::string& task_id, store_actor store,
                              size_t window_bytes);

/// Sends a task log's lines to LOGS_CONNECTION_ID instead of the database.
/// @param where The destination that takes them, as a stream `task_log`.
/// @param budget What is kept of them so that they can be sent again.
void send_to_destination(task_log_settings& log,
                         const sidecar_settings& settings,
                         destination_ptr where, retry_budget_ptr budget);

/// @returns the common settings of the readers of both pipes, without parsers.
/// @param pool Gives the slabs their memory; `window` bounds their bytes.
/// @param parsers How many there will be.
pipe_reader_settings to_reading(const sidecar_settings& settings,
                                slab_pool_ptr pool, byte_window_ptr window,
                                size_t parsers);

/// Spawns the readers of both pipes.
/// @param reading What `to_reading` has made, with the parsers.
reading_actors spawn_readers(caf::actor_system& system,
                             const sidecar_settings& settings,
                             pipe_reader_settings reading,
                             const coordinator_actor& conductor);

} // namespace motorcade
