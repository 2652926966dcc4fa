#include "runtime/process/connector_environment.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/trim.hpp"
#include "schema/secrets/config_secrets.hpp"
#include "schema/secrets/secret_words.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <utility>

namespace motorcade {

namespace {

/// Beginnings of our settings' names that may lead to a login, and of those by
/// which libraries find one: libpq, the clouds' tools, Vault, Kubernetes,
/// Docker, Kerberos, GnuPG, the keyring of a desktop.
constexpr std::string_view kept_beginnings[] = {
    "BULKER_",     "DATABASE_URL",   "SYNCCTL_",     "WORKLOAD_",
    "CONSOLE_",    "INTERNAL_API_",  "DATAPLANE_",   "DESTINATION_CONFIG",
    "PG",          "AWS_",           "GOOGLE_",      "AZURE_",
    "ARM_",        "GCP_",           "GCLOUD_",      "CLOUDSDK_",
    "MINIO_",      "VAULT_",         "KUBERNETES_",  "KUBECONFIG",
    "DOCKER_AUTH", "DOCKER_CONFIG",  "KRB5",         "GNUPGHOME",
    "NETRC",       "BOTO_",          "S3CMD_CONFIG", "RCLONE_",
    "XAUTHORITY",  "DBUS_SESSION_",  "MYSQL_HOME",   "MYSQL_TEST_LOGIN",
    "OCI_CLI_",    "GPG_AGENT_INFO", "SSHPASS"};

/// Parts of the names of secrets, in capital letters, also where no word begins
/// with them (`PGPASSFILE`, `myapikey2`) and where a place follows
/// (`…_PASSWORD_FILE`): names that names_a_secret does not know.
constexpr std::string_view secret_parts[] = {
    "PASSWORD",    "PASSWD",   "PASSPHRASE", "SECRET",     "TOKEN",
    "API_KEY",     "APIKEY",   "CREDENTIAL", "PRIVATE",    "ACCESS_KEY",
    "_KEY",        "PASSFILE", "AUTH_SOCK",  "_DSN",       "ASKPASS",
    "LOGIN_PATH",  "WEBHOOK",  "CONN_STR",   "CONNSTR",    "CONNECTION_STRING",
    "SERVICEFILE", "KEYFILE",  "AUTH_FILE",  "AUTH_CONFIG"};

/// @returns whether the value looks like a login: a URL with a password before
/// its host, alone or among others, JSON with a secret in it, a private key, a
/// header of authorization.
bool shows_a_login(std::string_view value) {
  for (auto rest = value; !rest.empty();) {
    auto end = std::min(rest.find_first_of(" \t\r\n,;|"), rest.size());
    if (password_of_url(rest.substr(0, end)))
      return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (value.find("PRIVATE KEY-----") != std::string_view::npos
      || ascii_lower(value).find("authorization:") != std::string::npos)
    return true;
  const auto text = trim(value);
  return (text.starts_with('{') || text.starts_with('['))
         && !find_config_secrets(text).empty();
}

/// @returns whether the variable says which proxy is to be asked. It may hold a
/// password that the connector cannot do without.
bool names_a_proxy(std::string_view name) {
  return ascii_lower(name).ends_with("_proxy");
}

bool holds_secret(std::string_view value,
                  const std::vector<std::string>& secrets) {
  // Shorter secrets occur in ordinary values: `root` in HOME.
  constexpr size_t shortest = 8;
  return std::any_of(secrets.begin(), secrets.end(), [&](const auto& secret) {
    return secret.size() >= shortest
           && value.find(secret) != std::string_view::npos;
  });
}

} // namespace

bool is_kept_from_connectors(std::string_view name, std::string_view value) {
  auto upper = std::string{name};
  for (auto& c : upper)
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  // PWD is the folder of a shell, not a password.
  if (upper == "PWD")
    return false;
  for (auto beginning : kept_beginnings)
    if (upper.starts_with(beginning))
      return true;
  for (auto part : secret_parts)
    if (upper.find(part) != std::string::npos)
      return true;
  return names_a_secret(name) || (!names_a_proxy(name) && shows_a_login(value));
}

result<std::vector<std::string>>
make_connector_environment(const char* const* ours,
                           const std::vector<std::string>& secrets,
                           const std::vector<std::string>& passed) {
  std::map<std::string, std::string, std::less<>> all;
  for (; *ours != nullptr; ++ours) {
    std::string_view pair{*ours};
    auto equals = pair.find('=');
    if (equals != std::string_view::npos)
      all.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  std::map<std::string, std::string, std::less<>> chosen;
  for (const auto& [name, value] : all)
    if (!is_kept_from_connectors(name, value) && !holds_secret(value, secrets))
      chosen.emplace(name, value);
  std::string wrong;
  auto refuse = [&wrong](const std::string& what) {
    wrong += (wrong.empty() ? "" : "\n") + what;
  };
  for (const auto& word : passed) {
    auto equals = word.find('=');
    auto name = word.substr(0, equals);
    if (name.empty()) {
      refuse("--env wants NAME or NAME=value, not " + word);
      continue;
    }
    if (equals != std::string::npos) {
      chosen[name] = word.substr(equals + 1);
      continue;
    }
    auto found = all.find(name);
    if (found == all.end())
      refuse(fmt::format("--env {0}: there is no variable {0} to pass on; "
                         "--env {0}=value sets one",
                         name));
    else
      chosen[name] = found->second;
  }
  if (!wrong.empty())
    return failure{ec::invalid_argument, std::move(wrong)};
  std::vector<std::string> out;
  out.reserve(chosen.size());
  for (const auto& [name, value] : chosen)
    out.push_back(fmt::format("{}={}", name, value));
  return out;
}

} // namespace motorcade
