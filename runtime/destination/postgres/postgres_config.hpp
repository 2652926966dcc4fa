#pragma once

#include "runtime/destination/warehouse/config_text.hpp"
#include "schema/base/result.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

class json_view;

/// The address and login of a Postgres that rows go to.
struct postgres_config {
  /// Keywords of libpq and their values; holds the password.
  std::map<std::string, std::string> connect;
  /// The schema of tables whose streams have no namespace.
  std::string default_schema = "public";
  /// `host:port/database`.
  std::string location;
  /// Texts that must never be shown.
  std::vector<std::string> secrets;
  kept_certificates certificates = {};
};

/// Reads a destinationConfig of Jitsu whose `destinationType` is `postgres`:
/// host, port, database, defaultSchema, username, password, parameters,
/// sslMode, sslServerCA, sslClientCert and sslClientKey (each a path or PEM),
/// authenticationMethod. Other keys are ignored.
/// @returns invalid_argument, which names the key and no value.
result<postgres_config> read_postgres_config(const json_view& config);

/// Reads `postgres://user:password@host:port/database?parameters`, where
/// `schema` or `search_path` is the default schema.
/// @returns invalid_argument, without any part of the URL.
result<postgres_config> read_postgres_destination_url(const std::string& url);

} // namespace motorcade
