#include "runtime/kubernetes/pod_manifest.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/kubernetes/container_command.hpp"
#include "runtime/kubernetes/pod_launch.hpp"
#include "runtime/kubernetes/pod_template.hpp"
#include "runtime/kubernetes/task_secrets_content.hpp"
#include "runtime/task/packed_documents.hpp"
#include "runtime/task/pod_name.hpp"
#include "runtime/task/pod_task.hpp"
#include "runtime/task/task_layout.hpp"
#include "schema/catalog/destination_kind.hpp"
#include "schema/catalog/destination_reach.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <regex>
#include <utility>
#include <vector>

namespace motorcade {

namespace {

using nlohmann::json;

constexpr int sidecar_user = 65'532;
/// Airbyte's images name their user by a word, which runAsNonRoot cannot judge:
/// this is that user's number.
constexpr int connector_user = 1'000;

std::string image_of(const task_request& task) {
  auto is_digest = task.version.starts_with("sha256:");
  return task.package + (is_digest ? "@" : ":") + task.version;
}

json text_env(std::string_view name, const std::string& value) {
  return {{"name", name}, {"value", value}};
}

json hardened(bool read_only_root) {
  json out = {{"allowPrivilegeEscalation", false},
              {"capabilities", {{"drop", {"ALL"}}}}};
  if (read_only_root)
    out["readOnlyRootFilesystem"] = true;
  return out;
}

json mount(std::string_view volume, std::string_view path, bool read_only) {
  json out = {{"name", volume}, {"mountPath", path}};
  if (read_only)
    out["readOnly"] = true;
  return out;
}

/// @returns a volume with keys of the Secret as files.
/// @param end Of both their names; may be empty.
json secret_volume(std::string_view name, const std::string& secret,
                   const std::vector<std::string>& keys,
                   std::string_view end = {}) {
  auto items = json::array();
  for (const auto& key : keys)
    items.push_back({{"key", key + std::string{end}},
                     {"path", key + ".json" + std::string{end}}});
  return {{"name", name},
          {"secret", {{"secretName", secret}, {"items", items}}}};
}

std::string name_of(const task_request& task) {
  return make_pod_name({task.package, task.version, task.command, task.sync_id,
                        task.task_id, task.storage_key,
                        sha256_hex(task.config)});
}

/// Writes one task's objects.
class manifest_writer {
public:
  manifest_writer(const task_request& task, const controller_settings& settings)
      : task_{task},
        settings_{settings},
        name_{name_of(task)},
        secret_name_{secret_name(name_)} {}

  result<task_manifest> write() {
    auto documents = task_documents(task_);
    const auto& destination = task_.destination_config;
    if (!destination.empty())
      documents.push_back({destination_key, destination});
    auto laid_out = lay_out_secrets(secret_values(), documents);
    if (!laid_out)
      return laid_out.error();
    contents_ = std::move(*laid_out);
    json secret = secret_of(secret_name_);
    secret["stringData"] = std::move(contents_.texts);
    if (!contents_.data.empty())
      secret["data"] = std::move(contents_.data);
    json pod = {{"apiVersion", "v1"},
                {"kind", "Pod"},
                {"metadata", metadata(name_)},
                {"spec", spec()}};
    pod["metadata"]["annotations"] = annotations();
    add_pod_template(pod, settings_.pods.pod_template);
    task_manifest out{name_, write_json(secret), write_json(pod), nullptr, {}};
    for (size_t i = 0; i < contents_.more.size(); ++i) {
      auto further = secret_of(further_name(i));
      further["data"] = std::move(contents_.more[i]);
      out.more_secrets.push_back(write_json(further));
    }
    return out;
  }

private:
  /// @returns a Secret without content.
  json secret_of(const std::string& name) const {
    return {{"apiVersion", "v1"},
            {"kind", "Secret"},
            {"metadata", metadata(name)},
            {"type", "Opaque"},
            {"immutable", true}};
  }

  /// @returns the name of a Secret besides the first one.
  std::string further_name(size_t index) const {
    return secret_name_ + "-" + std::to_string(index + 2);
  }

  json metadata(const std::string& name) const {
    json labels = settings_.pods.labels;
    labels[creator_label] = creator_value;
    return {{"name", name},
            {"namespace", settings_.kubernetes_namespace},
            {"labels", std::move(labels)}};
  }

  json annotations() const {
    json out = settings_.pods.annotations;
    out.update(json(to_annotations(task_)));
    return out;
  }

  json secret_values() const {
    json out = {{"DATABASE_URL", settings_.sidecar_database_url}};
    auto add = [&out](const char* key, const std::string& value) {
      if (!value.empty())
        out[key] = value;
    };
    add("BULKER_AUTH_TOKEN", settings_.bulker_auth_token);
    return out;
  }

  std::vector<std::string> config_keys() const {
    std::vector<std::string> out;
    for (auto& one : task_documents(task_))
      out.push_back(std::move(one.key));
    return out;
  }

  json secret_env(std::string_view name) const {
    return {{"name", name},
            {"valueFrom",
             {{"secretKeyRef", {{"name", secret_name_}, {"key", name}}}}}};
  }

  json sidecar_env() const {
    auto out = json::array();
    for (const auto& one : sidecar_environment(task_, settings_)) {
      if (one.secret)
        out.push_back(secret_env(one.name));
      else if (one.name == "DESTINATION_CONFIG_FILE")
        out.push_back(
            text_env(one.name, one.value + std::string{destination_end()}));
      else
        out.push_back(text_env(one.name, one.value));
    }
    return out;
  }

  /// The end of the name of the destinationConfig's file.
  std::string_view destination_end() const {
    return contents_.destination_packed ? packed_suffix : std::string_view{};
  }

  static json connector_env() {
    auto out = json::array();
    for (const auto& one : connector_environment())
      out.push_back(text_env(one.name, one.value));
    return out;
  }

  json init() const {
    std::vector<std::string> args = {"init", "/pipes"};
    auto mounts = json::array({mount("pipes", "/pipes", false)});
    if (contents_.packed) {
      args.insert(args.end(), {"--unpack", "/packed", "--into", "/config"});
      mounts.push_back(mount("packed", "/packed", true));
      mounts.push_back(mount("config", "/config", false));
    }
    return {{"name", "init"},
            {"image", settings_.pods.sidecar_image},
            {"args", args},
            {"securityContext", hardened(/*read_only_root*/ true)},
            {"resources", json::parse(settings_.pods.init_resources)},
            {"volumeMounts", std::move(mounts)}};
  }

  json source() const {
    auto security = hardened(/*read_only_root*/ false);
    security["runAsUser"] = security["runAsGroup"] = connector_user;
    auto mounts = json::array({mount("pipes", "/pipes", false)});
    if (!config_keys().empty())
      mounts.push_back(mount("config", "/config", true));
    return {{"name", "source"},
            {"image", image_of(task_)},
            {"command", {"sh", "-c", source_script(task_)}},
            {"env", connector_env()},
            {"securityContext", std::move(security)},
            {"resources", json::parse(settings_.pods.source_resources)},
            {"volumeMounts", std::move(mounts)}};
  }

  json sidecar() const {
    auto mounts = json::array();
    if (has_connector(task_))
      mounts.push_back(mount("pipes", "/pipes", false));
    if (!config_keys().empty())
      mounts.push_back(mount("config", "/config", true));
    if (!task_.destination_config.empty())
      mounts.push_back(mount("destination", "/destination", true));
    return {{"name", "sidecar"},
            {"image", settings_.pods.sidecar_image},
            {"env", sidecar_env()},
            {"securityContext", hardened(/*read_only_root*/ true)},
            {"resources", json::parse(settings_.pods.sidecar_resources)},
            {"volumeMounts", std::move(mounts)}};
  }

  /// Adds the volume of the config, which is in memory, as the files of a
  /// Secret are.
  void add_config(json& volumes, const std::vector<std::string>& keys) const {
    if (!contents_.packed) {
      volumes.push_back(secret_volume("config", secret_name_, keys));
      return;
    }
    volumes.push_back(
        {{"name", "config"}, {"emptyDir", {{"medium", "Memory"}}}});
    if (contents_.more.empty()) {
      volumes.push_back(
          secret_volume("packed", secret_name_, keys, packed_suffix));
      return;
    }
    auto sources = json::array();
    for (size_t i = 0; i < contents_.more.size(); ++i) {
      auto items = json::array();
      for (const auto& [key, value] : contents_.more[i].items())
        items.push_back(
            {{"key", key},
             {"path", std::string{key}.insert(key.find('.'), ".json")}});
      sources.push_back(
          {{"secret", {{"name", further_name(i)}, {"items", items}}}});
    }
    volumes.push_back(
        {{"name", "packed"}, {"projected", {{"sources", sources}}}});
  }

  json spec() const {
    const auto& pods = settings_.pods;
    auto volumes = json::array();
    if (has_connector(task_))
      volumes.push_back({{"name", "pipes"}, {"emptyDir", json::object()}});
    if (auto keys = config_keys(); !keys.empty())
      add_config(volumes, keys);
    if (!task_.destination_config.empty())
      volumes.push_back(secret_volume("destination", secret_name_,
                                      {destination_key}, destination_end()));
    auto grace = std::chrono::ceil<std::chrono::seconds>(
        settings_.container_grace_shutdown);
    json out = {{"restartPolicy", "Never"},
                {"terminationGracePeriodSeconds", grace.count()},
                {"automountServiceAccountToken", false},
                {"enableServiceLinks", false},
                {"securityContext",
                 {{"runAsNonRoot", true},
                  {"runAsUser", sidecar_user},
                  {"runAsGroup", sidecar_user},
                  {"fsGroup", sidecar_user},
                  {"seccompProfile", {{"type", "RuntimeDefault"}}}}},
                {"initContainers", json::array()},
                {"containers", json::array()},
                {"volumes", std::move(volumes)}};
    if (has_connector(task_)) {
      out["initContainers"].push_back(init());
      out["containers"].push_back(source());
    }
    out["containers"].push_back(sidecar());
    if (!pods.service_account.empty())
      out["serviceAccountName"] = pods.service_account;
    if (!pods.node_selector.empty())
      out["nodeSelector"] = pods.node_selector;
    if (!pods.tolerations.empty())
      out["tolerations"] = json::parse(pods.tolerations);
    for (const auto& name : pods.image_pull_secrets)
      out["imagePullSecrets"].push_back({{"name", name}});
    for (const auto* list : {"initContainers", "containers"})
      for (auto& container : out[list]) {
        keep_literal(container);
        if (!pods.image_pull_policy.empty())
          container["imagePullPolicy"] = pods.image_pull_policy;
      }
    return out;
  }

  /// Emptied as the Secrets are written.
  secret_contents contents_;
  const task_request& task_;
  const controller_settings& settings_;
  const std::string name_;
  const std::string secret_name_;
};

/// @returns the reason for which the task's destination must not be used.
result<void> check_destination(const task_request& task,
                               const controller_settings& settings) {
  const auto kind = kind_of_destination(task.destination_config);
  if (!kind)
    return kind.error();
  if (is_local(*kind) && settings.runtime == controller_runtime::kubernetes)
    return failure{ec::invalid_argument,
                   "destinationConfig: sqlite and file are files on the "
                   "machine of the task, and end with its Pod; choose "
                   "another destinationType"};
  if (settings.runtime == controller_runtime::process)
    if (auto ok = check_destination_reach(task.destination_config,
                                          settings.data_dir + "/rows");
        !ok)
      return ok;
  if (task.command == "read" && *kind == destination_kind::unsaid
      && settings.bulker_url.empty())
    return failure{ec::invalid_argument,
                   "the request says no destination: send a "
                   "destinationConfig with a destinationType, or set "
                   "SYNCCTL_BULKER_URL"};
  return {};
}

} // namespace

bool is_image(std::string_view package, std::string_view version) {
  constexpr size_t longest_name = 255;
  // The recursion of a regular expression grows with its text, so that is
  // bounded.
  if (package.size() > longest_name || version.size() > longest_name)
    return false;
  static const std::regex name{
      "(([a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?)"
      "(\\.[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?)*(:[0-9]{1,5})?/)?"
      "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*"
      "(/[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*)*"};
  static const std::regex tag{
      "[A-Za-z0-9_][-A-Za-z0-9._]{0,127}|sha256:[0-9a-f]{64}"};
  return std::regex_match(package.begin(), package.end(), name)
         && std::regex_match(version.begin(), version.end(), tag);
}

result<void> check_startable(const task_request& task,
                             const controller_settings& settings) {
  if (!is_image(task.package, task.version))
    return failure{ec::invalid_argument,
                   "package and version do not name an image, must be like "
                   "airbyte/source-faker and 6.2.0"};
  return check_destination(task, settings);
}

result<task_manifest> make_pod_manifest(const task_request& task,
                                        const controller_settings& settings) {
  if (auto fit = check_startable(task, settings); !fit)
    return fit.error();
  if (settings.runtime == controller_runtime::process)
    return task_manifest{
        name_of(task), {}, {}, std::make_shared<const task_request>(task)};
  return manifest_writer{task, settings}.write();
}

} // namespace motorcade
