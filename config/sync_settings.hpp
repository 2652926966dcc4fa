#pragma once

#include "config/environment.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Settings of syncctl about syncs that it keeps, each named after its variable
/// without `SYNCCTL_`. Tasks know nothing of them.
struct sync_settings {
  /// SYNCCTL_WEBHOOK_HOSTS: hosts that notifications may reach although they
  /// are not public, as `webhook_reach` takes them.
  std::string webhook_hosts;
  /// SYNCCTL_SYNCS_DIR: the folder of files that define syncs; empty: none.
  std::string syncs_dir;

  friend bool operator==(const sync_settings&, const sync_settings&) = default;
};

/// Reads and checks them, as `read_controller_settings` does.
result<sync_settings> read_sync_settings(const environment& from);

} // namespace motorcade
