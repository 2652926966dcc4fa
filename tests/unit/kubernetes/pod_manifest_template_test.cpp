#include "runtime/kubernetes/pod_template.hpp"

#include "support/made_manifest.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;

namespace {

constexpr const char* mesh = R"(
metadata:
  labels: {mesh: "yes", team: theirs}
  annotations: {mesh.example/inject: "false"}
spec:
  priorityClassName: batch
  runtimeClassName: gvisor
  dnsPolicy: None
  dnsConfig: {nameservers: [10.0.0.10]}
  hostAliases:
    - {ip: 10.1.2.3, hostnames: [db.example]}
  nodeSelector: {disk: hdd, zone: a}
  tolerations:
    - {key: batch, operator: Exists}
  imagePullSecrets: [{name: mirror}]
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: zone
      whenUnsatisfiable: ScheduleAnyway
      labelSelector: {matchLabels: {mesh: "yes"}}
  securityContext: {supplementalGroups: [7], fsGroupChangePolicy: OnRootMismatch}
  initContainers:
    - {name: proxy, image: "mesh/proxy:1", restartPolicy: Always}
  containers:
    - name: log-shipper
      image: shipper:1
      volumeMounts: [{name: certificates, mountPath: /certificates}]
  volumes:
    - name: certificates
      secret: {secretName: ca, defaultMode: 0440}
)";

/// @returns the settings with a template.
controller_settings with_template(const std::string& yaml) {
  auto read = read_pod_template(yaml);
  if (!read)
    FAIL(read.error().what);
  auto out = settings();
  out.pods.pod_template = *read;
  return out;
}

std::vector<std::string> names_of(const json& list) {
  std::vector<std::string> out;
  for (const auto& one : list)
    out.push_back(one["name"]);
  return out;
}

std::string refusal(const std::string& yaml) {
  auto read = read_pod_template(yaml);
  return read ? "taken" : read.error().what;
}

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("a Pod gets what its template has, and keeps what is its own") {
  const made plain{task("read")};
  const made with{task("read"), with_template(mesh)};
  const auto& spec = with.pod["spec"];
  CHECK(names_of(spec["initContainers"]) == strings{"proxy", "init"});
  CHECK(names_of(spec["containers"])
        == strings{"source", "sidecar", "log-shipper"});
  CHECK(names_of(spec["volumes"])
        == strings{"pipes", "config", "destination", "certificates"});
  CHECK(spec["volumes"][3]["secret"]["defaultMode"] == 0440);
  CHECK(spec["priorityClassName"] == "batch");
  CHECK(spec["runtimeClassName"] == "gvisor");
  CHECK(spec["dnsConfig"]["nameservers"] == json{"10.0.0.10"});
  CHECK(spec["hostAliases"].size() == 1);
  CHECK(spec["topologySpreadConstraints"][0]["maxSkew"] == 1);
  CHECK(spec["tolerations"].size() == 1);
  CHECK(names_of(spec["imagePullSecrets"]) == strings{"mirror"});
  CHECK(spec["securityContext"]["supplementalGroups"] == json{7});
  CHECK(spec["securityContext"]["runAsNonRoot"] == true);
  CHECK(with.pod["metadata"]["labels"]["mesh"] == "yes");
  CHECK(with.pod["metadata"]["annotations"]["mesh.example/inject"] == "false");
  // All that was there is there.
  for (const auto& [name, value] : plain.pod["spec"].items())
    if (!value.is_array() && !value.is_object())
      CHECK(spec[name] == value);
  for (const auto* name : {"init", "source", "sidecar"})
    CHECK(with.container(name) == plain.container(name));
  for (const auto* part : {"labels", "annotations"})
    for (const auto& [name, value] : plain.pod["metadata"][part].items())
      CHECK(with.pod["metadata"][part][name] == value);
  CHECK(with.name == plain.name);
  CHECK(with.secret == plain.secret);
}

TEST_CASE("settings win over the same part of a template") {
  auto how = with_template(mesh);
  how.pods.labels["team"] = "ours";
  how.pods.node_selector["disk"] = "ssd";
  how.pods.tolerations = R"([{"key":"syncs","operator":"Exists"}])";
  how.pods.image_pull_secrets = {"own"};
  const made with{task("read"), how};
  const auto& spec = with.pod["spec"];
  CHECK(with.pod["metadata"]["labels"]["team"] == "ours");
  CHECK(spec["nodeSelector"] == json{{"disk", "ssd"}, {"zone", "a"}});
  CHECK(spec["tolerations"].size() == 2);
  CHECK(names_of(spec["imagePullSecrets"]) == strings{"own", "mirror"});
}

TEST_CASE("a template may be a Pod, a PodTemplate or JSON") {
  for (const auto* yaml :
       {R"({"apiVersion":"v1","kind":"Pod","spec":{"priorityClassName":"x"}})",
        "kind: PodTemplate\nmetadata: {name: mine}\n"
        "template: {spec: {priorityClassName: x}}",
        "spec:\n  priorityClassName: x\n"}) {
    const made with{task("spec"), with_template(yaml)};
    CHECK(with.pod["spec"]["priorityClassName"] == "x");
    CHECK(with.pod["metadata"]["name"] == with.name);
  }
  // A check of a destination alone has no container of init of ours.
  auto check = task("check");
  check.config.clear();
  check.destination_config = R"({"destinationType":"postgres"})";
  const made with{check, with_template(mesh)};
  CHECK(names_of(with.pod["spec"]["initContainers"]) == strings{"proxy"});
}

TEST_CASE("a template that says what is motorcade's is refused by its place") {
  struct row {
    std::string yaml;
    std::string where;
  };

  for (const auto& [yaml, where] : std::vector<row>{
           {"spec: {restartPolicy: Always}", "spec.restartPolicy: "},
           {"spec: {automountServiceAccountToken: true}",
            "spec.automountServiceAccountToken: "},
           {"spec: {serviceAccountName: admin}",
            "SYNCCTL_PODS_SERVICE_ACCOUNT"},
           {"spec: {terminationGracePeriodSeconds: 1}",
            "SYNCCTL_CONTAINER_GRACE_SHUTDOWN_SECONDS"},
           {"spec: {activeDeadlineSeconds: 1}", "SYNCCTL_TASK_TIMEOUT_HOURS"},
           {"spec: {shareProcessNamespace: true}", "its sidecar's secrets"},
           {"spec: {hostPID: true}", "spec.hostPID: "},
           {"spec: {securityContext: {runAsUser: 0}}",
            "spec.securityContext.runAsUser: "},
           {"spec: {containers: [{name: a, image: b}, {name: source}]}",
            "spec.containers[1].name: source is a container of motorcade's"},
           {"spec: {initContainers: [{name: init, image: x}]}",
            "spec.initContainers[0].name: init"},
           {"spec: {containers: [{name: a, image: b}], "
            "initContainers: [{name: a, image: b}]}",
            "is there twice"},
           {"spec: {containers: [{image: b}]}", "spec.containers[0].name: "},
           {"spec: {containers: [{name: a}]}", "spec.containers[0].image: "},
           {"spec: {containers: [{name: a, image: b, volumeMounts: "
            "[{name: x}, {name: destination, mountPath: /d}]}]}",
            "spec.containers[0].volumeMounts[1].name: destination"},
           {"spec: {volumes: [{name: pipes, emptyDir: {}}]}",
            "spec.volumes[0].name: pipes"},
           {"spec: {volumes: [{name: a}, {name: a}]}", "spec.volumes[1].name"},
           {"spec: {priorityClass: x}", "spec.priorityClass: is no member"},
           {"spec: {dnsPolicy: [x]}", "spec.dnsPolicy: must be a text"},
           {"spec: {tolerations: {}}", "spec.tolerations: must be a list"},
           {"spec: {tolerations: [x]}", "spec.tolerations[0]: must be"},
           {"spec: {affinity: x}", "spec.affinity: must be an object"},
           {"spec: x", "spec: must be an object"},
           {"metadata: {name: x}", "metadata.name: is set by syncctl"},
           {"metadata: {labels: {a: 1}}", "metadata.labels[\"a\"]: must be"},
           {"metadata: {labels: {jitsu.com/creator: me}}",
            "what syncctl finds its Pods by"},
           {"metadata: {annotations: {TaskType: read}}",
            "what syncctl finds its Pods by"},
           {"status: {}", "status: is not known"},
           {"kind: Deployment", "kind: \"Deployment\" is neither"},
           {"- 1", "must be a mapping"},
           {"", "one document"},
           {"a: 1\n---\nb: 2", "one document"},
           {"spec:\n  dnsPolicy: a\n  dnsPolicy: b", "line 3: "},
           {"spec:\n  - [", "line "},
           {"spec: {dnsPolicy: &a [1]}\nmetadata: *b", "line 2"},
           {std::string(300'000, ' '), "256 KiB"}}) {
    INFO(yaml.substr(0, 200));
    CHECK_THAT(refusal(yaml), Catch::Matchers::ContainsSubstring(where));
  }
  // Aliases that multiply.
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const auto before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int n = 0; n < 10; ++n)
      bomb += (n == 0 ? "" : ", ") + before;
    bomb += "]\n";
  }
  CHECK_THAT(refusal(bomb), Catch::Matchers::ContainsSubstring("too many"));
}
