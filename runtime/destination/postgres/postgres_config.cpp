#include "runtime/destination/postgres/postgres_config.hpp"

#include "runtime/base/text.hpp"
#include "runtime/database/database_url.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/json/json_view.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <optional>

namespace motorcade {

namespace {

using options = std::map<std::string, std::string>;

/// @returns where the environment (PGHOST, PGPORT …) says that Postgres is,
/// else libpq itself.
options environment_defaults() {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> known{
      PQconndefaults(), PQconninfoFree};
  options out;
  for (const auto* o = known.get(); o != nullptr && o->keyword != nullptr; ++o)
    for (const std::string_view name : {"host", "port", "user", "dbname"})
      if (o->keyword == name && o->val != nullptr && *o->val != '\0')
        out[o->keyword] = o->val;
  return out;
}

/// Keywords of libpq that name the server, the role or files: a
/// destinationConfig has members of its own for these, and brings its own
/// credentials.
bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 15> names = {
      "host",     "hostaddr",  "port",        "dbname",  "user",
      "password", "passfile",  "service",     "sslkey",  "sslcert",
      "sslcrl",   "sslcrldir", "sslrootcert", "sslmode", "servicefile"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_keyword(const std::string& name) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> known{
      PQconndefaults(), PQconninfoFree};
  for (const auto* o = known.get(); o != nullptr && o->keyword != nullptr; ++o)
    if (name == o->keyword)
      return true;
  return false;
}

/// Quotes a run-time parameter for libpq's `options`.
void add_setting(std::string& to, const std::string& name,
                 std::string_view value) {
  to += (to.empty() ? "-c " : " -c ") + name + '=';
  for (const char c : value) {
    if (c == ' ' || c == '\\')
      to += '\\';
    to += c;
  }
}

result<void> add_parameters(const json_view& config, postgres_config& out) {
  const auto given = config.find("parameters");
  if (!given || given->is_null())
    return {};
  if (!given->is_object())
    return invalid_config("parameters must be an object");
  std::string wrong;
  std::string reserved;
  auto& settings = out.connect["options"];
  given->for_each_member([&](const std::string& name, json_view value) {
    const auto text = config_text(*given, name);
    const auto plain =
        !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
                 || (c >= '0' && c <= '9') || c == '_' || c == '.';
        });
    if (!text || !plain)
      wrong = name;
    else if (name == "search_path" || name == "schema")
      out.default_schema = *text;
    else if (is_reserved(name))
      reserved = name;
    else if (is_keyword(name))
      out.connect[name] = *text;
    else
      add_setting(settings, name, value.is_string() ? *text : value.raw());
  });
  if (settings.empty())
    out.connect.erase("options");
  if (!reserved.empty())
    return invalid_config(
        "parameters: " + reserved
        + " is not taken there; host, port, database, username, "
          "password and the members that begin with ssl say where "
          "Postgres is");
  return wrong.empty() ? result<void>{}
                       : invalid_config("parameters: " + excerpt(wrong, 60)
                                        + " is no parameter of Postgres");
}

/// The common part of both ways to name a server.
void complete(postgres_config& out) {
  auto& connect = out.connect;
  // A dead server is noticed within about 20 s; a connection is waited for as
  // long as the original does.
  constexpr std::array<std::array<const char*, 2>, 5> defaults = {
      {{"connect_timeout", "90"},
       {"tcp_user_timeout", "20000"},
       {"keepalives_idle", "10"},
       {"keepalives_interval", "3"},
       {"keepalives_count", "3"}}};
  for (const auto& [name, value] : defaults)
    connect.try_emplace(name, value);
  for (const auto* name : {"password", "sslpassword"})
    if (const auto found = connect.find(name);
        found != connect.end() && !found->second.empty())
      out.secrets.push_back(found->second);
  const auto& keys = out.certificates.secrets;
  out.secrets.insert(out.secrets.end(), keys.begin(), keys.end());
  const auto value = [&](const char* name, const char* otherwise) {
    const auto found = connect.find(name);
    return found == connect.end() || found->second.empty() ? otherwise
                                                           : found->second;
  };
  auto host = value("host", "localhost");
  if (host.find(':') != std::string::npos)
    host = '[' + host + ']';
  out.location = mask(host + ':' + value("port", "5432") + '/'
                          + value("dbname", value("user", "").c_str()),
                      out.secrets);
}

} // namespace

result<postgres_config> read_postgres_config(const json_view& config) {
  postgres_config out;

  struct member {
    const char* name;
    const char* keyword;
    bool required;
  };

  constexpr std::array<member, 5> members = {{{"host", "host", true},
                                              {"port", "port", false},
                                              {"database", "dbname", true},
                                              {"username", "user", true},
                                              {"password", "password", false}}};
  for (const auto& one : members) {
    auto text = config_text(config, one.name);
    if (!text)
      return text.error();
    if (text->empty() && one.required)
      return invalid_config(std::string{one.name}
                            + " is required for postgres");
    if (!text->empty())
      out.connect[one.keyword] = *std::move(text);
  }
  const auto& host = out.connect["host"];
  if (host.find_first_of("@/?# ") != std::string::npos && host[0] != '/')
    return invalid_config(
        "host must be a name or an address alone, without a scheme, "
        "a user or a path");
  auto method = config_text(config, "authenticationMethod");
  if (!method)
    return method.error();
  if (!method->empty() && *method != "password")
    return invalid_config("authenticationMethod " + excerpt(*method, 40)
                          + " is not known; only password is");
  auto mode = config_text(config, "sslMode");
  if (!mode)
    return mode.error();
  if (mode->empty())
    *mode = "require";
  constexpr std::array<std::string_view, 4> modes = {
      "disable", "require", "verify-ca", "verify-full"};
  if (std::find(modes.begin(), modes.end(), *mode) == modes.end())
    return invalid_config("sslMode must be disable, require, verify-ca or "
                          "verify-full");
  out.connect["sslmode"] = *mode;
  constexpr std::array<std::array<const char*, 2>, 3> files = {
      {{"sslServerCA", "sslrootcert"},
       {"sslClientCert", "sslcert"},
       {"sslClientKey", "sslkey"}}};
  for (const auto& [name, keyword] : files) {
    auto text = config_text(config, name);
    if (!text)
      return text.error();
    if (text->empty())
      continue;
    auto path = out.certificates.path_of(*std::move(text), name);
    if (!path)
      return path.error();
    out.connect[keyword] = *std::move(path);
  }
  // libpq treats `require` with a root certificate as verify-ca; Jitsu's
  // console keeps the certificate when the mode is lowered.
  if (*mode == "require" || *mode == "disable")
    out.connect.erase("sslrootcert");
  auto schema = config_text(config, "defaultSchema");
  if (!schema)
    return schema.error();
  if (auto ok = add_parameters(config, out); !ok)
    return ok.error();
  if (!schema->empty())
    out.default_schema = *std::move(schema);
  // Nor does one without a port borrow that of the environment.
  out.connect.try_emplace("port", "5432");
  // A config without a password does not borrow the password of the user that
  // the task runs as.
  out.connect["passfile"] = "/dev/null/none";
  complete(out);
  return out;
}

result<postgres_config> read_postgres_destination_url(const std::string& url) {
  auto parsed = parse_postgres_url(url);
  if (!parsed) {
    // The texts of this error begin with DATABASE_URL, the usual variable of
    // such a URL.
    const std::string_view text = parsed.error().what;
    return failure{ec::invalid_argument,
                   "the destination's URL"
                       + std::string{text.substr(text.find(' '))}};
  }
  auto set = parse_libpq_options(parsed->connect);
  if (!set)
    return failure{ec::invalid_argument,
                   "the destination's URL is not one that libpq can read"};
  postgres_config out;
  out.connect = *std::move(set);
  out.connect.erase("fallback_application_name");
  // People end URLs of folders with a slash.
  if (const auto name = out.connect.find("dbname"); name != out.connect.end()) {
    while (name->second.ends_with('/'))
      name->second.pop_back();
    if (name->second.empty())
      out.connect.erase(name);
  }
  // libpq would take these from the environment, and messages would name
  // another place.
  for (auto& [name, value] : environment_defaults())
    out.connect.try_emplace(name, std::move(value));
  out.secrets = parsed->secrets;
  if (!parsed->schemas.empty())
    out.default_schema = parsed->schemas.front();
  complete(out);
  return out;
}

} // namespace motorcade
