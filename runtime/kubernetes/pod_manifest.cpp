#include "runtime/kubernetes/pod_manifest.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/kubernetes/container_command.hpp"
#include "runtime/kubernetes/pod_launch.hpp"
#include "runtime/kubernetes/pod_template.hpp"
#include "runtime/task/packed_documents.hpp"
#include "runtime/task/pod_name.hpp"
#include "runtime/task/pod_task.hpp"
#include "runtime/task/task_layout.hpp"
#include "schema/base/base64.hpp"
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

/// The most bytes of documents that the init step can unpack in its memory.
constexpr size_t largest_unpacked = size_t{32} << 20;

constexpr const char* destination_key = "destinationConfig";

/// A destinationConfig of no more is never packed, so that older sidecars read
/// it.
constexpr size_t small_destination = size_t{16} << 10;

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
    auto values = secret_values();
    auto documents = task_documents(task_);
    const auto& destination = task_.destination_config;
    if (!destination.empty())
      documents.push_back({destination_key, destination});
    size_t unpacked = 0;
    for (const auto& one : documents)
      unpacked += one.text.size();
    packed_ = size_of(values) + unpacked > largest_secret;
    destination_packed_ = packed_ && destination.size() > small_destination;
    json packed;
    size_t packed_bytes = 0;
    for (const auto& one : documents) {
      if (one.key == destination_key ? !destination_packed_ : !packed_) {
        values[one.key] = one.text;
        continue;
      }
      auto name = one.key + std::string{packed_suffix};
      auto data = pack_document(one.text);
      packed_bytes += name.size() + data.size();
      packed[name] = to_base64(data);
    }
    const auto bytes = size_of(values) + packed_bytes;
    if (packed_ && (bytes > largest_secret || unpacked > largest_unpacked))
      return too_large(documents, bytes, unpacked);
    json secret = {{"apiVersion", "v1"},
                   {"kind", "Secret"},
                   {"metadata", metadata(secret_name_)},
                   {"type", "Opaque"},
                   {"immutable", true},
                   {"stringData", std::move(values)}};
    if (packed_)
      secret["data"] = std::move(packed);
    json pod = {{"apiVersion", "v1"},
                {"kind", "Pod"},
                {"metadata", metadata(name_)},
                {"spec", spec()}};
    pod["metadata"]["annotations"] = annotations();
    add_pod_template(pod, settings_.pods.pod_template);
    return task_manifest{name_, write_json(secret), write_json(pod), nullptr};
  }

private:
  static size_t size_of(const json& values) {
    size_t out = 0;
    for (const auto& [key, value] : values.items())
      out += key.size() + value.get_ref<const std::string&>().size();
    return out;
  }

  static failure too_large(const std::vector<task_document>& documents,
                           size_t bytes, size_t unpacked) {
    std::string sizes;
    for (const auto& one : documents)
      sizes += (sizes.empty() ? "" : ", ") + one.key + ' '
               + std::to_string(one.text.size());
    return {ec::invalid_argument,
            "the documents are too large for a Secret of Kubernetes, which "
            "holds 1 MiB: "
                + std::to_string(unpacked) + " bytes (" + sizes + "), "
                + std::to_string(bytes)
                + " when compressed. Read fewer streams in one sync, so that "
                  "catalog and state are smaller, or run it without "
                  "Kubernetes, which has no such limit"};
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
    return destination_packed_ ? packed_suffix : std::string_view{};
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
    if (packed_) {
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
    if (!packed_) {
      volumes.push_back(secret_volume("config", secret_name_, keys));
      return;
    }
    volumes.push_back(
        {{"name", "config"}, {"emptyDir", {{"medium", "Memory"}}}});
    volumes.push_back(
        secret_volume("packed", secret_name_, keys, packed_suffix));
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

  /// The documents are in the Secret in a form that the init step unpacks.
  bool packed_ = false;
  /// The destinationConfig is packed. The sidecar unpacks it: no other
  /// container may see it.
  bool destination_packed_ = false;
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

result<task_manifest> make_pod_manifest(const task_request& task,
                                        const controller_settings& settings) {
  if (!is_image(task.package, task.version))
    return failure{ec::invalid_argument,
                   "package and version do not name an image, must be like "
                   "airbyte/source-faker and 6.2.0"};
  if (auto fit = check_destination(task, settings); !fit)
    return fit.error();
  if (settings.runtime == controller_runtime::process)
    return task_manifest{
        name_of(task), {}, {}, std::make_shared<const task_request>(task)};
  return manifest_writer{task, settings}.write();
}

} // namespace motorcade
