#include "sidecar/secrets.hpp"

#include "runtime/console.hpp"
#include "runtime/database_url.hpp"

namespace motorcade {

void keep_secrets_of(const sidecar_settings& settings) {
  keep_secret(settings.bulker_auth_token);
  keep_secret(settings.workload.token);
  keep_secret(settings.workload.s3_secret_access_key);
  keep_secret(settings.workload.s3_session_token);
  // Of a URL that cannot be read nothing is ever shown.
  if (auto url = parse_postgres_url(settings.database_url))
    for (const auto& secret : url->secrets)
      keep_secret(secret);
}

} // namespace motorcade
