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

// What every command makes of its settings.
namespace motorcade {

/// @returns where Bulker or the folder is, and how patient we are with it.
destination_settings to_destination(const sidecar_settings& settings);

/// @returns how streams become tables where the destinationConfig leads, else
/// BULKER_URL.
naming_rules to_naming(const sidecar_settings& settings,
                       std::string_view destination_config);

/// @returns where metrics go.
metrics_export_settings to_metrics_export(const sidecar_settings& settings);

/// @returns an empty board whose tags name the task.
metric_board_ptr make_metric_board(const sidecar_settings& settings);

/// @returns where a config goes that the connector changed.
config_keeping to_config_keeping(const sidecar_settings& settings);

/// @param task_id Under which the lines are kept.
/// @param window_bytes The byte window: half of it may wait as lines.
/// @returns the settings of a task log that stores into the database.
task_log_settings to_task_log(const sidecar_settings& settings,
                              const std::string& task_id, store_actor store,
                              size_t window_bytes);

/// Sends a task log's lines to LOGS_CONNECTION_ID instead.
void send_to_destination(task_log_settings& log,
                         const sidecar_settings& settings,
                         destination_ptr where, retry_budget_ptr budget);

/// Spawns the readers of both pipes.
/// @param reading What they have in common, their parsers among it.
reading_actors spawn_readers(caf::actor_system& system,
                             const sidecar_settings& settings,
                             pipe_reader_settings reading,
                             const coordinator_actor& leader);

} // namespace motorcade
