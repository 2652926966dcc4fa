#include "runtime/task/task_layout.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ratio>

namespace motorcade {

namespace {

std::string flag(bool on) {
  return on ? "true" : "false";
}

std::string in_hours(std::chrono::milliseconds time) {
  std::chrono::duration<double, std::ratio<3600>> hours = time;
  return nlohmann::json(hours.count()).dump();
}

/// @returns the time in seconds, at least one, which is the least that a
/// sidecar takes.
std::string in_seconds(std::chrono::milliseconds time) {
  auto whole = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  return std::to_string(std::max<int64_t>(whole, 1));
}

} // namespace

std::string state_file_of(const task_places& places) {
  // The folder of a Secret is mounted read-only.
  return (places.place == task_place::local ? places.config : places.pipes)
         + "/state.json";
}

std::vector<sidecar_variable>
sidecar_environment(const task_request& task,
                    const controller_settings& settings,
                    const task_places& places) {
  // With `debug` the connector's DEBUG lines are kept.
  auto kept_level = task.debug
                        ? std::min(settings.db_log_level, log_level::debug)
                        : settings.db_log_level;
  std::vector<sidecar_variable> out = {
      {"COMMAND", task.command},
      {"PACKAGE", task.package},
      {"PACKAGE_VERSION", task.version},
      {"STARTED_AT", to_iso8601_millis(task.started_at)},
      {"LOG_LEVEL", std::string{to_string(settings.own_log_level)}},
      {"DB_LOG_LEVEL", std::string{to_string(kept_level)}},
      {"MASK_LOGS", flag(settings.mask_logs)},
      {"TASK_TIMEOUT_HOURS", in_hours(settings.task_timeout)},
      // syncctl writes a cancel into the task's row before it stops the
      // sidecar, so that any other stop is a failure.
      {"STOP_STATUS", "FAILED"},
      {"STOP_GRACE_SECONDS",
       in_seconds(settings.container_grace_shutdown * 5 / 6)},
      {"TASK_RUNTIME",
       places.place == task_place::local ? "process" : "kubernetes"},
      {"DATABASE_URL", settings.sidecar_database_url, true},
  };
  auto add = [&out](const char* name, const std::string& value,
                    bool secret = false) {
    if (!value.empty())
      out.push_back({name, value, secret});
  };
  if (has_connector(task)) {
    add("STDOUT_PIPE_FILE", places.pipes + "/stdout");
    add("STDERR_PIPE_FILE", places.pipes + "/stderr");
    add("EXIT_CODE_FILE", places.exit_code);
  }
  for (const auto& [name, value] : to_variables(settings.limits))
    out.push_back({name, value});
  if (places.config != task_places{}.config)
    add("CONFIG_DIR", places.config);
  add("SYNC_ID", task.sync_id);
  add("TASK_ID", log_task_id(task));
  add("STORAGE_KEY", task.storage_key);
  add("STARTED_BY", task.started_by);
  add("BULKER_URL", settings.bulker_url);
  if (!task.destination_config.empty())
    add("DESTINATION_CONFIG_FILE",
        places.destination + "/destinationConfig.json");
  add("LOGS_CONNECTION_ID", settings.bulker_logs_connection_id);
  add("BULKER_AUTH_TOKEN", settings.bulker_auth_token, true);
  add("NAMESPACE", task.target_namespace);
  if (task.command == "read") {
    add("TABLE_NAME_PREFIX", task.table_name_prefix);
    add("TO_SAME_CASE", flag(task.to_same_case));
    add("ADD_META", std::string{to_string(task.add_meta)});
    add("DEDUPLICATE", flag(task.deduplicate));
    add("FULL_SYNC", flag(task.full_sync));
    if (has_connector(task))
      add("STATE_OUT_FILE", state_file_of(places));
  }
  return out;
}

std::vector<task_document> task_documents(const task_request& task) {
  if (task.command == "spec" || !has_connector(task))
    return {};
  std::vector<task_document> out = {
      {"config", task.config.empty() ? "{}" : task.config}};
  if (task.command == "read") {
    out.push_back({"catalog", task.catalog});
    // The sidecar ignores the state of a full sync, so the connector must have
    // none, or it would leave out rows of tables that are replaced.
    auto none = task.state.empty() || task.full_sync;
    out.push_back({"state", none ? "{}" : task.state});
  }
  return out;
}

std::vector<std::string> connector_arguments(const task_request& task,
                                             const task_places& places) {
  std::vector<std::string> out = {task.command};
  if (task.debug)
    out.emplace_back("--debug");
  auto file = [&](const std::string& key) {
    out.push_back("--" + key);
    out.push_back(places.config + "/" + key + ".json");
  };
  if (task.command != "spec")
    file("config");
  if (task.command == "read") {
    file("catalog");
    file("state");
  }
  return out;
}

std::vector<sidecar_variable> connector_environment() {
  return {{"USE_STREAM_CAPABLE_STATE", "true"}, {"AUTO_DETECT_SCHEMA", "true"}};
}

} // namespace motorcade
