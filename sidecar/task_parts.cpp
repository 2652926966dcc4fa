#include "sidecar/task_parts.hpp"

#include "runtime/database/database_url.hpp"
#include "schema/catalog/destination_kind.hpp"

#include <caf/all.hpp>

#include <filesystem>
#include <utility>

namespace motorcade {

destination_settings to_destination(const sidecar_settings& settings) {
  destination_settings out;
  out.url = settings.bulker_url;
  out.auth_token = settings.bulker_auth_token;
  out.stall_timeout = settings.bulker_stall_timeout;
  out.response_timeout = settings.bulker_response_timeout;
  const auto& login = settings.s3.login;
  out.objects = {settings.s3.endpoint, login.region, login.access_key_id,
                 login.secret_access_key, login.session_token};
  // In a Pod the pipes lie in the only folder that the sidecar can write to.
  const std::filesystem::path pipe = settings.stdout_pipe_file;
  out.waiting_dir = settings.spool_dir.empty() ? pipe.parent_path().string()
                                               : settings.spool_dir;
  out.staging_dirs = settings.staging_dirs;
  out.never_staged = {settings.config_dir};
  if (!settings.spool_dir.empty())
    out.never_staged.push_back(settings.spool_dir);
  if (auto database = parse_sqlite_url(settings.database_url))
    out.never_staged.push_back(*database);
  return out;
}

naming_rules to_naming(const sidecar_settings& settings,
                       std::string_view destination_config) {
  naming_rules out{settings.table_name_prefix, settings.target_namespace,
                   settings.to_same_case, settings.deduplicate,
                   table_home_of(settings.bulker_url)};
  // A config that cannot be used is refused when it is opened.
  const auto kind = kind_of_destination(destination_config);
  if (kind
      && (*kind == destination_kind::postgres
          || *kind == destination_kind::clickhouse
          || *kind == destination_kind::mysql))
    out.home = table_home::schemas;
  else if (kind && *kind == destination_kind::sqlite)
    out.home = table_home::sqlite;
  else if (kind
           && (*kind == destination_kind::file || *kind == destination_kind::s3
               || *kind == destination_kind::gcs))
    out.home = table_home::files;
  return out;
}

metrics_export_settings to_metrics_export(const sidecar_settings& settings) {
  const auto& from = settings.metrics;
  return {from.port, from.statsd_host, from.statsd_port, from.otlp_url,
          from.interval};
}

metric_board_ptr make_metric_board(const sidecar_settings& settings) {
  metric_tags tags = {{"command", std::string{to_string(settings.command)}},
                      {"package", settings.package},
                      {"version", settings.package_version}};
  if (!settings.sync_id.empty())
    tags.emplace_back("sync_id", settings.sync_id);
  return std::make_shared<metric_board>(std::move(tags));
}

config_keeping to_config_keeping(const sidecar_settings& settings) {
  config_keeping out;
  out.row.package = settings.package;
  out.row.version = settings.package_version;
  out.row.sync_id = settings.sync_id;
  out.row.key = settings.storage_key;
  out.file = settings.config_out;
  return out;
}

task_log_settings to_task_log(const sidecar_settings& settings,
                              const std::string& task_id, store_actor store,
                              size_t window_bytes) {
  task_log_settings out;
  out.sync_id = settings.sync_id;
  out.task_id = task_id;
  out.min_level = settings.db_log_level;
  out.most_waiting_bytes = window_bytes / 2;
  out.store = std::move(store);
  return out;
}

void send_to_destination(task_log_settings& log,
                         const sidecar_settings& settings,
                         destination_ptr where, retry_budget_ptr budget) {
  log.destination = bulker_settings{
      0, "task_log", std::move(where), std::move(budget), {}, {}};
  log.request.connection_id = settings.logs_connection_id;
  log.request.table = "task_log";
  // To Bulker the id names another destination, and so another table. In files
  // it names a folder, or two ids would share one table with two owners.
  if (table_home_of(settings.bulker_url) == table_home::files)
    log.request.target_namespace = settings.logs_connection_id;
  log.request.task_id = log.task_id;
}

pipe_reader_settings to_reading(const sidecar_settings& settings,
                                slab_pool_ptr pool, byte_window_ptr window,
                                size_t parsers) {
  pipe_reader_settings out;
  out.max_line_bytes = settings.max_line_bytes;
  // Each parser has a slab and four more wait at most; read on when one is
  // left, so that a wake-up brings four. (A slab is a little smaller than its
  // buffer.)
  const auto slab = pool->slab_bytes();
  out.waiting =
      std::make_shared<byte_window>((parsers + 3) * slab, parsers * slab);
  out.pool = std::move(pool);
  out.window = std::move(window);
  return out;
}

reading_actors spawn_readers(caf::actor_system& system,
                             const sidecar_settings& settings,
                             pipe_reader_settings reading,
                             const coordinator_actor& conductor) {
  auto parsers = reading.parsers;
  auto out = reading;
  out.kind = pipe_kind::out;
  out.path = settings.stdout_pipe_file;
  if (settings.input_is_files) {
    out.end_path = settings.exit_code_file;
    // There is no stderr, which is the same as a pipe that has ended.
    rt::tell_from_outside(conductor, std::make_shared<const pipe_end>(pipe_end{
                                         pipe_kind::err, 0, true, {}}));
    return {
        {system.spawn<caf::detached>(pipe_reader, conductor, std::move(out))},
        std::move(parsers)};
  }
  auto err = std::move(reading);
  err.kind = pipe_kind::err;
  err.path = settings.stderr_pipe_file;
  return {{system.spawn<caf::detached>(pipe_reader, conductor, std::move(out)),
           system.spawn<caf::detached>(pipe_reader, conductor, std::move(err))},
          std::move(parsers)};
}

} // namespace motorcade
