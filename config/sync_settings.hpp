#pragma once

#include "config/environment.hpp"
#include "schema/base/result.hpp"

#include <chrono>
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
  /// REPOSITORY_BASE_URL: a server that defines syncs, without a slash at the
  /// end; empty: none. Not together with `syncs_dir`. Secret, since it may hold
  /// a password.
  std::string repository_base_url;
  /// REPOSITORY_AUTH_TOKEN: the token that requests to it carry; empty: none.
  /// Secret.
  std::string repository_auth_token;
  /// REPOSITORY_REFRESH_PERIOD_SEC: the pause between two requests to it.
  std::chrono::milliseconds repository_refresh_period{5'000};

  friend bool operator==(const sync_settings&, const sync_settings&) = default;
};

/// Reads and checks them, as `read_controller_settings` does.
result<sync_settings> read_sync_settings(const environment& from);

} // namespace motorcade
