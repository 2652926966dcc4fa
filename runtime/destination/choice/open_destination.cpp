#include "runtime/destination/choice/open_destination.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/text.hpp"
#include "runtime/database/database_url.hpp"
#include "runtime/destination/choice/make_destination.hpp"
#include "runtime/destination/clickhouse/clickhouse_destination.hpp"
#include "runtime/destination/mysql/mysql_destination.hpp"
#include "runtime/destination/object_storage/object_storage_destination.hpp"
#include "runtime/destination/postgres/postgres_destination.hpp"
#include "runtime/destination/sqlite/sqlite_destination.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/catalog/destination_kind.hpp"
#include "schema/json/bad_value.hpp"
#include "schema/json/json_view.hpp"

namespace motorcade {

namespace {

bool is_postgres(std::string_view url) {
  return url.starts_with("postgres://") || url.starts_with("postgresql://");
}

/// Opens a database of rows, whose login is kept out of all lines of log.
/// @param make Makes the destination of a config, settings and a task's id.
template <class Config, class Make>
result<destination_ptr> open_database(result<Config>&& config,
                                      const destination_settings& settings,
                                      const std::string& task_id, Make make) {
  if (!config)
    return config.error();
  for (const auto& secret : config->secrets)
    keep_secret(secret);
  return make(*std::move(config), settings, task_id);
}

result<destination_ptr> open_postgres(result<postgres_config> config,
                                      const destination_settings& settings,
                                      const std::string& task_id) {
  return open_database(std::move(config), settings, task_id,
                       make_postgres_destination);
}

result<destination_ptr> open_clickhouse(result<clickhouse_config> config,
                                        const destination_settings& settings) {
  if (!config)
    return config.error();
  keep_secret(config->password);
  return make_clickhouse_destination(*std::move(config), settings);
}

bool is_mysql(std::string_view url) {
  return url.starts_with("mysql://") || url.starts_with("mariadb://");
}

result<destination_ptr> open_mysql(result<mysql_config> config,
                                   const destination_settings& settings,
                                   const std::string& task_id) {
  return open_database(std::move(config), settings, task_id,
                       make_mysql_destination);
}

result<destination_ptr> open_objects(result<object_storage_config> config,
                                     const destination_settings& settings) {
  if (!config)
    return config.error();
  keep_secret(config->keys.secret_access_key);
  keep_secret(config->keys.session_token);
  return make_object_storage_destination(*std::move(config), settings);
}

result<destination_ptr> open_sqlite(const std::string& url) {
  auto path = parse_sqlite_url(url, "the destination's URL");
  if (!path)
    return path.error();
  return make_sqlite_destination(*path);
}

/// @returns the path of `{"destinationType":"sqlite","path":"/data/rows.db"}`.
result<std::string> path_of(const json_view& config) {
  auto path = config.text_at("path");
  if (!path.starts_with('/') || path.ends_with('/'))
    return failure{ec::invalid_argument,
                   "destinationConfig: path must be the absolute path of a "
                   "file"};
  return path;
}

/// @returns the folder of `{"destinationType":"file","folder":"/data"}`.
result<std::string> folder_of(const json_view& config) {
  auto path = config.text_at("folder");
  if (!path.starts_with('/'))
    return failure{ec::invalid_argument,
                   "destinationConfig: folder must be an absolute path"};
  return path;
}

/// Opens an SQLite file.
result<destination_ptr> open_sqlite(const json_view& config) {
  const auto path = path_of(config);
  return path ? make_sqlite_destination(*path) : path.error();
}

/// Opens a folder of files.
result<destination_ptr> open_folder(destination_settings settings,
                                    const json_view& config) {
  const auto path = folder_of(config);
  if (!path)
    return path.error();
  settings.url = "file://" + percent_encode_path(*path);
  return make_destination(settings);
}

template <class T>
result<void> without_value(const result<T>& read) {
  return read ? result<void>{} : read.error();
}

} // namespace

result<void> check_destination_config(std::string_view config) {
  const auto kind = kind_of_destination(config);
  if (!kind)
    return kind.error();
  if (*kind == destination_kind::unsaid)
    return {};
  // C would end a text at a NUL: another file, another host.
  if (const auto bad = find_bad_value(config, /*nul*/ true))
    return failure{ec::invalid_argument, "destinationConfig: " + to_text(*bad)};
  const json_view from{config};
  switch (*kind) {
  case destination_kind::postgres:
    return without_value(read_postgres_config(from));
  case destination_kind::clickhouse:
    return without_value(read_clickhouse_config(from));
  case destination_kind::mysql:
    return without_value(read_mysql_config(from));
  case destination_kind::s3:
    return without_value(read_s3_config(from));
  case destination_kind::gcs:
    return without_value(read_gcs_config(from));
  case destination_kind::sqlite:
    return without_value(path_of(from));
  case destination_kind::file:
    return without_value(folder_of(from));
  case destination_kind::unsaid:
    break;
  }
  return {};
}

result<destination_ptr> open_destination(destination_settings settings,
                                         std::string_view config,
                                         const std::string& task_id) {
  if (auto fits = check_destination_config(config); !fits)
    return fits.error();
  const auto kind = kind_of_destination(config);
  if (*kind != destination_kind::unsaid && !settings.url.empty())
    log::info("rows go to what the destinationConfig names, not to "
              "BULKER_URL");
  switch (*kind) {
  case destination_kind::postgres:
    return open_postgres(read_postgres_config(json_view{config}), settings,
                         task_id);
  case destination_kind::clickhouse:
    return open_clickhouse(read_clickhouse_config(json_view{config}), settings);
  case destination_kind::mysql:
    return open_mysql(read_mysql_config(json_view{config}), settings, task_id);
  case destination_kind::s3:
    return open_objects(read_s3_config(json_view{config}), settings);
  case destination_kind::gcs:
    return open_objects(read_gcs_config(json_view{config}), settings);
  case destination_kind::sqlite:
    return open_sqlite(json_view{config});
  case destination_kind::file:
    return open_folder(std::move(settings), json_view{config});
  case destination_kind::unsaid:
    break;
  }
  if (settings.url.empty())
    return failure{ec::invalid_argument,
                   "nothing says where rows go: give a destinationConfig "
                   "(destinationConfig.json in CONFIG_DIR) with a "
                   "destinationType, or set BULKER_URL (http://…, https://…, "
                   "file:///directory, sqlite:///file, postgres://…, "
                   "clickhouse://…, mysql://…, s3://bucket/folder)"};
  if (is_postgres(settings.url))
    return open_postgres(read_postgres_destination_url(settings.url), settings,
                         task_id);
  if (settings.url.starts_with("clickhouse"))
    return open_clickhouse(read_clickhouse_url(settings.url), settings);
  if (is_mysql(settings.url))
    return open_mysql(read_mysql_url(settings.url), settings, task_id);
  if (settings.url.starts_with("s3://"))
    return open_objects(read_object_storage_url(settings.url, settings.objects),
                        settings);
  if (settings.url.starts_with("sqlite:"))
    return open_sqlite(settings.url);
  return make_destination(settings);
}

} // namespace motorcade
