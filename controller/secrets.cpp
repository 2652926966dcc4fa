#include "controller/secrets.hpp"

#include "runtime/database/database_url.hpp"
#include "runtime/log/stderr_log.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace motorcade {

void keep_secrets_of(const controller_settings& settings) {
  keep_secret(settings.bulker_auth_token);
  keep_secret(settings.console_token);
  keep_secret(settings.token_secret);
  // Each token and key is kept by itself, as a client sends it.
  for (const auto& list : {settings.auth_tokens, settings.encryption_keys}) {
    std::string one;
    for (auto c : list + ",") {
      if (c == ',')
        keep_secret(std::exchange(one, {}));
      else if (c != ' ')
        one += c;
    }
  }
  // A URL that cannot be parsed is never shown at all.
  for (const auto& text :
       {settings.database_url, settings.sidecar_database_url})
    if (auto url = parse_postgres_url(text))
      for (const auto& secret : url->secrets)
        keep_secret(secret);
}

void keep_secrets_of(const sync_settings& settings) {
  keep_secret(settings.repository_auth_token);
  // Of `https://user:password@host`, as a message could show them.
  const auto& url = settings.repository_base_url;
  const auto host = url.substr(std::min(url.find("://") + 3, url.size()));
  const auto end = host.substr(0, host.find('/')).rfind('@');
  if (end != std::string::npos)
    keep_secret(host.substr(0, end));
}

void keep_secrets_of(const kube_access& access) {
  keep_secret(access.token);
  keep_secret(access.password);
  keep_secret(access.key);
}

} // namespace motorcade
