#pragma once

#include "schema/base/result.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motorcade {

class json_view;

/// The address and login of a ClickHouse, and the rules for its new tables.
struct clickhouse_config {
  /// `http://host:port` or `https://host:port` each; tried in this order.
  std::vector<std::string> servers;
  std::string username = "default";
  /// Secret; empty: none.
  std::string password;
  /// Where tables go whose streams have no namespace.
  std::string database = "default";
  /// The cluster in which statements change tables (ON CLUSTER); empty: they
  /// change those of one server.
  std::string cluster;
  /// Settings of the session, name and value.
  std::vector<std::pair<std::string, std::string>> parameters;
  /// Columns that may be NULL; all others hold a default in its place.
  std::vector<std::string> nullable_fields;
  /// SQL of PARTITION BY, ORDER BY and PRIMARY KEY for new tables; empty: what
  /// the stream's key says.
  std::string partition_by;
  std::string order_by;
  std::string primary_key;
  /// A remark for the log at the start; empty: none.
  std::string remark;
};

/// Reads a destinationConfig of Jitsu whose `destinationType` is `clickhouse`:
/// protocol, hosts, username, password, database, cluster, parameters, engine.
/// The native protocol's ports become those of HTTP, which `remark` says.
/// @returns invalid_argument, which names the key and no value.
result<clickhouse_config> read_clickhouse_config(const json_view& config);

/// Reads `clickhouse://user:password@host:port/database?parameters`, or
/// `clickhouses://…` for https. The port is that of the HTTP interface.
/// @returns invalid_argument, without any part of the URL.
result<clickhouse_config> read_clickhouse_url(std::string_view url);

} // namespace motorcade
