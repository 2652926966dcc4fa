// Prints the Pod and the Secret of a task, as syncctl would create them, in one
// object: name, secret, pod. The task comes as JSON on stdin, its keys being
// the fields of task_request; settings from the environment.

#include "config/controller_settings.hpp"
#include "runtime/base/clock.hpp"
#include "runtime/kubernetes/pod_manifest.hpp"

#include <nlohmann/json.hpp>

#include <exception>
#include <iostream>

using namespace motorcade;
using nlohmann::json;

namespace {

/// A document may be given as it is, or as a text.
std::string document(const json& from, const char* name) {
  auto found = from.find(name);
  if (found == from.end())
    return {};
  return found->is_string() ? found->get<std::string>() : found->dump();
}

task_request read_task(const json& from) {
  task_request out;
  out.command = from.at("command");
  out.package = from.at("package");
  out.version = from.at("version");
  out.sync_id = from.value("sync_id", "");
  out.task_id = from.value("task_id", "");
  out.storage_key = from.value("storage_key", "");
  out.table_name_prefix = from.value("table_name_prefix", "");
  out.started_at = utc_now();
  out.started_by = document(from, "started_by");
  out.config = document(from, "config");
  out.catalog = document(from, "catalog");
  out.state = document(from, "state");
  out.destination_config = document(from, "destination_config");
  return out;
}

/// @returns the exit code.
int fail(const failure& why) {
  std::cerr << "print-manifest: " << why.what << '\n';
  return 1;
}

} // namespace

int main() {
  try {
    auto settings = read_controller_settings(process_environment());
    if (!settings)
      return fail(settings.error());
    auto made = make_pod_manifest(read_task(json::parse(std::cin)), *settings);
    if (!made)
      return fail(made.error());
    json out = {{"name", made->name},
                {"secret", json::parse(made->secret)},
                {"pod", json::parse(made->pod)}};
    std::cout << out.dump(2) << '\n';
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "print-manifest: " << error.what() << '\n';
    return 1;
  }
}
