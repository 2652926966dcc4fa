#include "runtime/kubernetes/pod_template.hpp"

#include "runtime/task/delayed_task.hpp"
#include "runtime/task/pod_task.hpp"
#include "runtime/task/task_manifest.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

namespace motorcade {

namespace {

using nlohmann::json;

constexpr size_t largest_template = size_t{256} << 10;
/// Aliases of YAML can multiply without end.
constexpr size_t most_nodes = 20'000;

/// A fault of the template, in words for a person.
struct template_error {
  std::string what;
};

[[noreturn]] void refuse(const std::string& where, const std::string& why) {
  throw template_error{where.empty() ? why : where + ": " + why};
}

/// The shape of a member.
enum class shape : uint8_t {
  any,
  object,
  /// A list of objects.
  list,
  /// A list of objects with names that differ, which are added to ours.
  named,
  text,
  /// It is motorcade's.
  ours,
};

/// @returns the members of a Pod's spec that Kubernetes 1.34 knows. One that is
/// misspelt would do nothing, without a word of Kubernetes.
const std::map<std::string, shape, std::less<>>& spec_members() {
  static const std::map<std::string, shape, std::less<>> out = {
      {"activeDeadlineSeconds", shape::ours},
      {"affinity", shape::object},
      {"automountServiceAccountToken", shape::ours},
      {"containers", shape::named},
      {"dnsConfig", shape::object},
      {"dnsPolicy", shape::text},
      {"enableServiceLinks", shape::ours},
      {"ephemeralContainers", shape::ours},
      {"hostAliases", shape::list},
      {"hostIPC", shape::ours},
      {"hostNetwork", shape::any},
      {"hostPID", shape::ours},
      {"hostUsers", shape::any},
      {"hostname", shape::text},
      {"hostnameOverride", shape::text},
      {"imagePullSecrets", shape::list},
      {"initContainers", shape::named},
      {"nodeName", shape::text},
      {"nodeSelector", shape::object},
      {"os", shape::object},
      {"overhead", shape::object},
      {"preemptionPolicy", shape::text},
      {"priority", shape::any},
      {"priorityClassName", shape::text},
      {"readinessGates", shape::list},
      {"resourceClaims", shape::list},
      {"resources", shape::object},
      {"restartPolicy", shape::ours},
      {"runtimeClassName", shape::text},
      {"schedulerName", shape::text},
      {"schedulingGates", shape::list},
      {"securityContext", shape::object},
      {"serviceAccount", shape::ours},
      {"serviceAccountName", shape::ours},
      {"setHostnameAsFQDN", shape::any},
      {"shareProcessNamespace", shape::ours},
      {"subdomain", shape::text},
      {"terminationGracePeriodSeconds", shape::ours},
      {"tolerations", shape::list},
      {"topologySpreadConstraints", shape::list},
      {"volumes", shape::named},
  };
  return out;
}

/// @returns why a member is motorcade's, and what to do.
std::string reason_of(const std::string& member) {
  if (member == "serviceAccount" || member == "serviceAccountName")
    return "is set by SYNCCTL_PODS_SERVICE_ACCOUNT";
  if (member == "terminationGracePeriodSeconds")
    return "is set by SYNCCTL_CONTAINER_GRACE_SHUTDOWN_SECONDS";
  if (member == "activeDeadlineSeconds")
    return "is left out, since SYNCCTL_TASK_TIMEOUT_HOURS ends tasks in order";
  if (member == "shareProcessNamespace" || member == "hostPID"
      || member == "hostIPC")
    return "is left out: a connector would see its sidecar's secrets";
  return "is set by syncctl and cannot be changed";
}

/// Turns YAML into JSON, with the scalars that kubectl makes of it.
class yaml_reader {
public:
  json read(const YAML::Node& node) {
    if (++nodes_ > most_nodes)
      refuse({}, "it has too many parts");
    if (node.IsSequence()) {
      auto out = json::array();
      for (const auto& item : node)
        out.push_back(read(item));
      return out;
    }
    if (node.IsMap())
      return read_map(node);
    return node.IsScalar() ? read_scalar(node) : json{};
  }

private:
  json read_map(const YAML::Node& node) {
    auto out = json::object();
    for (const auto& member : node) {
      const auto line = std::to_string(member.first.Mark().line + 1);
      if (!member.first.IsScalar())
        refuse("line " + line, "a member's name must be a text");
      const auto& name = member.first.Scalar();
      if (out.contains(name))
        refuse("line " + line, excerpt(name) + " is there twice");
      out[name] = read(member.second);
    }
    return out;
  }

  static json read_scalar(const YAML::Node& node) {
    const auto& text = node.Scalar();
    if (node.Tag() == "!")
      return text;
    // A mode such as 0440 is octal.
    int number = 0;
    const auto* end = text.data() + text.size();
    constexpr int octal = 8;
    if (text.size() > 1 && text.front() == '0'
        && std::from_chars(text.data(), end, number, octal).ptr == end)
      return number;
    auto plain = json::parse(text, nullptr, /*allow_exceptions*/ false);
    return plain.is_primitive() && !plain.is_string() && !plain.is_discarded()
               ? plain
               : json(text);
  }

  size_t nodes_ = 0;
};

void want(bool fits, const std::string& where, const char* what) {
  if (!fits)
    refuse(where, std::string{"must be "} + what);
}

bool is_own_container(const std::string& name) {
  return name == init_container || name == source_container
         || name == sidecar_container;
}

bool is_own_volume(const std::string& name) {
  return name == "pipes" || name == "config" || name == "packed"
         || name == "destination";
}

void check_container(const json& one, const std::string& where,
                     std::set<std::string>& names) {
  const auto name = text_at(one, "name");
  want(!name.empty(), where + ".name", "a text");
  if (is_own_container(name))
    refuse(where + ".name",
           name + " is a container of motorcade's; choose another name");
  if (!names.insert(name).second)
    refuse(where + ".name", excerpt(name) + " is there twice");
  want(!text_at(one, "image").empty(), where + ".image", "a text");
  size_t number = 0;
  for (const auto& mount : array_at(one, "volumeMounts")) {
    const auto volume = text_at(mount, "name");
    if (is_own_volume(volume))
      refuse(where + ".volumeMounts[" + std::to_string(number) + "].name",
             volume + " holds what is the task's alone");
    ++number;
  }
}

void check_list(const json& list, const std::string& where) {
  want(list.is_array(), where, "a list");
  for (size_t i = 0; i < list.size(); ++i)
    want(list[i].is_object(), where + "[" + std::to_string(i) + "]",
         "an object");
}

void check_spec(const json& spec) {
  std::set<std::string> containers;
  std::set<std::string> volumes;
  for (const auto& [name, value] : spec.items()) {
    const auto where = "spec." + name;
    const auto known = spec_members().find(name);
    if (known == spec_members().end())
      refuse(where, "is no member of a Pod's spec that Kubernetes knows");
    switch (known->second) {
    case shape::any:
      break;
    case shape::ours:
      refuse(where, reason_of(name));
    case shape::text:
      want(value.is_string(), where, "a text");
      break;
    case shape::object:
      want(value.is_object(), where, "an object");
      break;
    case shape::list:
      check_list(value, where);
      break;
    case shape::named:
      check_list(value, where);
      for (size_t i = 0; i < value.size(); ++i) {
        const auto at = where + "[" + std::to_string(i) + "]";
        if (name != "volumes") {
          check_container(value[i], at, containers);
          continue;
        }
        const auto volume = text_at(value[i], "name");
        want(!volume.empty(), at + ".name", "a text");
        if (is_own_volume(volume))
          refuse(at + ".name",
                 volume + " is a volume of motorcade's; choose another name");
        if (!volumes.insert(volume).second)
          refuse(at + ".name", excerpt(volume) + " is there twice");
      }
      break;
    }
  }
  for (const auto* own :
       {"runAsNonRoot", "runAsUser", "runAsGroup", "fsGroup", "seccompProfile"})
    if (object_at(spec, "securityContext").contains(own))
      refuse(std::string{"spec.securityContext."} + own,
             "is set by syncctl and cannot be changed; a container of yours "
             "may have another in its own securityContext");
}

/// @returns whether syncctl finds or reads Pods by that annotation.
bool is_own_annotation(const std::string& name) {
  static const auto own = [] {
    task_request task;
    for (auto* text : {&task.command, &task.package, &task.version,
                       &task.sync_id, &task.task_id, &task.storage_key,
                       &task.started_by, &task.workspace_id})
      *text = "x";
    task.then_run = true;
    return to_marks({"x", {}, task});
  }();
  return own.contains(name);
}

void check_metadata(const json& metadata) {
  for (const auto& [name, value] : metadata.items()) {
    const auto where = "metadata." + name;
    if (name != "labels" && name != "annotations")
      refuse(where, "is set by syncctl; labels and annotations alone may be "
                    "added");
    want(value.is_object(), where, "an object of texts");
    for (const auto& [key, text] : value.items()) {
      const auto at = where + "[" + excerpt(key) + "]";
      want(text.is_string(), at, "a text; put quotes around it");
      if (key == creator_label || key == delayed_label
          || (name == "annotations" && is_own_annotation(key)))
        refuse(at, "is what syncctl finds its Pods by");
    }
  }
}

/// @returns the part of the document that holds `metadata` and `spec`.
json find_part(json document) {
  want(document.is_object(), {}, "a mapping with metadata and spec");
  auto kind = text_at(document, "kind");
  document.erase("apiVersion");
  document.erase("kind");
  if (kind == "PodTemplate") {
    // Its own metadata name the PodTemplate, not Pods.
    document.erase("metadata");
    auto inner = object_at(document, "template");
    document.erase("template");
    document.update(inner);
  } else if (!kind.empty() && kind != "Pod") {
    refuse("kind", excerpt(kind) + " is neither Pod nor PodTemplate");
  }
  for (const auto& [name, value] : document.items()) {
    if (name != "metadata" && name != "spec")
      refuse(name, "is not known; there may be metadata and spec");
    want(value.is_object(), name, "an object");
  }
  return document;
}

/// @returns both lists, `first` first.
json joined(const json& first, const json& second) {
  auto out = first.is_array() ? first : json::array();
  if (second.is_array())
    out.insert(out.end(), second.begin(), second.end());
  return out;
}

} // namespace

result<std::string> read_pod_template(std::string_view yaml) {
  if (yaml.size() > largest_template)
    return failure{ec::invalid_argument, "it has more than 256 KiB"};
  try {
    const auto all = YAML::LoadAll(std::string{yaml});
    if (all.size() != 1)
      refuse({}, "it must hold one document");
    auto out = find_part(yaml_reader{}.read(all.front()));
    check_metadata(object_at(out, "metadata"));
    check_spec(object_at(out, "spec"));
    return write_json(out);
  } catch (const template_error& error) {
    return failure{ec::invalid_argument, error.what};
  } catch (const YAML::Exception& error) {
    return failure{ec::invalid_argument,
                   "line " + std::to_string(error.mark.line + 1) + ": "
                       + error.msg};
  }
}

void add_pod_template(json& pod, const std::string& text) {
  if (text.empty())
    return;
  const auto from = json::parse(text);
  for (const auto* name : {"labels", "annotations"}) {
    auto both = object_at(object_at(from, "metadata"), name);
    both.update(object_at(pod["metadata"], name));
    if (!both.empty())
      pod["metadata"][name] = std::move(both);
  }
  auto& spec = pod["spec"];
  for (const auto& [name, value] : object_at(from, "spec").items()) {
    auto& own = spec[name];
    if (value.is_array())
      // A proxy that is a native sidecar runs before ours begin; other
      // containers and volumes stand behind ours.
      own = name == "initContainers" ? joined(value, own) : joined(own, value);
    else if (value.is_object() && own.is_object()) {
      auto both = value;
      both.update(own);
      own = std::move(both);
    } else if (own.is_null()) {
      own = value;
    }
  }
}

} // namespace motorcade
