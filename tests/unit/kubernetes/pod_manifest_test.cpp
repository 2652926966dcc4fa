#include "runtime/task/task_layout.hpp"
#include "support/made_manifest.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;

namespace {

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("a read's Pod and Secret hold its documents and settings") {
  made read{task("read")};
  CHECK(read.pod["metadata"]["name"] == read.name);
  CHECK(read.secret["metadata"]["name"] == read.name + "-config");
  CHECK(read.secret["immutable"] == true);
  for (const auto* object : {&read.pod, &read.secret})
    CHECK((*object)["metadata"]["labels"]["jitsu.com/creator"]
          == "bulker-sync-controller");
  const auto& marks = read.pod["metadata"]["annotations"];
  CHECK(marks["TaskID"] == "task-1");
  CHECK(marks["TaskType"] == "read");
  CHECK(marks["SyncID"] == "sync-1");
  CHECK(marks["Package"] == "airbyte/source-faker");
  CHECK(marks["PackageVersion"] == "6.2.0");
  CHECK(marks["StartedBy"] == R"({"trigger":"manual"})");
  CHECK_FALSE(marks.contains("StorageKey"));
  CHECK(read.secret["stringData"]["state"] == "{}");
  CHECK(read.env("sidecar", "SYNC_ID") == "sync-1");
  CHECK(read.env("sidecar", "EXIT_CODE_FILE") == "/pipes/exit-code");
  CHECK(read.env("sidecar", "DEDUPLICATE") == "true");
  CHECK(read.env("sidecar", "TASK_TIMEOUT_HOURS") == "48.0");
  CHECK(read.container("source")["image"] == "airbyte/source-faker:6.2.0");
  // The sidecar may put a newer state beside the pipes, and opens them then.
  CHECK(read.env("sidecar", "STATE_OUT_FILE") == "/pipes/state.json");
  CHECK(
      read.script().find(
          "{ trap exit TERM; eval \"motorcade_state=/config/state.json; [ ! -f "
          "/pipes/state.json ] || motorcade_state=/pipes/state.json; "
          "$AIRBYTE_ENTRYPOINT read --config /config/config.json --catalog "
          "/config/catalog.json --state \\$motorcade_state\"; } 2> "
          "/pipes/stderr > /pipes/stdout &\n")
      != std::string::npos);
}

TEST_CASE("a read's Pod has the setting of the columns that rows get") {
  for (const auto& [which, value] : {std::pair{row_meta::none, "false"},
                                     {row_meta::jitsu, "true"},
                                     {row_meta::airbyte, "airbyte"}}) {
    auto asked = task("read");
    asked.add_meta = which;
    CHECK(made{asked}.env("sidecar", "ADD_META") == value);
  }
}

TEST_CASE("only the sidecar sees a check's destination") {
  auto both = task("check");
  both.destination_config =
      R"({"destinationType":"postgres","password":"destination-hush"})";
  both.target_namespace = "landing";
  const made checked{both};
  CHECK(checked.files("source") == strings{"/config/config.json"});
  CHECK(
      checked.files("sidecar")
      == strings{"/config/config.json", "/destination/destinationConfig.json"});
  CHECK(checked.env("sidecar", "DESTINATION_CONFIG_FILE")
        == "/destination/destinationConfig.json");
  CHECK(checked.env("sidecar", "NAMESPACE") == "landing");
  CHECK(checked.text.find("hush") == std::string::npos);
  CHECK(checked.secret["stringData"]["destinationConfig"]
        == both.destination_config);
}

TEST_CASE("the check of a destination alone is a Pod with the sidecar only") {
  auto alone = task("check");
  alone.config.clear();
  alone.destination_config =
      R"({"destinationType":"postgres","password":"destination-hush"})";
  const made checked{alone};
  const auto& spec = checked.pod["spec"];
  CHECK(spec["initContainers"].empty());
  REQUIRE(spec["containers"].size() == 1);
  CHECK(spec["containers"][0]["name"] == "sidecar");
  CHECK(spec["containers"][0]["image"] == "motorcade-sidecar:1");
  CHECK(spec["volumes"].size() == 1);
  CHECK(spec["containers"][0]["volumeMounts"].size() == 1);
  CHECK(checked.files("sidecar")
        == strings{"/destination/destinationConfig.json"});
  for (const auto* none :
       {"STDOUT_PIPE_FILE", "STDERR_PIPE_FILE", "EXIT_CODE_FILE"})
    CHECK(checked.env("sidecar", none) == "-");
  CHECK(checked.env("sidecar", "STORAGE_KEY") == "key-1");
  CHECK_FALSE(checked.secret["stringData"].contains("config"));
  CHECK(checked.text.find("hush") == std::string::npos);
  CHECK(checked.text.find("source-faker:") == std::string::npos);
}

TEST_CASE("a check of a destination that its task may not use is refused") {
  auto check = task("check");
  for (const auto* config : {R"({"destinationType":"sqlite","path":"/d/a.db"})",
                             R"({"destinationType":"file","folder":"/d"})"}) {
    check.destination_config = config;
    auto in_pods = settings();
    in_pods.runtime = controller_runtime::kubernetes;
    const auto refused = make_pod_manifest(check, in_pods);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ec::invalid_argument);
    auto local = settings();
    local.runtime = controller_runtime::process;
    local.data_dir = "/var/lib/motorcade";
    const auto reached = make_pod_manifest(check, local);
    REQUIRE_FALSE(reached);
    CHECK_THAT(reached.error().what,
               Catch::Matchers::ContainsSubstring("/var/lib/motorcade/rows"));
  }
}

TEST_CASE("the other commands get what they need and no more") {
  made spec{task("spec")};
  CHECK(spec.files("source").empty());
  CHECK_FALSE(spec.secret["stringData"].contains("config"));
  CHECK(spec.script().find("$AIRBYTE_ENTRYPOINT spec\"; ")
        != std::string::npos);
  made check{task("check")};
  CHECK(check.files("source") == strings{"/config/config.json"});
  CHECK(check.env("sidecar", "STORAGE_KEY") == "key-1");
  auto debug = task("discover");
  debug.debug = true;
  CHECK(made{debug}.script().find(
            "discover --debug --config /config/config.json\"")
        != std::string::npos);
}

TEST_CASE("settings for all Pods are in each Pod") {
  auto how = settings();
  how.kubernetes_namespace = "syncs";
  how.pods.service_account = "runner";
  how.pods.node_selector = {{"disk", "ssd"}};
  how.pods.tolerations = R"([{"operator":"Exists"}])";
  how.pods.image_pull_policy = "Never";
  how.pods.image_pull_secrets = {"one", "two"};
  how.pods.labels = {{"team", "data"}, {"jitsu.com/creator", "somebody"}};
  how.pods.annotations = {{"inject", "false"}, {"TaskID", "other"}};
  how.container_grace_shutdown = std::chrono::milliseconds{1500};
  made read{task("read"), how};
  const auto& spec = read.pod["spec"];
  CHECK(read.pod["metadata"]["namespace"] == "syncs");
  CHECK(spec["serviceAccountName"] == "runner");
  CHECK(spec["nodeSelector"]["disk"] == "ssd");
  CHECK(spec["tolerations"][0]["operator"] == "Exists");
  CHECK(spec["imagePullSecrets"].size() == 2);
  CHECK(spec["terminationGracePeriodSeconds"] == 2);
  for (const auto* name : {"init", "source", "sidecar"})
    CHECK(read.container(name)["imagePullPolicy"] == "Never");
  CHECK(read.pod["metadata"]["labels"]["team"] == "data");
  CHECK(read.pod["metadata"]["annotations"]["inject"] == "false");
  // Ours are what we find our Pods by.
  CHECK(read.pod["metadata"]["labels"]["jitsu.com/creator"]
        == "bulker-sync-controller");
  CHECK(read.pod["metadata"]["annotations"]["TaskID"] == "task-1");
}

TEST_CASE("the same request is the same Pod, another config another one") {
  CHECK(made{task("check")}.text == made{task("check")}.text);
  auto other = task("check");
  other.config = R"({"token":"other"})";
  CHECK(made{other}.name != made{task("check")}.name);
}

TEST_CASE("names of images are checked") {
  const std::string digest = "sha256:" + std::string(64, 'a');
  for (const auto& [package, version] :
       std::vector<std::pair<std::string, std::string>>{
           {"airbyte/source-faker", "6.2.0"},
           {"source", "latest"},
           {"localhost:5000/a/b/c", "v1_2-3.4"},
           {"Registry.Example.com:443/team/source", "1"},
           {"ghcr.io/a__b/c-d.e", digest}}) {
    INFO(package << " " << version);
    CHECK(is_image(package, version));
  }
  for (const auto& [package, version] :
       std::vector<std::pair<std::string, std::string>>{
           {"", "1"},
           {"a", ""},
           {"Airbyte/Source", "1"},
           {"../etc/passwd", "1"},
           {"a/../b", "1"},
           {"a b", "1"},
           {"a\nb", "1"},
           {"a;rm -rf /", "1"},
           {"a/", "1"},
           {"/a", "1"},
           {"a:b/c", "1"},
           {"a", "1/2"},
           {"a", "1 2"},
           {"a", "-1"},
           {"a", "sha256:abc"},
           {"a@b", "1"},
           {"ü", "1"},
           {std::string(100'000, 'a'), "1"},
           {"a", std::string(129, '1')}}) {
    INFO(package.substr(0, 50) << " " << version);
    CHECK_FALSE(is_image(package, version));
    auto bad = task("check");
    bad.package = package;
    bad.version = version;
    CHECK_FALSE(make_pod_manifest(bad, settings()));
  }
}

TEST_CASE("the connector of a full sync is given no state") {
  auto read = task("read");
  read.state = R"([{"type":"STREAM"}])";
  CHECK(made{read}.secret["stringData"]["state"] == read.state);
  read.full_sync = true;
  CHECK(made{read}.secret["stringData"]["state"] == "{}");
}

TEST_CASE("a task with debug keeps the connector's DEBUG lines") {
  auto check = task("check");
  check.task_id.clear();
  CHECK(made{check}.env("sidecar", "DB_LOG_LEVEL") == "INFO");
  CHECK(made{check}.env("sidecar", "TASK_ID") == "key:key-1");
  check.debug = true;
  CHECK(made{check}.env("sidecar", "DB_LOG_LEVEL") == "DEBUG");
  auto all = settings();
  all.db_log_level = log_level::trace;
  CHECK(made{check, all}.env("sidecar", "DB_LOG_LEVEL") == "TRACE");
}

TEST_CASE("every sidecar gets the limits of syncctl's settings") {
  auto with = settings();
  with.limits.source_exit_timeout = std::chrono::seconds{5};
  with.limits.strict_record_count = true;
  for (auto place : {task_place::pod, task_place::local})
    for (const auto* command : {"spec", "check", "discover", "read"}) {
      task_places places;
      places.place = place;
      size_t found = 0;
      for (const auto& one : sidecar_environment(task(command), with, places))
        found +=
            (one.name == "SOURCE_EXIT_TIMEOUT_SECONDS" && one.value == "5.0")
            || (one.name == "STRICT_RECORD_COUNT" && one.value == "true");
      CHECK(found == 2);
    }
  auto pod = make_pod_manifest(task("read"), with);
  REQUIRE(pod);
  CHECK_THAT(pod->pod,
             Catch::Matchers::ContainsSubstring(
                 R"({"name":"SOURCE_EXIT_TIMEOUT_SECONDS","value":"5.0"})"));
}

TEST_CASE("a read needs a destination, its own or a Bulker server") {
  auto read = task("read");
  read.destination_config = R"({"destinationType":"postgres"})";
  const made own{read};
  auto env = own.container("sidecar")["env"];
  CHECK(std::any_of(env.begin(), env.end(), [](const json& one) {
    return one["name"] == "DESTINATION_CONFIG_FILE"
           && one["value"] == "/destination/destinationConfig.json";
  }));
  auto no_bulker = settings();
  no_bulker.bulker_url.clear();
  CHECK(make_pod_manifest(read, no_bulker));
  for (const auto* config : {"", "{}", R"({"destinationType":"snowflake"})"}) {
    read.destination_config = config;
    const auto refused = make_pod_manifest(read, no_bulker);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ec::invalid_argument);
    CHECK_THAT(refused.error().what,
               Catch::Matchers::ContainsSubstring("destination"));
  }
  CHECK(make_pod_manifest(task("check"), no_bulker));
}
