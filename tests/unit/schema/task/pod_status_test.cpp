#include "schema/task/pod_status.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace motorcade;
using nlohmann::json;

namespace {

json terminated(int code, const std::string& reason = "Error",
                const std::string& message = {}) {
  json end = {{"exitCode", code}, {"reason", reason}};
  if (!message.empty())
    end["message"] = message;
  return {{"terminated", end}};
}

json waiting(const std::string& reason, const std::string& message = {}) {
  return {{"waiting", {{"reason", reason}, {"message", message}}}};
}

const json running = {{"running", {{"startedAt", "2024-01-01T00:00:00Z"}}}};
const json done = terminated(0, "Completed");

/// A Pod as the API gives it; a null state is a container that is not told of.
json pod(const std::string& phase, const json& init, const json& source,
         const json& sidecar) {
  json out = {{"metadata", {{"name", "the-pod"}, {"uid", "u-1"}}},
              {"status", {{"phase", phase}}}};
  auto add = [&out](const char* list, const char* name, const json& state) {
    if (!state.is_null())
      out["status"][list].push_back({{"name", name}, {"state", state}});
  };
  add("initContainerStatuses", "init", init);
  // A mesh's proxy, which never ends.
  add("containerStatuses", "istio-proxy", running);
  add("containerStatuses", "source", source);
  add("containerStatuses", "sidecar", sidecar);
  return out;
}

pod_status read(const json& object) {
  auto out = read_pod(object.dump());
  REQUIRE(out);
  return std::move(*out);
}

/// State and reason in one line.
std::string judge(const json& object) {
  auto status = read(object);
  auto why = why_pod_failed(status);
  return std::string{to_string(status.state)}
         + (why ? ": " + to_text(*why) : "");
}

} // namespace

TEST_CASE("a Pod's names and marks are read") {
  auto object = pod("Pending", {}, {}, {});
  object["metadata"]["resourceVersion"] = "77";
  object["metadata"]["annotations"] = {{"TaskID", "t"}, {"odd", 7}};
  object["metadata"]["labels"] = {{"a", "b"}};
  object["spec"]["nodeName"] = "node-1";
  auto status = read(object);
  CHECK(status.name == "the-pod");
  CHECK(status.uid == "u-1");
  CHECK(status.resource_version == "77");
  CHECK(status.node == "node-1");
  CHECK(status.annotations
        == std::map<std::string, std::string>{{"TaskID", "t"}});
  CHECK(status.labels == std::map<std::string, std::string>{{"a", "b"}});
  CHECK_FALSE(status.being_deleted);
  object["metadata"]["deletionTimestamp"] = "2024-01-01T00:00:00Z";
  CHECK(read(object).being_deleted);
}

TEST_CASE("an object that is no Pod is refused, unknown members are not") {
  for (const auto* text : {"", "[]", "{}", "7", R"({"metadata":{}})",
                           R"({"metadata":{"name":7}})", "{"}) {
    auto read = read_pod(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ec::invalid_argument);
  }
  // Of wrong types everywhere.
  CHECK(judge({{"metadata", {{"name", "p"}, {"annotations", 7}}},
               {"status",
                {{"phase", 7},
                 {"conditions", {{"type", "x"}}},
                 {"containerStatuses", {7, {{"name", 7}}}},
                 {"initContainerStatuses", "x"}}}})
        == "pending");
  CHECK(judge({{"metadata", {{"name", "p"}}}, {"status", 7}}) == "pending");
}

TEST_CASE("the state of a Pod follows from its containers") {
  CHECK(judge(pod("Pending", {}, {}, {})) == "pending");
  CHECK(judge(pod("Pending", running, waiting("PodInitializing"),
                  waiting("PodInitializing")))
        == "pending");
  CHECK(judge(pod("Pending", done, waiting("ContainerCreating"), running))
        == "pending");
  CHECK(judge(pod("Running", done, running, running)) == "running");
  CHECK(judge(pod("Running", done, done, running)) == "ending");
  // The proxy runs on, and so does the Pod.
  CHECK(judge(pod("Running", done, done, done)) == "ended");
  CHECK(judge(pod("Succeeded", done, done, done)) == "ended");
}

TEST_CASE("a Pod of a sidecar alone runs once its sidecar runs") {
  CHECK(judge(pod("Pending", {}, {}, {})) == "pending");
  CHECK(judge(pod("Pending", {}, {}, waiting("ContainerCreating")))
        == "pending");
  CHECK(judge(pod("Running", {}, {}, running)) == "running");
  CHECK(judge(pod("Running", {}, {}, done)) == "ended");
  CHECK(judge(pod("Failed", {}, {}, terminated(1))).starts_with("ended: "));
}

TEST_CASE("every way a Pod can fail has its reason") {
  struct row {
    json object;
    std::string judged;
  };

  auto evicted = pod("Failed", done, {}, {});
  evicted["status"]["reason"] = "Evicted";
  evicted["status"]["message"] = "The node was low on resource: memory.";
  auto shut_down = pod("Failed", done, terminated(137), terminated(137));
  shut_down["status"]["reason"] = "NodeShutdown";
  auto late = pod("Failed", done, running, running);
  late["status"]["reason"] = "DeadlineExceeded";
  auto unschedulable = pod("Pending", {}, {}, {});
  unschedulable["status"]["conditions"] = json::array(
      {{{"type", "PodScheduled"},
        {"status", "False"},
        {"reason", "Unschedulable"},
        {"message", "0/3 nodes are available: 3 Insufficient memory."}}});
  const auto rows = std::vector<row>{
      {pod("Running", done, terminated(1), terminated(0, "Completed")),
       "ended: the connector failed (exit code 1)"},
      {pod("Running", done, terminated(137, "OOMKilled"), running),
       "ending: the connector was killed for want of memory (OOMKilled) (exit "
       "code 137, was ended by SIGKILL, perhaps for want of memory)"},
      {pod("Failed", done, terminated(137, "OOMKilled"), terminated(1)),
       "ended: the connector was killed for want of memory (OOMKilled) (exit "
       "code 137, was ended by SIGKILL, perhaps for want of memory)"},
      {pod("Failed", done, done, terminated(137, "OOMKilled")),
       "ended: the sidecar was killed for want of memory (OOMKilled) (exit "
       "code "
       "137, was ended by SIGKILL, perhaps for want of memory)"},
      {pod("Running", done, running, terminated(2, "Error", "wrong settings")),
       "ended: the sidecar failed (exit code 2): wrong settings"},
      {pod("Pending", terminated(1, "Error", "no space"), waiting("x"),
           waiting("x")),
       "ended: container init failed (exit code 1): no space"},
      {pod("Pending", waiting("ImagePullBackOff", "no such image"), {}, {}),
       "hopeless: container init cannot start: ImagePullBackOff "
       "(config_error): "
       "no such image"},
      {pod("Pending", done, waiting("ErrImagePull", "unauthorized"), running),
       "hopeless: container source cannot start: ErrImagePull (config_error): "
       "unauthorized"},
      {pod("Pending", done, running,
           waiting("CreateContainerConfigError", "secret \"x\" not found")),
       "hopeless: container sidecar cannot start: CreateContainerConfigError "
       "(config_error): secret \"x\" not found"},
      {pod("Running", done, terminated(128, "StartError", "no sh"), running),
       "hopeless: container source cannot start: StartError (config_error, "
       "exit code 128): no sh"},
      {evicted, "ended: the Pod was ended by Kubernetes: Evicted "
                "(transient_error): The node was low on resource: memory."},
      {shut_down, "ended: the Pod was ended by Kubernetes: NodeShutdown "
                  "(transient_error)"},
      {late, "ended: the Pod was ended by Kubernetes: DeadlineExceeded"},
      {unschedulable, "unschedulable: no node can take the Pod "
                      "(transient_error): 0/3 nodes are available: 3 "
                      "Insufficient memory."},
      {pod("Failed", done, done, {}),
       "ended: the Pod ended without its sidecar"},
  };
  for (const auto& [object, judged] : rows) {
    INFO(object.dump());
    CHECK(judge(object) == judged);
  }
}

TEST_CASE("an init container of others keeps a Pod from starting, and is "
          "named") {
  auto with = [](json object, const json& state) {
    auto& inits = object["status"]["initContainerStatuses"];
    inits.insert(inits.begin(), json{{"name", "mesh-init"}, {"state", state}});
    return object;
  };
  const auto idle = waiting("PodInitializing");
  CHECK(judge(with(pod("Failed", idle, idle, idle), terminated(3)))
        == "ended: container mesh-init (not one of motorcade's) failed (exit "
           "code 3)");
  CHECK(judge(with(pod("Pending", idle, idle, idle),
                   waiting("ErrImagePull", "no such image")))
        == "hopeless: container mesh-init (not one of motorcade's) cannot "
           "start: ErrImagePull (config_error): no such image");
  // A proxy that goes on beside the others is started again, or ended by the
  // Pod's end.
  CHECK(judge(with(pod("Pending", idle, idle, idle), terminated(3)))
        == "pending");
  CHECK(judge(with(pod("Running", done, running, running), terminated(3)))
        == "running");
  CHECK(judge(with(pod("Failed", done, done, terminated(1)), terminated(137)))
        == "ended: the sidecar failed (exit code 1)");
  CHECK(
      read(with(pod("Pending", idle, idle, idle), waiting("CrashLoopBackOff")))
          .waits_for
      == "container mesh-init (not one of motorcade's): CrashLoopBackOff");
}

TEST_CASE("what a Pod without a node waits for is told") {
  auto object = pod("Pending", {}, {}, {});
  CHECK(read(object).waits_for == "no scheduler has looked at the Pod");
  object["status"]["conditions"] =
      json::array({{{"type", "PodScheduled"},
                    {"status", "False"},
                    {"reason", "SchedulingGated"},
                    {"message", "Scheduling is blocked"}}});
  CHECK(read(object).waits_for
        == "PodScheduled: SchedulingGated Scheduling is blocked");
  object["spec"]["nodeName"] = "node-1";
  CHECK(read(object).waits_for.empty());
}

TEST_CASE("a Pod that Kubernetes has deleted tells why") {
  auto object = pod("Running", done, running, running);
  CHECK_FALSE(read(object).disruption);
  object["status"]["conditions"] =
      json::array({{{"type", "DisruptionTarget"},
                    {"status", "True"},
                    {"reason", "EvictionByEvictionAPI"},
                    {"message", "Eviction API: evicting"}}});
  auto seen = read(object);
  REQUIRE(seen.disruption);
  CHECK(seen.state == pod_state::running);
  CHECK(to_text(*seen.disruption)
        == "the Pod was ended by Kubernetes: EvictionByEvictionAPI "
           "(transient_error): Eviction API: evicting");
  object["status"]["conditions"][0]["status"] = "False";
  CHECK_FALSE(read(object).disruption);
}

// Recorded by tests/e2e/record_pods.py.
TEST_CASE("Pods of a real cluster are read") {
  struct row {
    std::string name;
    /// How it begins: the rest is the runtime's own words.
    std::string judged;
  };

  const auto rows = std::vector<row>{
      {"pending", "pending"},
      {"running", "running"},
      {"being_deleted", "running"},
      {"succeeded", "ended"},
      // The reason is in the database.
      {"failed", "ended: the sidecar failed (exit code 1)"},
      {"out_of_memory", "ended: the connector was killed for want of memory "
                        "(OOMKilled) (exit code 137, "},
      {"image_missing",
       "hopeless: container source cannot start: ErrImagePull, "
       "the registry of its image is out of reach or "
       "overloaded (transient_error): rpc error: "},
      {"image_missing_for_long",
       "hopeless: container source cannot start: ImagePullBackOff "
       "(config_error): Back-off pulling image "},
      {"image_never_pulled",
       "hopeless: container source cannot start: ErrImageNeverPull "
       "(config_error): Container image "},
      {"unschedulable", "unschedulable: no node can take the Pod "
                        "(transient_error): 0/1 nodes are available: "},
      {"init_failed", "ended: container init failed (exit code 1)"},
      {"secret_missing", "hopeless: container sidecar cannot start: "
                         "CreateContainerConfigError (config_error): secret "},
      {"program_missing",
       "hopeless: container source cannot start: StartError (config_error, "
       "exit code 128): failed to create containerd task: "},
      {"out_of_time", "ended: the Pod was ended by Kubernetes: "
                      "DeadlineExceeded: Pod was active on the node longer "},
      {"evicted", "ended: the Pod was ended by Kubernetes: Evicted "
                  "(transient_error): Usage of EmptyDir volume "},
  };
  for (const auto& [name, judged] : rows) {
    INFO(name);
    std::ifstream in{std::filesystem::path{RECORDINGS} / "pods"
                     / (name + ".json")};
    const std::string object{std::istreambuf_iterator<char>{in}, {}};
    auto status = read_pod(object);
    REQUIRE(status);
    CHECK_THAT(judge(json::parse(object)), Catch::Matchers::StartsWith(judged));
    CHECK(status->annotations.at("TaskType") == "read");
    CHECK(status->labels.at("jitsu.com/creator") == "bulker-sync-controller");
    CHECK_FALSE(status->uid.empty());
    CHECK_FALSE(status->resource_version.empty());
    CHECK(status->node == (name == "unschedulable" ? "" : "localhost"));
    CHECK(status->being_deleted == (name == "being_deleted"));
  }
}
