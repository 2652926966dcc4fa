#include "config/controller_settings.hpp"

#include "config/env_file.hpp"
#include "config/settings_reader.hpp"
#include "runtime/base/text.hpp"
#include "runtime/base/whole_file.hpp"
#include "schema/base/excerpt.hpp"

#include <nlohmann/json.hpp>

#include <arpa/inet.h>

#include <algorithm>
#include <regex>

namespace motorcade {

namespace {

using namespace std::chrono_literals;
using nlohmann::json;

controller_runtime read_runtime(settings_reader& in) {
  const auto value = in.raw("SYNCCTL_RUNTIME");
  if (value.empty())
    return controller_runtime::automatic;
  if (value == "kubernetes")
    return controller_runtime::kubernetes;
  if (value != "process")
    in.report("SYNCCTL_RUNTIME",
              excerpt(value) + " is not known, must be kubernetes or process");
  return controller_runtime::process;
}

/// @returns whether Kubernetes takes the text as the key of a label or an
/// annotation: a name, perhaps with a DNS name and a slash before it.
bool is_qualified_name(const std::string& text) {
  static const std::regex name{"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?"
                               "[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"};
  constexpr size_t longest = 317;
  return text.size() <= longest && std::regex_match(text, name);
}

bool is_label_value(const std::string& text) {
  static const std::regex value{
      "([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?"};
  constexpr size_t longest = 63;
  return text.size() <= longest && std::regex_match(text, value);
}

/// @returns whether the text is a DNS name, as the names of most objects are.
bool is_object_name(const std::string& text) {
  static const std::regex name{"[a-z0-9]([-a-z0-9.]*[a-z0-9])?"};
  constexpr size_t longest = 253;
  return text.size() <= longest && std::regex_match(text, name);
}

/// @returns whether the text is an amount of CPU or memory.
bool is_quantity(const std::string& text) {
  static const std::regex quantity{
      "[0-9]{1,18}(\\.[0-9]{1,9})?([numkMGTPE]|[KMGTPE]i|[eE][0-9]{1,2})?"};
  constexpr size_t longest = 40;
  return text.size() <= longest && std::regex_match(text, quantity);
}

/// @returns the members of an object whose values are all texts.
std::map<std::string, std::string>
read_texts(settings_reader& in, std::string_view name, bool are_labels = true) {
  std::map<std::string, std::string> out;
  const auto value = in.raw(name);
  if (value.empty())
    return out;
  auto parsed = json::parse(value, nullptr, /*allow_exceptions*/ false);
  auto good = parsed.is_object();
  for (auto i = parsed.begin(); good && i != parsed.end(); ++i) {
    good = i->is_string();
    if (good)
      out[i.key()] = i->get<std::string>();
  }
  if (!good)
    in.report(name, R"(must be a JSON object of texts, like {"disk":"ssd"})");
  for (const auto& [key, text] : out)
    if (!is_qualified_name(key) || (are_labels && !is_label_value(text)))
      in.report(name, excerpt(key)
                          + " or its value is none that Kubernetes "
                            "takes: letters, digits and - _ . in "
                            "between, 63 at most");
  return out;
}

/// Reads resources. The shape is checked here, quantities are left to
/// Kubernetes.
std::string read_resources(settings_reader& in, std::string_view name,
                           std::string otherwise) {
  auto value = in.raw(name);
  if (value.empty())
    return otherwise;
  auto parsed = json::parse(value, nullptr, false);
  auto good = parsed.is_object();
  for (auto i = parsed.begin(); good && i != parsed.end(); ++i) {
    good = (i.key() == "requests" || i.key() == "limits") && i->is_object();
    for (auto j = i->begin(); good && j != i->end(); ++j)
      good = j->is_string() && is_quantity(j->get<std::string>());
  }
  if (!good)
    in.report(name,
              R"(must be like {"requests":{"cpu":"100m","memory":"256Mi"},)"
              R"("limits":{"cpu":"1","memory":"8Gi"}})");
  return value;
}

std::string read_tolerations(settings_reader& in) {
  constexpr std::string_view name = "SYNCCTL_KUBERNETES_TOLERATIONS";
  auto value = in.raw(name);
  if (value.empty())
    return value;
  auto parsed = json::parse(value, nullptr, false);
  if (!parsed.is_array()
      || !std::all_of(parsed.begin(), parsed.end(),
                      [](const json& one) { return one.is_object(); }))
    in.report(name, "must be a JSON array of tolerations, like "
                    R"([{"key":"syncs","operator":"Exists"}])");
  return value;
}

std::vector<std::string> read_list(settings_reader& in, std::string_view name) {
  std::vector<std::string> out;
  std::string part;
  for (auto c : in.text(name) + ",") {
    if (c == ',') {
      if (!part.empty())
        out.push_back(std::move(part));
      part.clear();
    } else if (c != ' ') {
      part += c;
    }
  }
  return out;
}

/// Reads a DNS label, as names of namespaces and service accounts are.
std::string read_label(settings_reader& in, std::string_view name,
                       std::string otherwise) {
  auto value = in.text(name);
  if (value.empty())
    return otherwise;
  auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  constexpr size_t longest = 63;
  if (value.size() > longest || value.front() == '-' || value.back() == '-'
      || !std::all_of(value.begin(), value.end(), fits))
    in.report(name, excerpt(value)
                        + " is no name of Kubernetes, must be of a-z, 0-9 and "
                          "dashes in between, 63 at most");
  return value;
}

pod_settings read_pods(settings_reader& in, presence image) {
  pod_settings out;
  out.sidecar_image = in.text("SYNCCTL_SIDECAR_IMAGE", image);
  out.service_account = read_label(in, "SYNCCTL_PODS_SERVICE_ACCOUNT", {});
  out.image_pull_policy = in.text("SYNCCTL_IMAGE_PULL_POLICY");
  const auto& policy = out.image_pull_policy;
  if (!policy.empty() && policy != "Always" && policy != "IfNotPresent"
      && policy != "Never")
    in.report("SYNCCTL_IMAGE_PULL_POLICY",
              excerpt(policy)
                  + " is not known, must be Always, IfNotPresent or Never");
  out.image_pull_secrets = read_list(in, "SYNCCTL_IMAGE_PULL_SECRETS");
  for (const auto& secret : out.image_pull_secrets)
    if (!is_object_name(secret))
      in.report("SYNCCTL_IMAGE_PULL_SECRETS",
                excerpt(secret)
                    + " is no name of a Secret, must be of a-z, "
                      "0-9, dashes and dots in between");
  out.node_selector = read_texts(in, "SYNCCTL_KUBERNETES_NODE_SELECTOR");
  out.labels = read_texts(in, "SYNCCTL_PODS_LABELS");
  out.annotations =
      read_texts(in, "SYNCCTL_PODS_ANNOTATIONS", /*are_labels*/ false);
  out.tolerations = read_tolerations(in);
  out.source_resources =
      read_resources(in, "SYNCCTL_SOURCE_RESOURCES", out.source_resources);
  out.sidecar_resources =
      read_resources(in, "SYNCCTL_SIDECAR_RESOURCES", out.sidecar_resources);
  out.init_resources =
      read_resources(in, "SYNCCTL_INIT_RESOURCES", out.init_resources);
  out.template_file = in.path("SYNCCTL_PODS_TEMPLATE");
  return out;
}

/// Reads an absolute path, without slashes at its end.
std::string read_folder(settings_reader& in, std::string_view name,
                        std::string otherwise) {
  auto out = in.path(name, presence::optional, std::move(otherwise));
  while (out.size() > 1 && out.ends_with('/'))
    out.pop_back();
  if (!out.empty() && out.front() != '/')
    in.report(name, "must be an absolute path");
  return out;
}

void read_processes(settings_reader& in, controller_settings& out) {
  auto home = in.raw("HOME");
  out.data_dir = read_folder(in, "SYNCCTL_DATA_DIR",
                             home.empty() ? "" : home + "/.syncctl");
  if (out.data_dir.empty())
    in.report("SYNCCTL_DATA_DIR",
              "missing, must be set where there is no HOME to keep data in");
  out.connectors_dir =
      read_folder(in, "SYNCCTL_CONNECTORS_DIR", out.data_dir + "/connectors");
  out.sidecar_program = read_folder(in, "SYNCCTL_SIDECAR_PROGRAM", {});
  auto& most = out.process;
  constexpr uint64_t least_memory = uint64_t{16} << 20;
  constexpr uint64_t largest = uint64_t{1} << 60;
  most.memory_bytes =
      in.bytes("SYNCCTL_PROCESS_MEMORY_BYTES", most.memory_bytes, 0, largest);
  if (most.memory_bytes != 0 && most.memory_bytes < least_memory)
    in.report("SYNCCTL_PROCESS_MEMORY_BYTES",
              "must be 0 for no limit, or at least 16 MiB");
  most.cpu_seconds = in.count("SYNCCTL_PROCESS_CPU_SECONDS", most.cpu_seconds,
                              0, 1'000'000'000);
  most.open_files =
      in.count("SYNCCTL_PROCESS_OPEN_FILES", most.open_files, 64, 1'000'000);
  if (out.database_url.empty())
    out.database_url =
        "sqlite://" + percent_encode_path(out.data_dir + "/syncctl.db");
  if (out.bulker_url.empty())
    out.bulker_url = "file://" + percent_encode_path(out.data_dir + "/tables");
}

/// Reports settings that cannot work together.
void check_runtime(settings_reader& in, const controller_settings& out,
                   bool chosen) {
  if (out.runtime == controller_runtime::kubernetes) {
    auto refuse = [&in](std::string_view name, const char* what) {
      in.report(name, std::string{what}
                          + " is out of the Pods' reach, which "
                            "SYNCCTL_RUNTIME=kubernetes runs connectors in");
    };
    if (out.database_url.starts_with("sqlite:"))
      refuse("SYNCCTL_DATABASE_URL", "a file of SQLite");
    if (out.sidecar_database_url.starts_with("sqlite:"))
      refuse("SYNCCTL_SIDECAR_DATABASE_URL", "a file of SQLite");
    if (out.bulker_url.starts_with("file:"))
      refuse("SYNCCTL_BULKER_URL", "a folder");
  } else if (!chosen && !out.pods.sidecar_image.empty()) {
    in.report("SYNCCTL_KUBERNETES_CLIENT_CONFIG",
              "missing, though SYNCCTL_SIDECAR_IMAGE is for Pods: set a "
              "kubeconfig's path, its text, or `local` in a Pod; for local "
              "processes set SYNCCTL_RUNTIME=process");
  }
}

void read_http_address(settings_reader& in, controller_settings& out) {
  auto value = in.raw("SYNCCTL_HTTP_ADDRESS");
  if (value.empty())
    return;
  in6_addr bytes{};
  if (::inet_pton(AF_INET, value.c_str(), &bytes) != 1
      && ::inet_pton(AF_INET6, value.c_str(), &bytes) != 1)
    in.report("SYNCCTL_HTTP_ADDRESS",
              excerpt(value) + " is no IP address, e.g. 127.0.0.1");
  out.http_address = std::move(value);
}

void read_times(settings_reader& in, controller_settings& out) {
  auto seconds = [&in](std::string_view name,
                       std::chrono::milliseconds& value) {
    value = in.duration(name, value, 1s, "seconds");
  };
  seconds("SYNCCTL_CONTAINER_STATUS_CHECK_SECONDS", out.container_status_check);
  seconds("SYNCCTL_CONTAINER_INIT_TIMEOUT_SECONDS", out.container_init_timeout);
  seconds("SYNCCTL_CONTAINER_GRACE_SHUTDOWN_SECONDS",
          out.container_grace_shutdown);
  seconds("SYNCCTL_UNSCHEDULABLE_TIMEOUT_SECONDS", out.unschedulable_timeout);
  seconds("SYNCCTL_START_PATIENCE_SECONDS", out.start_patience);
  // The row of a task that waits at a standby is not updated meanwhile, and
  // after ten minutes the leader would close it.
  if (out.start_patience > 9min)
    in.report("SYNCCTL_START_PATIENCE_SECONDS", "must be at most 540");
  out.task_timeout =
      in.duration("SYNCCTL_TASK_TIMEOUT_HOURS", out.task_timeout, 1h, "hours");
}

void read_console(settings_reader& in, controller_settings& out) {
  out.console_url =
      in.url("CONSOLE_URL", presence::optional, {"http://", "https://"});
  while (out.console_url.ends_with('/'))
    out.console_url.pop_back();
  out.console_token = in.secret("CONSOLE_TOKEN");
}

} // namespace

result<controller_settings> read_controller_settings(const environment& from) {
  settings_reader in{from};
  controller_settings out;
  out.syncs_enabled = in.boolean("SYNCCTL_SYNCS_ENABLED", out.syncs_enabled);
  out.runtime = read_runtime(in);
  out.kubernetes_client_config = in.raw("SYNCCTL_KUBERNETES_CLIENT_CONFIG");
  const auto chosen = out.runtime != controller_runtime::automatic;
  if (!chosen)
    out.runtime = out.kubernetes_client_config.empty()
                      ? controller_runtime::process
                      : controller_runtime::kubernetes;
  const auto by_kubernetes = out.runtime == controller_runtime::kubernetes
                                 ? presence::required
                                 : presence::optional;
  // Without Kubernetes the default is a file in the data folder.
  out.database_url = in.url("SYNCCTL_DATABASE_URL", by_kubernetes,
                            {"postgres://", "postgresql://", "sqlite:///"});
  out.sidecar_database_url =
      in.url("SYNCCTL_SIDECAR_DATABASE_URL", presence::optional,
             {"postgres://", "postgresql://", "sqlite:///"});
  read_http_address(in, out);
  out.allow_anonymous =
      in.boolean("SYNCCTL_ALLOW_ANONYMOUS", out.allow_anonymous);
  out.http_port = static_cast<uint16_t>(
      in.count("SYNCCTL_HTTP_PORT", out.http_port, 1, highest_port));
  out.auth_tokens = in.secret("SYNCCTL_AUTH_TOKENS");
  out.encryption_keys = in.secret("SYNCCTL_ENCRYPTION_KEYS");
  out.token_secret = in.secret("SYNCCTL_TOKEN_SECRET");
  out.pods = read_pods(in, by_kubernetes);
  out.kubernetes_context = in.text("SYNCCTL_KUBERNETES_CONTEXT");
  out.kubernetes_namespace =
      read_label(in, "SYNCCTL_KUBERNETES_NAMESPACE", out.kubernetes_namespace);
  read_times(in, out);
  out.bulker_logs_connection_id = in.text("SYNCCTL_BULKER_LOGS_CONNECTION_ID");
  // A read may bring its destinationConfig; lines of log need the URL.
  out.bulker_url =
      in.url("SYNCCTL_BULKER_URL",
             out.bulker_logs_connection_id.empty() ? presence::optional
                                                   : presence::required,
             {"http://", "https://", "file:///"});
  out.bulker_auth_token = in.secret("SYNCCTL_BULKER_AUTH_TOKEN");
  out.instance_id = in.text("SYNCCTL_INSTANCE_ID");
  out.pod_uid = in.text("SYNCCTL_POD_UID");
  out.own_log_level = in.level("SYNCCTL_LOG_LEVEL", out.own_log_level);
  out.db_log_level = in.level("SYNCCTL_DB_LOG_LEVEL", out.db_log_level);
  out.mask_logs = in.boolean("SYNCCTL_MASK_LOGS", out.mask_logs);
  read_sidecar_limits(in, "SYNCCTL_", out.limits);
  read_console(in, out);
  if (out.runtime == controller_runtime::process)
    read_processes(in, out);
  if (out.sidecar_database_url.empty())
    out.sidecar_database_url = out.database_url;
  check_runtime(in, out, chosen);
  if (const auto read = in.finish(); !read)
    return read.error();
  return out;
}

result<environment> with_controller_env_file(const environment& from) {
  auto folder = from("SYNCCTL_CONFIG_PATH").value_or("");
  if (folder.empty())
    return from;
  auto path = folder + "/syncctl.env";
  auto refuse = [](const std::string& why) {
    return failure{ec::invalid_argument, "SYNCCTL_CONFIG_PATH: " + why};
  };
  auto text = read_whole_file(path);
  if (!text)
    return refuse(text.error().what);
  auto read = read_env_file(*text);
  if (!read)
    return refuse(path + ": " + read.error().what);
  return fill_in_environment(from, make_environment(std::move(*read)));
}

} // namespace motorcade
