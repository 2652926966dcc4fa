#pragma once

#include "config/environment.hpp"
#include "config/metrics_settings.hpp"
#include "config/s3_settings.hpp"
#include "config/sidecar_limits.hpp"
#include "config/storage_settings.hpp"
#include "config/workload_settings.hpp"
#include "schema/base/result.hpp"
#include "schema/base/row_meta.hpp"
#include "schema/log/log_level.hpp"
#include "schema/task/task_place.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The command that the connector beside the sidecar was started with.
enum class sidecar_command : uint8_t {
  spec,
  discover,
  check,
  read,
};

/// @returns the spelling of COMMAND and of the connector's own command line.
std::string_view to_string(sidecar_command command);

/// The sidecar's settings. The comment of a member names its variable, unless
/// both have the same name. An empty text is one that was not set.
struct sidecar_settings : sidecar_limits {
  /// SIDECAR_INPUT is `files`: the connector's output is followed in a file of
  /// AIRBYTE_CONFIG_DIR, and there is no stderr.
  bool input_is_files = false;
  /// STDOUT_PIPE_FILE, STDERR_PIPE_FILE: the named pipes of the connector;
  /// `jobOutput.json` if the input is files.
  std::string stdout_pipe_file;
  std::string stderr_pipe_file;
  sidecar_command command = sidecar_command::read;
  /// STARTED_AT: when the task was triggered; not set: now.
  std::chrono::sys_time<std::chrono::microseconds> started_at = {};
  /// BULKER_URL, of any kind that `open_destination` takes; empty:
  /// the destinationConfig says where rows go. Set if logs_connection_id is.
  /// Secret, since it may hold a password.
  std::string bulker_url;
  /// BULKER_AUTH_TOKEN. Secret.
  std::string bulker_auth_token;
  /// DATABASE_URL: `postgres://…`, `postgresql://…` or `sqlite:///path`.
  /// Secret, since it may hold a password.
  std::string database_url;
  std::string package;
  std::string package_version;
  /// STORAGE_KEY, or `SOURCE_ID_CONFIG_HASH` of those two variables; set for
  /// check and discover.
  std::string storage_key;
  /// SYNC_ID; set for read.
  std::string sync_id;
  /// TASK_ID; set for read.
  std::string task_id;
  /// LOGS_CONNECTION_ID: where logs go instead of the database.
  std::string logs_connection_id;
  /// STARTED_BY, as it came; JSON if the controller wrote it.
  std::string started_by;
  /// NAMESPACE, with its placeholders.
  std::string target_namespace;
  /// TABLE_NAME_PREFIX, with its placeholders.
  std::string table_name_prefix;
  bool to_same_case = false;
  /// ADD_META: the columns that rows get besides their own.
  row_meta add_meta = row_meta::none;
  bool deduplicate = true;
  /// FULL_SYNC: the connector is given no state.
  bool full_sync = false;
  /// LOG_LEVEL: what the sidecar itself writes to stderr.
  log_level own_log_level = log_level::info;
  /// DB_LOG_LEVEL: what is kept in the task's log.
  log_level db_log_level = log_level::info;
  /// MASK_LOGS: secrets of the connector's config are masked in what it logs,
  /// too; in the sidecar's own lines they always are.
  bool mask_logs = true;
  /// TASK_TIMEOUT_HOURS: how long the task may run.
  std::chrono::milliseconds task_timeout = std::chrono::hours{48};
  /// STOP_GRACE_SECONDS: how long the end of a read may take once the sidecar
  /// was told to stop (SIGTERM).
  std::chrono::milliseconds stop_grace = std::chrono::seconds{30};
  /// TASK_RUNTIME: where the task runs, for messages.
  task_place place = task_place::unknown;
  /// SPOOL_DIR: where requests that outgrow RETRY_BUFFER_BYTES are kept; empty:
  /// nowhere.
  std::string spool_dir;
  /// STAGING_DIR: the folders in which the connector may put files down for
  /// the destination; absolute paths.
  std::vector<std::string> staging_dirs = {"/staging/files"};
  /// EXIT_CODE_FILE: where the connector's exit code will be written; empty: it
  /// is not known. `exitCode.txt` if the input is files.
  std::string exit_code_file;
  /// CONFIG_OUT_FILE: where a config that the connector changed is written,
  /// too; empty: nowhere.
  std::string config_out;
  /// STATE_OUT_FILE: where a state is put that the connector has to start from
  /// in place of the given one, before its pipes are opened; empty: the
  /// connector cannot be given another.
  std::string state_out;
  /// STOP_STATUS: a task that is told to stop (SIGTERM) has FAILED, since a
  /// cancel is written into its row first.
  bool stop_is_failure = false;
  /// The control plane, if there is one.
  workload_settings workload;
  /// Where else the result document goes.
  storage_settings storage;
  /// The login of the object storage where objects of `bulker_url` and
  /// `workload` go.
  s3_settings s3;
  metrics_settings metrics;
  /// DESTINATION_CONFIG_FILE: the destinationConfig; empty:
  /// `destinationConfig.json` in `config_dir`, if there is one.
  std::string destination_config_file;
  /// CONFIG_DIR: where the connector's config, catalog and state lie.
  std::string config_dir = "/config";

  friend bool operator==(const sidecar_settings&,
                         const sidecar_settings&) = default;
};

/// Reads and checks all settings. Variables that are empty count as not set;
/// those that are not known are ignored.
/// @returns invalid_argument with one line for every variable that is missing
/// or wrong: its name, what is wrong and what would be right, without secrets.
result<sidecar_settings> read_sidecar_settings(const environment& from);

} // namespace motorcade
