#include "sidecar/secrets.hpp"

#include "runtime/base/log.hpp"
#include "runtime/cloud/azure_login.hpp"
#include "runtime/cloud/google_login.hpp"
#include "runtime/database/database.hpp"
#include "runtime/database/database_url.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/base/base64.hpp"
#include "schema/secrets/secret_words.hpp"

#include <algorithm>
#include <iterator>

namespace motorcade {

namespace {

void add(std::vector<std::string> secrets, std::vector<std::string>& to) {
  std::move(secrets.begin(), secrets.end(), std::back_inserter(to));
}

} // namespace

std::vector<std::string> secrets_of(const sidecar_settings& settings) {
  std::vector<std::string> out{
      settings.bulker_auth_token,      settings.workload.token,
      settings.workload.client_secret, settings.s3.login.secret_access_key,
      settings.s3.login.session_token, settings.s3.login.container_token};
  if (auto account = read_azure_account(settings.storage.azure_connection)) {
    out.push_back(to_base64(account->key));
    out.push_back(account->shared_access_signature);
  }
  if (auto account = read_google_account(settings.storage.google_credentials))
    out.push_back(account->private_key);
  // A URL that cannot be parsed is never shown at all.
  for (const auto* one : {&settings.database_url, &settings.bulker_url})
    if (auto url = parse_postgres_url(*one))
      out.insert(out.end(), url->secrets.begin(), url->secrets.end());
    else
      // In clickhouse://, mysql:// and http:// the login is in its usual place.
      add(secrets_within(*one), out);
  return out;
}

void keep_secrets_of(const sidecar_settings& settings) {
  for (const auto& secret : secrets_of(settings))
    keep_secret(secret);
  mask_connector_lines(settings.mask_logs);
}

std::string keep_secrets_of_config(const sidecar_settings& settings,
                                   const std::string& config) {
  // The secrets that the keys show by themselves are registered first, since
  // lines may be shown meanwhile.
  keep_config_secrets(config, {});
  auto db = make_database(settings.database_url);
  if (!db)
    return {};
  auto spec = (*db)->spec(settings.package, settings.package_version);
  if (!spec) {
    // The names of keys show most secrets; the task itself waits for the
    // database.
    log::debug("no spec to tell secrets by: {}", spec.error().what);
    return {};
  }
  keep_config_secrets(config, *spec);
  return std::move(*spec);
}

} // namespace motorcade
