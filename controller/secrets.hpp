#pragma once

#include "config/controller_settings.hpp"
#include "runtime/kubernetes/kubeconfig.hpp"

namespace motorcade {

/// Sees to it that the controller's secrets are masked wherever a line of log
/// is shown.
void keep_secrets_of(const controller_settings& settings);
void keep_secrets_of(const kube_access& access);

} // namespace motorcade
