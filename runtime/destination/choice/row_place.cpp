#include "runtime/destination/choice/row_place.hpp"

#include "runtime/base/text.hpp"
#include "runtime/destination/choice/open_destination.hpp"
#include "runtime/destination/clickhouse/clickhouse_config.hpp"
#include "runtime/destination/clickhouse/clickhouse_loader.hpp"
#include "runtime/destination/mysql/mysql_config.hpp"
#include "runtime/destination/mysql/mysql_target.hpp"
#include "runtime/destination/object_storage/object_names.hpp"
#include "runtime/destination/object_storage/object_storage_config.hpp"
#include "runtime/destination/postgres/postgres_config.hpp"
#include "runtime/destination/postgres/postgres_target.hpp"
#include "runtime/destination/sqlite/sqlite_loader.hpp"
#include "schema/base/ascii.hpp"
#include "schema/catalog/destination_kind.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

namespace motorcade {

namespace {

/// Joins texts by newlines, which no host and no table's name holds.
template <class... Texts>
std::string lines_of(const std::string& first, const Texts&... others) {
  return (first + ... + ("\n" + std::string{others}));
}

/// @returns a host as DNS compares it.
std::string host_of(std::string host) {
  if (host.ends_with('.'))
    host.pop_back();
  return ascii_lower(host);
}

/// @returns the path without `.`, `..` and double slashes.
std::string plain_path(const std::string& path) {
  auto out = std::filesystem::path{path}.lexically_normal().string();
  while (out.size() > 1 && out.ends_with('/'))
    out.pop_back();
  return out;
}

row_place of_postgres(const postgres_config& config) {
  const auto of = [&](const char* name, const char* otherwise) {
    const auto found = config.connect.find(name);
    return found == config.connect.end() || found->second.empty()
               ? std::string{otherwise}
               : found->second;
  };
  const auto schema = config.default_schema;
  return {"postgres://" + config.location,
          lines_of("postgres", host_of(of("host", "localhost")),
                   of("port", "5432"), of("dbname", "")),
          schema, [schema](const upload_request& request) {
            const auto name = target_of(request, schema);
            return lines_of(name.schema, name.table);
          }};
}

row_place of_mysql(const mysql_config& config) {
  const auto database = config.database;
  return {"mysql://" + config.location + '/' + database,
          lines_of("mysql", host_of(config.host), std::to_string(config.port)),
          database, [database](const upload_request& request) {
            // Whether A and a are the same is a setting of the server.
            const auto name = mysql_table_of(request, database);
            return ascii_lower(lines_of(name.schema, name.table));
          }};
}

/// @returns `host`, or `host:port` if the port is none of the usual two, which
/// differ in TLS alone.
std::string clickhouse_server(std::string_view url) {
  auto out = ascii_lower(url.substr(url.find("://") + 3));
  for (const std::string_view usual : {":8123", ":8443"})
    if (out.ends_with(usual))
      out.resize(out.size() - usual.size());
  return out;
}

row_place of_clickhouse(const clickhouse_config& config) {
  std::vector<std::string> servers;
  for (const auto& one : config.servers)
    servers.push_back(clickhouse_server(one));
  // Their order says which is tried first.
  std::sort(servers.begin(), servers.end());
  std::string server = "clickhouse";
  for (const auto& one : servers)
    server += '\n' + one;
  const auto& first = config.servers.front();
  const auto database = config.database;
  return {"clickhouse://" + first.substr(first.find("://") + 3) + '/'
              + database,
          server, database, [database](const upload_request& request) {
            return lines_of(clickhouse_database_of(request, database),
                            clickhouse_table_of(request));
          }};
}

row_place of_objects(const object_storage_config& config) {
  const auto names =
      std::make_shared<object_names>(config.folder, config.suffix());
  return {config.scheme + "://" + config.bucket
              + (config.folder.empty() ? "" : "/" + config.folder),
          lines_of("objects", config.url), config.folder,
          [names](const upload_request& request) {
            return names->shown(request);
          }};
}

row_place of_sqlite(const std::string& path) {
  return {"sqlite://" + path, lines_of("sqlite", plain_path(path)), "",
          [](const upload_request& request) {
            return ascii_lower(sqlite_table_of(request));
          }};
}

row_place of_files(const std::string& folder) {
  return {"the folder " + folder, lines_of("files", plain_path(folder)), "",
          nullptr};
}

row_place of_url(std::string_view url) {
  constexpr std::string_view file = "file://";
  if (equal_ignoring_case(url.substr(0, file.size()), file))
    return of_files(percent_decode(url.substr(file.size())).value_or(""));
  // A Bulker server chooses the warehouse by the sync's id: its rows lie at the
  // same place although the server has another address.
  return {"Bulker", "bulker", "", nullptr};
}

template <class Config>
result<row_place> to_place(const result<Config>& config,
                           row_place (*make)(const Config&)) {
  return config ? result<row_place>{make(*config)} : config.error();
}

} // namespace

result<row_place> find_row_place(std::string_view config,
                                 std::string_view url) {
  if (auto fits = check_destination_config(config); !fits)
    return fits.error();
  const json_view from{config.empty() ? std::string_view{"{}"} : config};
  switch (*kind_of_destination(config)) {
  case destination_kind::postgres:
    return to_place(read_postgres_config(from), of_postgres);
  case destination_kind::clickhouse:
    return to_place(read_clickhouse_config(from), of_clickhouse);
  case destination_kind::mysql:
    return to_place(read_mysql_config(from), of_mysql);
  case destination_kind::s3:
    return to_place(read_s3_config(from), of_objects);
  case destination_kind::gcs:
    return to_place(read_gcs_config(from), of_objects);
  case destination_kind::sqlite:
    return of_sqlite(from.text_at("path"));
  case destination_kind::file:
    return of_files(from.text_at("folder"));
  case destination_kind::unsaid:
    break;
  }
  return of_url(url);
}

} // namespace motorcade
