#pragma once

#include "runtime/destination/warehouse/config_text.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motorcade {

class json_view;

/// How a connection to MySQL is encrypted.
enum class mysql_tls : uint8_t {
  disabled,
  /// TLS if the server offers it; its certificate is not checked.
  preferred,
  /// TLS always; the server's certificate is not checked.
  required,
  /// TLS always; the certificate must be for the host, and signed by a known
  /// authority.
  verified,
};

/// The address and login of a MySQL or MariaDB that rows go to, and the
/// session's settings.
struct mysql_config {
  std::string host;
  uint16_t port = 3306;
  std::string user;
  /// Secret.
  std::string password;
  /// Where tables go whose streams have no namespace.
  std::string database;
  mysql_tls tls = mysql_tls::preferred;
  /// Paths of files in PEM; empty: the system's authorities, no certificate of
  /// ours.
  std::string authority;
  std::string certificate;
  std::string key;
  kept_certificates certificates = {};
  /// Time limit for connecting.
  std::chrono::seconds connect_limit{90};
  /// Variables of the session and their values as SQL.
  std::vector<std::pair<std::string, std::string>> variables = {};
  /// `host:port`.
  std::string location;
  /// Texts that must never be shown.
  std::vector<std::string> secrets = {};
};

/// Reads a destinationConfig of Jitsu whose `destinationType` is `mysql`: host,
/// port, database, username, password, parameters (of Go's driver, or variables
/// of the session), and ours: sslMode, sslServerCA, sslClientCert and
/// sslClientKey (each a path or PEM). Other keys are ignored.
/// @returns invalid_argument, which names the key and no value.
result<mysql_config> read_mysql_config(const json_view& config);

/// Reads `mysql://user:password@host:port/database?parameters`, or
/// `mariadb://…`. A password that is not in it is taken from MYSQL_PWD.
/// @returns invalid_argument, without any part of the URL but the names of
/// parameters.
result<mysql_config> read_mysql_url(std::string_view url);

} // namespace motorcade
