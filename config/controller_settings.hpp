#pragma once

#include "config/environment.hpp"
#include "config/sidecar_limits.hpp"
#include "schema/base/result.hpp"
#include "schema/log/log_level.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace motorcade {

/// Where syncctl runs connectors.
enum class controller_runtime : uint8_t {
  /// Kubernetes if a client config is given or found in the cluster, else
  /// local processes.
  automatic,
  kubernetes,
  process,
};

/// The limits of a connector that is a local process
/// (SYNCCTL_PROCESS_MEMORY_BYTES, SYNCCTL_PROCESS_CPU_SECONDS,
/// SYNCCTL_PROCESS_OPEN_FILES).
struct process_limits {
  /// The limit of each of its processes for data that is neither shared nor
  /// only reserved (RLIMIT_DATA); 0: none.
  uint64_t memory_bytes = uint64_t{8} << 30;
  /// The limit of each of its processes; 0: none.
  uint64_t cpu_seconds = 0;
  /// The limit of each process, the sidecar's included.
  uint64_t open_files = 4096;

  friend bool operator==(const process_limits&,
                         const process_limits&) = default;
};

/// Settings of all Pods, besides what their task needs.
struct pod_settings {
  /// SYNCCTL_SIDECAR_IMAGE, also of the init step.
  std::string sidecar_image;
  /// SYNCCTL_PODS_SERVICE_ACCOUNT; empty: the namespace's default.
  std::string service_account;
  /// SYNCCTL_IMAGE_PULL_POLICY: Always, IfNotPresent or Never; empty:
  /// Kubernetes' own choice.
  std::string image_pull_policy;
  /// SYNCCTL_IMAGE_PULL_SECRETS: names, separated by commas.
  std::vector<std::string> image_pull_secrets;
  /// SYNCCTL_KUBERNETES_NODE_SELECTOR, SYNCCTL_PODS_LABELS,
  /// SYNCCTL_PODS_ANNOTATIONS: JSON objects of texts.
  std::map<std::string, std::string> node_selector;
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> annotations;
  /// SYNCCTL_KUBERNETES_TOLERATIONS: a JSON array; empty: none.
  std::string tolerations;
  /// SYNCCTL_SOURCE_RESOURCES, SYNCCTL_SIDECAR_RESOURCES,
  /// SYNCCTL_INIT_RESOURCES: JSON objects with `requests` and `limits`.
  std::string source_resources =
      R"({"requests":{"cpu":"100m","memory":"256Mi"},)"
      R"("limits":{"cpu":"1","memory":"8Gi"}})";
  std::string sidecar_resources =
      R"({"requests":{"cpu":"0","memory":"64Mi"},)"
      R"("limits":{"cpu":"500m","memory":"512Mi"}})";
  std::string init_resources = R"({"requests":{"cpu":"0","memory":"16Mi"},)"
                               R"("limits":{"cpu":"100m","memory":"64Mi"}})";
  /// SYNCCTL_PODS_TEMPLATE: the path of a Pod template; empty: none.
  std::string template_file;
  /// The template of `template_file` as JSON, which `read_pod_template` has
  /// checked; empty: there is none.
  std::string pod_template;

  friend bool operator==(const pod_settings&, const pod_settings&) = default;
};

/// syncctl's settings, each named after its variable without `SYNCCTL_`. An
/// empty text is one that was not set.
struct controller_settings {
  /// Never `automatic` once the settings were read.
  controller_runtime runtime = controller_runtime::automatic;
  /// SYNCCTL_DATA_DIR: the folder of a controller that runs processes: the
  /// folders of tasks, and by default database, tables and connectors.
  std::string data_dir;
  /// The folder of connectors: programs named after their packages.
  std::string connectors_dir;
  /// Empty: the program `sidecar` beside our own.
  std::string sidecar_program;
  process_limits process;
  /// `postgres://…`, `postgresql://…` or `sqlite:///path`. Secret.
  std::string database_url;
  /// The same database as sidecars reach it; not set: `database_url`. Secret.
  std::string sidecar_database_url;
  /// An address of this machine, or of all its networks; empty: not set.
  std::string http_address;
  /// SYNCCTL_ALLOW_ANONYMOUS: clients of other machines may ask without tokens.
  bool allow_anonymous = false;
  uint16_t http_port = 3043;
  /// Secret.
  std::string auth_tokens;
  std::string token_secret;
  pod_settings pods;
  /// `local`, a path, or a kubeconfig itself. Secret.
  std::string kubernetes_client_config;
  std::string kubernetes_context;
  std::string kubernetes_namespace = "default";
  std::chrono::milliseconds container_status_check = std::chrono::seconds{10};
  std::chrono::milliseconds container_init_timeout = std::chrono::seconds{180};
  std::chrono::milliseconds container_grace_shutdown = std::chrono::seconds{60};
  /// The longest time that a Pod may wait for a node
  /// (SYNCCTL_UNSCHEDULABLE_TIMEOUT_SECONDS).
  std::chrono::milliseconds unschedulable_timeout = std::chrono::seconds{60};
  /// The longest time that an accepted start waits for a Kubernetes that is
  /// away or too busy (SYNCCTL_START_PATIENCE_SECONDS).
  std::chrono::milliseconds start_patience = std::chrono::seconds{300};
  std::chrono::milliseconds task_timeout = std::chrono::hours{48};
  std::string bulker_url;
  /// Secret.
  std::string bulker_auth_token;
  std::string bulker_logs_connection_id;
  /// SYNCCTL_ENCRYPTION_KEYS: the keys for the secrets of syncs. The first key
  /// seals; each of them can open. Secret.
  std::string encryption_keys;
  /// Empty: made and kept at the first start.
  std::string instance_id;
  /// SYNCCTL_POD_UID: the Pod that this process is alone in; empty: none.
  std::string pod_uid;
  log_level own_log_level = log_level::info;
  log_level db_log_level = log_level::info;
  /// MASK_LOGS of the sidecars.
  bool mask_logs = true;
  /// SYNCCTL_SOURCE_EXIT_TIMEOUT_SECONDS …: limits of all tasks.
  sidecar_limits limits;
  /// False: syncctl ends at once.
  bool syncs_enabled = true;
  /// CONSOLE_URL, CONSOLE_TOKEN (these two without `SYNCCTL_`): the console
  /// that is asked to run a sync (`thenRun`). The token is secret.
  std::string console_url;
  std::string console_token;

  friend bool operator==(const controller_settings&,
                         const controller_settings&) = default;
};

/// Reads and checks all settings, as `read_sidecar_settings` does.
result<controller_settings> read_controller_settings(const environment& from);

/// @returns the environment with what `syncctl.env` in SYNCCTL_CONFIG_PATH says
/// filled in; what the environment says wins. The same if that variable is not
/// set; invalid_argument if it is set and the file cannot be used.
result<environment> with_controller_env_file(const environment& from);

} // namespace motorcade
