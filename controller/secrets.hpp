#pragma once

#include "config/controller_settings.hpp"
#include "config/sync_settings.hpp"
#include "runtime/kubernetes/kubeconfig.hpp"

namespace motorcade {

/// Registers the controller's secrets, so that they are masked in every line of
/// log.
void keep_secrets_of(const controller_settings& settings);
/// Registers the secrets in the settings of the folder or server that defines
/// syncs.
void keep_secrets_of(const sync_settings& settings);
/// Registers the credentials for Kubernetes.
void keep_secrets_of(const kube_access& access);

} // namespace motorcade
