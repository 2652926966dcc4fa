#pragma once

#include "runtime/kubernetes/pod_manifest.hpp"
#include "support/kubernetes_expansion.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <stdexcept>
#include <string>
#include <vector>

// Manifests of Pods, taken apart for tests.
namespace motorcade::test {

using nlohmann::json;

/// @returns settings with three secrets that end in `hush`.
inline controller_settings settings() {
  controller_settings out;
  out.sidecar_database_url = "postgres://u:db-hush@h/d";
  out.bulker_url = "http://bulker:3042";
  out.bulker_auth_token = "bulker-hush";
  out.pods.sidecar_image = "motorcade-sidecar:1";
  return out;
}

/// @returns a task with secrets of its own.
inline task_request task(const std::string& command) {
  task_request out;
  out.command = command;
  out.package = "airbyte/source-faker";
  out.version = "6.2.0";
  out.task_id = "task-1";
  out.storage_key = command == "read" ? "" : "key-1";
  out.sync_id = command == "read" ? "sync-1" : "";
  out.started_by = R"({"trigger":"manual"})";
  out.config = R"({"token":"source-hush"})";
  out.catalog = command == "read" ? R"({"streams":[]})" : "";
  out.destination_config =
      command == "read" ? R"({"password":"destination-hush"})" : "";
  return out;
}

/// The manifest of a task.
struct made {
  explicit made(const task_request& what,
                const controller_settings& how = settings()) {
    auto manifest = make_pod_manifest(what, how);
    REQUIRE(manifest);
    name = manifest->name;
    secret = json::parse(manifest->secret);
    pod = json::parse(manifest->pod);
    text = manifest->pod;
  }

  const json& container(const std::string& of) const {
    for (const auto* list : {"initContainers", "containers"})
      for (const auto& one : pod["spec"][list])
        if (one["name"] == of)
          return one;
    throw std::out_of_range{of};
  }

  /// @returns the container as it runs.
  json running(const std::string& of) const {
    return run_container(container(of));
  }

  /// @returns what the connector's shell is given.
  std::string script() const { return running("source")["command"][2]; }

  /// @returns the keys of the Secret that the container has as files.
  std::vector<std::string> files(const std::string& of) const {
    std::vector<std::string> out;
    for (const auto& mount : container(of)["volumeMounts"])
      for (const auto& volume : pod["spec"]["volumes"])
        if (volume["name"] == mount["name"] && volume.contains("secret"))
          for (const auto& item : volume["secret"]["items"])
            out.push_back(mount["mountPath"].get<std::string>() + "/"
                          + item["path"].get<std::string>());
    return out;
  }

  std::string env(const std::string& of, const std::string& variable) const {
    for (const auto& one : container(of)["env"])
      if (one["name"] == variable)
        return one.contains("value")
                   ? one["value"].get<std::string>()
                   : one["valueFrom"]["secretKeyRef"]["name"].get<std::string>()
                         + "/"
                         + one["valueFrom"]["secretKeyRef"]["key"]
                               .get<std::string>();
    return "-";
  }

  std::string name;
  json secret;
  json pod;
  std::string text;
};

} // namespace motorcade::test
