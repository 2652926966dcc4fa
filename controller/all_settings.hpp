#pragma once

#include "config/controller_settings.hpp"
#include "config/sync_settings.hpp"
#include "controller/api/exposure.hpp"
#include "runtime/http/server/auth_tokens.hpp"
#include "runtime/kubernetes/kubeconfig.hpp"
#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/webhook/webhook_reach.hpp"

#include <optional>

namespace motorcade {

/// All settings of syncctl, checked.
struct all_settings {
  controller_settings own;
  /// Empty if local processes run the tasks.
  kube_access access;
  auth_tokens tokens;
  listening_place listen;
  /// SYNCCTL_ENCRYPTION_KEYS; nothing if it is not set.
  std::optional<sealing_keys> keys;
  /// The hosts that webhooks may have: public ones, and SYNCCTL_WEBHOOK_HOSTS.
  webhook_reach webhooks;
  /// The settings of the folder or server that defines syncs besides the API.
  sync_settings syncs;
};

/// Reads the environment and `syncctl.env`, gathers all faults, and registers
/// the secrets, so that they are masked in the log.
/// @returns invalid_argument with a line for each variable that is wrong. If
/// `own.syncs_enabled` is false, only `own` counts.
result<all_settings> read_all_settings();

} // namespace motorcade
