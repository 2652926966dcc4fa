#include "runtime/destination/mysql/mysql_config.hpp"

#include "runtime/database/database_url.hpp"
#include "runtime/destination/warehouse/sql_text.hpp"
#include "runtime/destination/warehouse/warehouse_url.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>

namespace motorcade {

namespace {

constexpr size_t most_name_characters = 60;

/// A kind of encryption by its two names: a value of `sslMode`, and one of the
/// parameter `tls` of Go's driver for MySQL.
struct mode_name {
  std::string_view ssl_mode;
  std::string_view tls;
  mysql_tls mode;
};

constexpr std::array<mode_name, 4> modes = {
    {{"disable", "false", mysql_tls::disabled},
     {"prefer", "preferred", mysql_tls::preferred},
     {"require", "skip-verify", mysql_tls::required},
     {"verify-full", "true", mysql_tls::verified}}};

/// Parameters of Go's driver that say how the driver works, not the server.
constexpr std::array<std::string_view, 22> driver_names = {
    "allowAllFiles",
    "allowCleartextPasswords",
    "allowFallbackToPlaintext",
    "allowNativePasswords",
    "allowOldPasswords",
    "charset",
    "checkConnLiveness",
    "clientFoundRows",
    "collation",
    "columnsWithAlias",
    "compress",
    "connectionAttributes",
    "interpolateParams",
    "loc",
    "maxAllowedPacket",
    "multiStatements",
    "parseTime",
    "readTimeout",
    "rejectReadOnly",
    "serverPubKey",
    "timeTruncate",
    "writeTimeout"};

/// Variables that a config may not set: they keep values from being changed on
/// their way.
constexpr std::array<std::string_view, 6> own_variables = {
    "sql_mode",         "time_zone",          "autocommit",
    "sql_safe_updates", "foreign_key_checks", "unique_checks"};

/// Reads `500ms`, `30s`, `1m`, as Go writes durations, and plain seconds; at
/// least one second.
std::optional<std::chrono::seconds> read_duration(std::string_view text) {
  unsigned number = 0;
  const auto read =
      std::from_chars(text.data(), text.data() + text.size(), number);
  const auto unit = text.substr(static_cast<size_t>(read.ptr - text.data()));
  constexpr unsigned most = 86'400;
  if (read.ec != std::errc{} || number > most * 1'000)
    return std::nullopt;
  std::chrono::milliseconds out{};
  if (unit == "ms")
    out = std::chrono::milliseconds{number};
  else if (unit == "s" || unit.empty())
    out = std::chrono::seconds{number};
  else if (unit == "m")
    out = std::chrono::minutes{number};
  else if (unit == "h")
    out = std::chrono::hours{number};
  else
    return std::nullopt;
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(out);
  return std::clamp(seconds, std::chrono::seconds{1},
                    std::chrono::seconds{most});
}

bool is_number(std::string_view text) {
  double value = 0;
  const auto read =
      std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size();
}

/// @returns the value of a variable as SQL; Go's driver wants texts quoted.
std::string to_sql(std::string_view value) {
  if (is_number(value))
    return std::string{value};
  if (value.size() >= 2 && value.front() == '\'' && value.back() == '\'')
    value = value.substr(1, value.size() - 2);
  return quote_literal(value);
}

bool is_own(std::string_view name) {
  return std::find(own_variables.begin(), own_variables.end(), name)
             != own_variables.end()
         || name.starts_with("character_set_")
         || name.starts_with("collation_");
}

/// Takes a parameter into the config.
/// @returns what is wrong with it; empty: nothing.
std::string add_parameter(const std::string& name, const std::string& value,
                          mysql_config& out) {
  const auto shown = "parameters: " + excerpt(name, most_name_characters);
  if (name == "tls" || name == "sslMode") {
    for (const auto& one : modes)
      if (value == (name == "tls" ? one.tls : one.ssl_mode)) {
        out.tls = one.mode;
        return {};
      }
    return name == "tls"
               ? shown + " must be true, skip-verify, preferred or false"
               : shown + " must be disable, prefer, require or verify-full";
  }
  if (name == "timeout") {
    const auto limit = read_duration(value);
    if (!limit)
      return shown + " must be like 30s";
    out.connect_limit = *limit;
    return {};
  }
  if (std::find(driver_names.begin(), driver_names.end(), name)
      != driver_names.end())
    return {};
  const auto plain =
      !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return is_ascii_alphanumeric(c) || c == '_';
      });
  if (!plain)
    return shown + " is no variable of MySQL";
  const auto variable = ascii_lower(name);
  if (is_own(variable))
    return shown
           + " is not taken: rows arrive unchanged only with the one that is "
             "set here";
  out.variables.emplace_back(variable, to_sql(value));
  return {};
}

result<void> add_parameters(const json_view& config, mysql_config& out) {
  const auto given = config.find("parameters");
  if (!given || given->is_null())
    return {};
  if (!given->is_object())
    return invalid_config("parameters must be an object");
  std::string wrong;
  given->for_each_member([&](const std::string& name, json_view) {
    auto text = config_text(*given, name);
    auto problem = text ? add_parameter(name, *text, out)
                        : "parameters: " + excerpt(name, most_name_characters)
                              + " must be a text or a number";
    if (wrong.empty())
      wrong = std::move(problem);
  });
  return wrong.empty() ? result<void>{} : invalid_config(wrong);
}

result<void> add_tls(const json_view& config, mysql_config& out) {
  auto mode = config_text(config, "sslMode");
  if (!mode)
    return mode.error();
  if (!mode->empty()) {
    const auto* known =
        std::find_if(modes.begin(), modes.end(),
                     [&](const auto& one) { return one.ssl_mode == *mode; });
    if (known == modes.end())
      return invalid_config("sslMode must be disable, prefer, require or "
                            "verify-full");
    out.tls = known->mode;
  }
  const std::pair<const char*, std::string*> files[] = {
      {"sslServerCA", &out.authority},
      {"sslClientCert", &out.certificate},
      {"sslClientKey", &out.key}};
  for (const auto& [name, to] : files) {
    auto text = config_text(config, name);
    if (!text)
      return text.error();
    auto path = out.certificates.path_of(*std::move(text), name);
    if (!path)
      return path.error();
    *to = *std::move(path);
  }
  return {};
}

/// The common part of both ways to name a server.
void complete(mysql_config& out) {
  if (!out.password.empty())
    out.secrets.push_back(out.password);
  const auto& keys = out.certificates.secrets;
  out.secrets.insert(out.secrets.end(), keys.begin(), keys.end());
  const auto host =
      out.host.find(':') == std::string::npos ? out.host : '[' + out.host + ']';
  out.location = mask(host + ':' + std::to_string(out.port), out.secrets);
}

uint16_t to_port(std::string_view text) {
  uint16_t out = 0;
  std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

} // namespace

result<mysql_config> read_mysql_config(const json_view& config) {
  mysql_config out;
  std::string port;
  const std::pair<const char*, std::string*> members[] = {
      {"host", &out.host},
      {"port", &port},
      {"database", &out.database},
      {"username", &out.user},
      {"password", &out.password}};
  for (const auto& [name, to] : members) {
    auto text = config_text(config, name);
    if (!text)
      return text.error();
    *to = *std::move(text);
  }
  for (const auto& [name, to] : members)
    if (to->empty() && (to == &out.host || to == &out.database))
      return invalid_config(std::string{name} + " is required for mysql");
  if (out.host.find_first_of("@/?#, \t\r\n") != std::string::npos)
    return invalid_config("host must be a name or an address alone, without a "
                          "scheme, a user or a path");
  if (!port.empty() && !is_port(port))
    return invalid_config("port must be a number from 1 to 65535");
  if (!port.empty())
    out.port = to_port(port);
  if (auto ok = add_parameters(config, out); !ok)
    return ok.error();
  if (auto ok = add_tls(config, out); !ok)
    return ok.error();
  complete(out);
  return out;
}

result<mysql_config> read_mysql_url(std::string_view url) {
  const failure wrong{ec::invalid_argument,
                      "the destination's URL must be like "
                      "mysql://user:password@host:3306/database"};
  auto parts = parse_warehouse_url(url);
  if (!parts || parts->database.empty())
    return wrong;
  const auto server = split_server(parts->server);
  if (!server)
    return wrong;
  mysql_config out;
  out.host = server->host;
  if (!server->port.empty())
    out.port = to_port(server->port);
  out.user = std::move(parts->user);
  out.password = std::move(parts->password);
  out.database = std::move(parts->database);
  if (out.password.empty())
    if (const char* given = std::getenv("MYSQL_PWD"); given != nullptr)
      out.password = given;
  const std::pair<std::string_view, std::string*> files[] = {
      {"sslServerCA", &out.authority},
      {"sslClientCert", &out.certificate},
      {"sslClientKey", &out.key}};
  for (const auto& [name, value] : parts->parameters) {
    const auto* file = std::find_if(
        std::begin(files), std::end(files),
        [&, &wanted = name](const auto& one) { return one.first == wanted; });
    if (file != std::end(files))
      *file->second = value;
    else if (auto problem = add_parameter(name, value, out); !problem.empty())
      return failure{ec::invalid_argument,
                     "the destination's URL: " + std::move(problem)};
  }
  complete(out);
  return out;
}

} // namespace motorcade
