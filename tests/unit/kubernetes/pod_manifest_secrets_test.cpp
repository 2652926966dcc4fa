// What a Pod may do, and who sees which secret.
#include "runtime/base/whole_file.hpp"
#include "runtime/task/packed_documents.hpp"
#include "runtime/task/task_layout.hpp"
#include "schema/base/base64.hpp"
#include "support/made_manifest.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>
#include <set>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;

namespace {

using strings = std::vector<std::string>;

/// @returns a destinationConfig of a bundle of certificates, which can be
/// packed into three quarters.
std::string config_with_certificates(size_t bytes) {
  constexpr size_t bytes_a_line = 48;
  std::mt19937 random{1};
  std::string bundle = "-----BEGIN CERTIFICATE-----\n";
  for (size_t i = 0; i < bytes / bytes_a_line; ++i) {
    std::string line;
    for (size_t n = 0; n < bytes_a_line; ++n)
      line += static_cast<char>(random());
    bundle += to_base64(line) + '\n';
  }
  bundle += "-----END CERTIFICATE-----\n";
  return json{{"destinationType", "postgres"}, {"sslServerCA", bundle}}.dump();
}

/// @returns bytes that cannot be packed into less.
std::string noise(size_t bytes) {
  std::mt19937 random{1};
  std::string out(bytes, '\0');
  for (auto& one : out)
    one = static_cast<char>(random());
  return out;
}

/// @returns the documents that a Secret holds packed, unpacked.
std::map<std::string, std::string> unpacked_in(const json& secret) {
  std::map<std::string, std::string> out;
  if (!secret.contains("data"))
    return out;
  for (const auto& [key, value] : secret["data"].items())
    out[key] = *unpack_document(from_base64(value.get<std::string>()).value());
  return out;
}

} // namespace

TEST_CASE("each container sees only its own secrets") {
  made read{task("read")};
  // Not in the Pod itself, neither as a variable nor as a mark.
  CHECK(read.text.find("hush") == std::string::npos);
  CHECK(read.files("init").empty());
  CHECK(read.files("source")
        == strings{"/config/config.json", "/config/catalog.json",
                   "/config/state.json"});
  CHECK(read.files("sidecar").back() == "/destination/destinationConfig.json");
  CHECK(read.env("source", "DATABASE_URL") == "-");
  CHECK(read.env("sidecar", "DATABASE_URL")
        == read.name + "-config/DATABASE_URL");
  CHECK(read.env("sidecar", "BULKER_AUTH_TOKEN")
        == read.name + "-config/BULKER_AUTH_TOKEN");
  CHECK(read.secret["stringData"]["DATABASE_URL"]
        == "postgres://u:db-hush@h/d");
}

TEST_CASE("a Pod has no rights beyond its task") {
  made read{task("read")};
  const auto& spec = read.pod["spec"];
  CHECK(spec["automountServiceAccountToken"] == false);
  CHECK(spec["restartPolicy"] == "Never");
  CHECK(spec["terminationGracePeriodSeconds"] == 60);
  CHECK(spec["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault");
  CHECK(spec["securityContext"]["runAsNonRoot"] == true);
  for (const auto* name : {"init", "source", "sidecar"}) {
    INFO(name);
    const auto& one = read.container(name);
    CHECK(one["securityContext"]["allowPrivilegeEscalation"] == false);
    CHECK(one["securityContext"]["capabilities"]["drop"] == json{"ALL"});
    CHECK(one["resources"].contains("requests"));
    CHECK(one["resources"].contains("limits"));
  }
  CHECK(read.container("source")["resources"]["limits"]["memory"] == "8Gi");
  CHECK(read.container("sidecar")["resources"]["limits"]["cpu"] == "500m");
}

TEST_CASE("documents that are too large are refused before Kubernetes does") {
  auto large = task("read");
  large.state = noise(size_t{20} << 20);
  auto refused = make_pod_manifest(large, settings());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ec::invalid_argument);
  for (const auto* word : {"16 MiB", "state 20971520", "fewer streams"})
    CHECK_THAT(refused.error().what, Catch::Matchers::ContainsSubstring(word));
  // However well they can be packed.
  large.state = std::string(size_t{33} << 20, 'x');
  CHECK_FALSE(make_pod_manifest(large, settings()));
}

TEST_CASE("documents that no Secret holds are spread over several") {
  auto large = task("read");
  large.catalog = R"({"streams":[]})";
  large.state = noise(size_t{16} << 20);
  const auto manifest = make_pod_manifest(large, settings());
  REQUIRE(manifest);
  const auto pod = json::parse(manifest->pod);
  const auto first = json::parse(manifest->secret);
  CHECK(first["stringData"].contains("DATABASE_URL"));
  CHECK_FALSE(first.contains("data"));
  REQUIRE(manifest->more_secrets.size() > 10);
  // The volume of the init step has the values of all further Secrets.
  json volume;
  for (const auto& one : pod["spec"]["volumes"])
    if (one["name"] == "packed")
      volume = one;
  const auto& sources = volume["projected"]["sources"];
  REQUIRE(sources.size() == manifest->more_secrets.size());
  scratch_folder packed;
  scratch_folder config;
  std::set<std::string> names;
  for (size_t i = 0; i < sources.size(); ++i) {
    const auto secret = json::parse(manifest->more_secrets[i]);
    const auto& about = sources[i]["secret"];
    CHECK(secret["metadata"]["name"] == about["name"]);
    CHECK(secret["immutable"] == true);
    CHECK(secret["metadata"]["labels"] == first["metadata"]["labels"]);
    names.insert(about["name"]);
    size_t bytes = 0;
    for (const auto& item : about["items"]) {
      const auto value =
          from_base64(
              secret["data"][item["key"].get<std::string>()].get<std::string>())
              .value();
      bytes += value.size();
      std::ofstream{packed.path(item["path"].get<std::string>()),
                    std::ios::binary}
          << value;
    }
    CHECK(bytes <= largest_secret);
    CHECK(about["items"].size() == secret["data"].size());
  }
  CHECK(names.size() == sources.size());
  CHECK(names.count(first["metadata"]["name"]) == 0);
  REQUIRE(unpack_folder(packed.path().string(), config.path().string()));
  CHECK(*read_whole_file(config.path("state.json")) == large.state);
  CHECK(*read_whole_file(config.path("catalog.json")) == large.catalog);
  CHECK(*read_whole_file(config.path("config.json")) == large.config);
}

TEST_CASE("documents that are too large for a Secret are packed in it") {
  auto large = task("read");
  large.state = "[";
  for (int i = 0; i < 40'000; ++i)
    large.state += "\"orders/2026/11/part-" + std::to_string(i) + ".csv\",";
  large.state += "0]";
  REQUIRE(large.state.size() > 1 << 20);
  const made packed{large};
  auto bytes = packed.secret["data"].dump().size();
  CHECK(bytes < 1 << 20);
  CHECK(packed.secret["data"].size() == 3);
  CHECK(packed.secret["data"].contains("state.zst"));
  for (const auto* plain : {"config", "catalog", "state"})
    CHECK_FALSE(packed.secret["stringData"].contains(plain));
  CHECK(packed.secret["stringData"].contains("DATABASE_URL"));
  // The init step lays them out where the others have them.
  CHECK(packed.running("init")["args"]
        == json{"init", "/pipes", "--unpack", "/packed", "--into", "/config"});
  CHECK(packed.files("init")
        == strings{"/packed/config.json.zst", "/packed/catalog.json.zst",
                   "/packed/state.json.zst"});
  for (const auto* name : {"init", "source", "sidecar"}) {
    INFO(name);
    auto found = false;
    for (const auto& mount : packed.container(name)["volumeMounts"])
      if (mount["mountPath"] == "/config") {
        found = true;
        CHECK(mount.contains("readOnly") == (std::string{name} != "init"));
      }
    CHECK(found);
  }
  for (const auto& volume : packed.pod["spec"]["volumes"])
    if (volume["name"] == "config")
      CHECK(volume["emptyDir"]["medium"] == "Memory");
  CHECK(packed.files("source").empty());
}

TEST_CASE("a large destinationConfig is packed, for the sidecar alone") {
  auto large = task("read");
  // Fits as it is.
  large.destination_config = config_with_certificates(size_t{500} << 10);
  REQUIRE(large.destination_config.size() > size_t{600} << 10);
  const made plain{large};
  CHECK_FALSE(plain.secret.contains("data"));
  CHECK(plain.secret["stringData"]["destinationConfig"]
        == large.destination_config);
  CHECK(plain.files("sidecar").back() == "/destination/destinationConfig.json");

  large.destination_config = config_with_certificates(size_t{900} << 10);
  REQUIRE(large.destination_config.size() > largest_secret);
  for (const auto* command : {"read", "check"}) {
    INFO(command);
    large.command = command;
    // A check may be of the destination alone.
    if (large.command == "check")
      large.config.clear();
    const made packed{large};
    CHECK(unpacked_in(packed.secret)["destinationConfig.zst"]
          == large.destination_config);
    CHECK_FALSE(packed.secret["stringData"].contains("destinationConfig"));
    CHECK(packed.files("sidecar").back()
          == "/destination/destinationConfig.json.zst");
    CHECK(packed.env("sidecar", "DESTINATION_CONFIG_FILE")
          == "/destination/destinationConfig.json.zst");
    for (const auto* list : {"initContainers", "containers"})
      for (const auto& one : packed.pod["spec"][list])
        for (const auto& mount : one["volumeMounts"])
          CHECK((mount["mountPath"] != "/destination"
                 || one["name"] == "sidecar"));
  }
  CHECK(unpacked_in(made{task("read")}.secret).empty());

  // A small one beside a large state is left as it is.
  auto small = task("read");
  small.state = std::string(size_t{2} << 20, 'x');
  const made beside{small};
  CHECK(beside.secret["stringData"]["destinationConfig"]
        == small.destination_config);
  CHECK(unpacked_in(beside.secret).count("state.zst") == 1);

  large.destination_config = config_with_certificates(size_t{2} << 20);
  const auto refused = make_pod_manifest(large, settings());
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().what,
             Catch::Matchers::ContainsSubstring("destinationConfig "));
}

TEST_CASE("nothing in a Pod is expanded by Kubernetes") {
  const std::string hostile[] = {"$(DATABASE_URL)",
                                 "$$(DATABASE_URL)",
                                 "$$$(DATABASE_URL)",
                                 "$(SYNC_ID)$(TASK_ID)$(NOBODY)",
                                 "$",
                                 "a$",
                                 "$$",
                                 "$(",
                                 "$()",
                                 "${X} $X `id` $(id)",
                                 R"x({"by":"$(BULKER_AUTH_TOKEN)"})x"};

  struct {
    const char* variable;
    std::string task_request::*text;
    const char* command;
  } const texts[] = {
      {"SYNC_ID", &task_request::sync_id, "read"},
      {"TASK_ID", &task_request::task_id, "read"},
      {"STARTED_BY", &task_request::started_by, "read"},
      {"NAMESPACE", &task_request::target_namespace, "read"},
      {"TABLE_NAME_PREFIX", &task_request::table_name_prefix, "read"},
      {"SYNC_ID", &task_request::sync_id, "discover"},
      {"TASK_ID", &task_request::task_id, "discover"},
      {"STARTED_BY", &task_request::started_by, "discover"},
      {"STORAGE_KEY", &task_request::storage_key, "discover"},
      {"STORAGE_KEY", &task_request::storage_key, "check"},
  };

  struct {
    const char* variable;
    std::string controller_settings::*text;
  } const set[] = {
      {"BULKER_URL", &controller_settings::bulker_url},
      {"LOGS_CONNECTION_ID", &controller_settings::bulker_logs_connection_id},
  };

  for (const auto& value : hostile) {
    INFO(value);
    for (const auto& one : texts) {
      INFO(one.command << ' ' << one.variable);
      auto what = task(one.command);
      what.*one.text = value;
      CHECK(made{what}.running("sidecar")["env"][one.variable] == value);
    }
    for (const auto& one : set) {
      INFO(one.variable);
      auto how = settings();
      how.*one.text = value;
      CHECK(made{task("read"), how}.running("sidecar")["env"][one.variable]
            == value);
    }
    // The documents are files of a Secret, which nobody expands.
    auto what = task("read");
    what.config = R"({"a":")" + value + "\"}";
    CHECK(made{what}.secret["stringData"]["config"] == what.config);
  }
  // Every variable, whatever a later version adds: all values are what was
  // meant, and only those of the Secret are secret.
  auto what = task("read");
  for (auto text : {&task_request::sync_id, &task_request::task_id,
                    &task_request::started_by, &task_request::target_namespace,
                    &task_request::table_name_prefix})
    what.*text = "$(DATABASE_URL)";
  made read{what};
  auto env = read.running("sidecar")["env"];
  for (const auto& wanted : sidecar_environment(what, settings())) {
    INFO(wanted.name);
    CHECK(env[wanted.name]
          == (wanted.secret ? "secret of " + wanted.name : wanted.value));
  }
  CHECK(read.running("init")["args"] == json{"init", "/pipes"});
  CHECK(read.script().find("code=$?\n") != std::string::npos);
  CHECK(read.script().find("$$") == std::string::npos);
}
