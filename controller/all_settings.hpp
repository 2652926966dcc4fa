#pragma once

#include "config/controller_settings.hpp"
#include "controller/exposure.hpp"
#include "runtime/http/server/auth_tokens.hpp"
#include "runtime/kubernetes/kubeconfig.hpp"

namespace motorcade {

/// Everything that the environment says to syncctl, checked.
struct all_settings {
  controller_settings own;
  /// Empty where local processes run the tasks.
  kube_access access;
  auth_tokens tokens;
  listening_place listen;
};

/// Reads the environment and `syncctl.env`, finds everything that is wrong
/// before it says so, and sees to it that secrets are masked in the log.
/// @returns invalid_argument with a line for each variable that is wrong.
/// Nothing but `own` counts where `own.syncs_enabled` is false.
result<all_settings> read_all_settings();

} // namespace motorcade
