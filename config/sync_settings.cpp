#include "config/sync_settings.hpp"

#include "config/settings_reader.hpp"

namespace motorcade {

result<sync_settings> read_sync_settings(const environment& from) {
  settings_reader in{from};
  sync_settings out;
  out.webhook_hosts = in.text("SYNCCTL_WEBHOOK_HOSTS");
  out.syncs_dir = in.path("SYNCCTL_SYNCS_DIR");
  out.repository_base_url = in.url("REPOSITORY_BASE_URL", presence::optional,
                                   {"http://", "https://"});
  while (out.repository_base_url.ends_with('/'))
    out.repository_base_url.pop_back();
  out.repository_auth_token = in.secret("REPOSITORY_AUTH_TOKEN");
  out.repository_refresh_period = in.duration(
      "REPOSITORY_REFRESH_PERIOD_SEC", out.repository_refresh_period,
      std::chrono::seconds{1}, "seconds");
  if (!out.syncs_dir.empty() && !out.repository_base_url.empty())
    in.report("REPOSITORY_BASE_URL",
              "is set together with SYNCCTL_SYNCS_DIR; syncs are defined by a "
              "repository or by files, so set one of them");
  if (auto all = in.finish(); !all)
    return all.error();
  return out;
}

} // namespace motorcade
