#include "config/settings.hpp"

#include "config/settings_reader.hpp"
#include "config/values.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/base/trim.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace motorcade {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view default_config_dir = "/config";

constexpr std::array<std::string_view, 4> command_names = {"spec", "discover",
                                                           "check", "read"};

std::optional<sidecar_command> read_command(settings_reader& in) {
  const auto value = in.raw("COMMAND");
  for (size_t i = 0; i < command_names.size(); ++i)
    if (value == command_names[i])
      return static_cast<sidecar_command>(i);
  in.report("COMMAND",
            (value.empty() ? "missing" : excerpt(value) + " is not known")
                + ", must be spec, discover, check or read");
  return std::nullopt;
}

/// @returns whether SIDECAR_INPUT says `files`.
bool read_input(settings_reader& in) {
  const auto value = in.raw("SIDECAR_INPUT");
  if (!value.empty() && value != "pipes" && value != "files")
    in.report("SIDECAR_INPUT", excerpt(value)
                                   + " is not known, must be pipes "
                                     "or files");
  return value == "files";
}

task_place read_place(settings_reader& in) {
  const auto value = in.raw("TASK_RUNTIME");
  if (value == "kubernetes")
    return task_place::pod;
  if (value == "process")
    return task_place::local;
  if (!value.empty())
    in.report("TASK_RUNTIME", excerpt(value)
                                  + " is not known, must be kubernetes or "
                                    "process");
  return task_place::unknown;
}

row_meta read_row_meta(settings_reader& in) {
  const auto value = in.raw("ADD_META");
  const auto given = trim(value);
  if (given == "airbyte")
    return row_meta::airbyte;
  const auto added =
      given.empty() ? std::optional{false} : parse_boolean(given);
  if (!added)
    in.report("ADD_META", excerpt(value)
                              + " is not known, must be airbyte "
                                "(_airbyte_raw_id and its like), true "
                                "(_jitsu_timestamp) or false");
  return added.value_or(false) ? row_meta::jitsu : row_meta::none;
}

std::string read_storage_key(settings_reader& in, presence needed) {
  if (auto key = in.text("STORAGE_KEY"); !key.empty())
    return key;
  const auto source = in.text("SOURCE_ID");
  const auto hash = in.text("CONFIG_HASH");
  if (!source.empty() && !hash.empty())
    return source + '_' + hash;
  // A key is required, since all checks without one would overwrite the same
  // row.
  if (needed == presence::required)
    in.report("STORAGE_KEY", "missing, must be set for check and discover, or "
                             "both SOURCE_ID and CONFIG_HASH");
  return {};
}

/// Reads an id that becomes a part of Bulker's path.
std::string read_path_part(settings_reader& in, std::string_view name,
                           presence needed = presence::optional) {
  auto out = in.text(name, needed);
  if (out == "." || out == "..")
    in.report(name, "must not be . or ..");
  return out;
}

/// Checks the form of BULKER_URL. That of Bulker has no query: each request
/// adds its own path and query.
void check_bulker_url(settings_reader& in, std::string_view url) {
  if (url.empty())
    return;
  const auto start = url.find("://");
  if (start == std::string_view::npos)
    return;
  const auto rest = url.substr(start + 3);
  if (url.starts_with("postgres") || url.starts_with("clickhouse")
      || url.starts_with("mysql://") || url.starts_with("mariadb://")
      || url.starts_with("sqlite:") || url.starts_with("s3://")) {
    // URLs of other kinds are checked when their destinations are opened.
  } else if (equal_ignoring_case(url.substr(0, start), "file")) {
    if (!rest.starts_with('/'))
      in.report("BULKER_URL", "a file URL without an absolute path (the value "
                              "is not shown), must be like file:///data");
  } else if (rest.starts_with('/')
             || rest.find_first_of("?#") != std::string_view::npos) {
    in.report("BULKER_URL", "without a host, or with a query or fragment (the "
                            "value is not shown), must be like "
                            "http://bulker:3042");
  }
}

/// Reads STAGING_DIR: absolute paths, separated by colons.
void read_staging_dirs(settings_reader& in, sidecar_settings& out) {
  const auto value = in.path("STAGING_DIR");
  if (value.empty())
    return;
  out.staging_dirs.clear();
  for (std::string_view rest = value; !rest.empty();) {
    const auto end = std::min(rest.find(':'), rest.size());
    const auto one = rest.substr(0, end);
    if (!one.starts_with('/'))
      in.report("STAGING_DIR", excerpt(one)
                                   + " is no absolute path, must be like "
                                     "/staging/files, several separated by :");
    out.staging_dirs.emplace_back(one);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

/// @returns the setting by which a result document goes to S3; empty: none.
std::string_view user_of_s3(const sidecar_settings& settings) {
  if (settings.workload.output.starts_with("s3://"))
    return "WORKLOAD_OUTPUT";
  const auto type = settings.storage.type;
  return type == storage_type::s3 || type == storage_type::minio
             ? "STORAGE_TYPE"
             : "";
}

/// @returns whether there is a key, or a place that may give one: an instance's
/// metadata only for Amazon's own stores.
bool has_login(const sidecar_settings& settings) {
  const auto& login = settings.s3.login;
  const auto is_amazon = settings.s3.endpoint.empty()
                         && settings.storage.type != storage_type::minio;
  return !login.access_key_id.empty()
         || (!login.role_arn.empty() && !login.token_file.empty())
         || !login.container_url.empty()
         || (is_amazon && !login.metadata_url.empty());
}

} // namespace

std::string_view to_string(sidecar_command command) {
  return command_names.at(static_cast<size_t>(command));
}

result<sidecar_settings> read_sidecar_settings(const environment& from) {
  settings_reader in{from};
  sidecar_settings out;
  out.input_is_files = read_input(in);
  const auto command = read_command(in);
  out.destination_config_file = in.path("DESTINATION_CONFIG_FILE");
  // A check needs no connector if there is a destination to try.
  const auto by_pipes = out.input_is_files
                                || (command == sidecar_command::check
                                    && !out.destination_config_file.empty()
                                    && in.raw("STDOUT_PIPE_FILE").empty()
                                    && in.raw("STDERR_PIPE_FILE").empty())
                            ? presence::optional
                            : presence::required;
  out.stdout_pipe_file = in.path("STDOUT_PIPE_FILE", by_pipes);
  out.stderr_pipe_file = in.path("STDERR_PIPE_FILE", by_pipes);
  if (!out.stdout_pipe_file.empty()
      && out.stdout_pipe_file == out.stderr_pipe_file)
    in.report("STDERR_PIPE_FILE", "names the same pipe as STDOUT_PIPE_FILE; "
                                  "give each its own");
  if (out.input_is_files && command == sidecar_command::read)
    in.report("SIDECAR_INPUT", "files serves spec, check and discover; a read "
                               "needs pipes");
  // Without a known command the required settings are not known.
  const auto needed_by = [&](std::initializer_list<sidecar_command> commands) {
    for (const auto one : commands)
      if (command == one)
        return presence::required;
    return presence::optional;
  };
  const auto by_read = needed_by({sidecar_command::read});
  out.command = command.value_or(sidecar_command::read);
  out.started_at =
      in.time("STARTED_AT", std::chrono::floor<std::chrono::microseconds>(
                                std::chrono::system_clock::now()));
  out.logs_connection_id = read_path_part(in, "LOGS_CONNECTION_ID");
  out.bulker_url = in.url("BULKER_URL",
                          out.logs_connection_id.empty() ? presence::optional
                                                         : presence::required,
                          {"http://", "https://", "file://", "postgres://",
                           "postgresql://", "clickhouse://", "clickhouses://",
                           "mysql://", "mariadb://", "sqlite:///", "s3://"});
  check_bulker_url(in, out.bulker_url);
  out.bulker_auth_token = in.secret("BULKER_AUTH_TOKEN");
  out.database_url = in.url("DATABASE_URL", presence::required,
                            {"postgres://", "postgresql://", "sqlite:///"});
  out.package = in.text("PACKAGE", presence::required);
  out.package_version = in.text("PACKAGE_VERSION", presence::required);
  out.storage_key = read_storage_key(
      in, needed_by({sidecar_command::check, sidecar_command::discover}));
  out.sync_id = read_path_part(in, "SYNC_ID", by_read);
  out.task_id = in.text("TASK_ID", by_read);
  out.started_by = in.text("STARTED_BY");
  out.target_namespace = in.text("NAMESPACE");
  out.table_name_prefix = in.text("TABLE_NAME_PREFIX");
  out.to_same_case = in.boolean("TO_SAME_CASE", out.to_same_case);
  out.add_meta = read_row_meta(in);
  out.deduplicate = in.boolean("DEDUPLICATE", out.deduplicate);
  out.full_sync = in.boolean("FULL_SYNC", out.full_sync);
  out.own_log_level = in.level("LOG_LEVEL", out.own_log_level);
  out.db_log_level = in.level("DB_LOG_LEVEL", out.db_log_level);
  out.mask_logs = in.boolean("MASK_LOGS", out.mask_logs);
  out.task_timeout =
      in.duration("TASK_TIMEOUT_HOURS", out.task_timeout, 1h, "hours");
  read_sidecar_limits(in, {}, out);
  out.stop_grace =
      in.duration("STOP_GRACE_SECONDS", out.stop_grace, 1s, "seconds");
  out.place = read_place(in);
  out.spool_dir = in.path("SPOOL_DIR");
  read_staging_dirs(in, out);
  out.exit_code_file = in.path("EXIT_CODE_FILE");
  const auto files = in.path("AIRBYTE_CONFIG_DIR", presence::optional,
                             std::string{default_config_dir});
  if (out.input_is_files) {
    out.stdout_pipe_file = files + "/jobOutput.json";
    out.stderr_pipe_file.clear();
    out.exit_code_file = files + "/exitCode.txt";
  }
  out.config_out = in.path("CONFIG_OUT_FILE");
  out.state_out = in.path("STATE_OUT_FILE");
  const auto stop_status = in.raw("STOP_STATUS");
  out.stop_is_failure = stop_status == "FAILED";
  if (!stop_status.empty() && stop_status != "FAILED"
      && stop_status != "CANCELLED")
    in.report("STOP_STATUS",
              excerpt(stop_status)
                  + " is not known, must be CANCELLED or FAILED");
  out.workload =
      read_workload_settings(in, out.command == sidecar_command::read);
  out.storage = read_storage_settings(in);
  if (out.storage.type != storage_type::none && out.workload.id.empty())
    in.report("WORKLOAD_ID", "missing, must be set where STORAGE_TYPE is");
  out.s3 = read_s3_settings(
      in, out.bulker_url.starts_with("s3://") ? "BULKER_URL" : "");
  if (const auto user = user_of_s3(out); !user.empty() && !has_login(out))
    in.report("AWS_ACCESS_KEY_ID", "missing, must be set where "
                                       + std::string{user} + " leads to S3");
  out.metrics = read_metrics_settings(in);
  out.config_dir =
      in.path("CONFIG_DIR", presence::optional, std::move(out.config_dir));
  if (const auto read = in.finish(); !read)
    return read.error();
  return out;
}

} // namespace motorcade
