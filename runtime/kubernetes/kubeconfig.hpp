#pragma once

#include "config/environment.hpp"
#include "schema/base/result.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// The address of a Kubernetes API, and our login.
struct kube_access {
  /// `https://host:port`, without a slash at its end.
  std::string server;
  /// PEM; empty: the system's authorities.
  std::string authorities;
  /// The certificate is not checked.
  bool insecure = false;
  /// The name in the certificate; empty: the server's.
  std::string tls_server_name;
  /// PEM; both or none. The key is secret.
  std::string certificate;
  std::string key;
  /// Secret; empty: none.
  std::string token;
  /// A file with the token, which is replaced from time to time, so that it
  /// must be read anew; empty: none.
  std::string token_file;
  /// Secret; empty: none.
  std::string username;
  std::string password;
  /// The namespace of the context; empty: none.
  std::string name_space;
};

/// Reads a kubeconfig (v1 Config, YAML or JSON).
/// @param folder The folder that relative paths in it start from.
/// @param context Empty: the `current-context`, or the only one.
/// @returns invalid_argument naming what is missing or not supported (`exec`
/// and `auth-provider` start programs of others), and never a value.
result<kube_access> read_kubeconfig(const std::string& text,
                                    const std::string& folder,
                                    const std::string& context);

/// Reads the access that a Pod has by its service account:
/// KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, and the files of
/// `folder`.
result<kube_access>
read_in_cluster_access(const environment& from,
                       const std::string& folder =
                           "/var/run/secrets/kubernetes.io/serviceaccount");

/// Finds the access that SYNCCTL_KUBERNETES_CLIENT_CONFIG names: `local` is the
/// access of a Pod, a text of several lines is a kubeconfig itself, anything
/// else a path to one.
result<kube_access> find_kube_access(const std::string& client_config,
                                     const std::string& context,
                                     const environment& from);

} // namespace motorcade
