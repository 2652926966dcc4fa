#include "config/sync_settings.hpp"

#include "config/settings_reader.hpp"

namespace motorcade {

result<sync_settings> read_sync_settings(const environment& from) {
  settings_reader in{from};
  sync_settings out;
  out.webhook_hosts = in.text("SYNCCTL_WEBHOOK_HOSTS");
  out.syncs_dir = in.path("SYNCCTL_SYNCS_DIR");
  if (auto all = in.finish(); !all)
    return all.error();
  return out;
}

} // namespace motorcade
