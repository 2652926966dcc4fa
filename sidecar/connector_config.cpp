#include "sidecar/connector_config.hpp"

#include "runtime/base/found_file.hpp"
#include "runtime/base/log.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <utility>

namespace motorcade {

namespace {

/// @returns nothing if there is no such file, or none that can be read: the
/// config tells only what to mask.
std::string read_if_any(const std::filesystem::path& path, links allowed) {
  auto text = read_found_file(path.string(), most_document_bytes, allowed);
  if (!text && text.error().code != ec::not_found)
    log::warn("the connector's config is not known, and its secrets are "
              "not masked by their values: {}",
              text.error().what);
  return text ? std::move(*text) : std::string{};
}

/// @returns the config within the platform's description of the task.
std::string read_platform_input(const std::filesystem::path& path) {
  auto input =
      nlohmann::json::parse(read_if_any(path, links::refused), nullptr, false);
  if (!input.is_object())
    return {};
  for (const auto* name : {"checkConnectionInput", "discoverCatalogInput"}) {
    auto part = input.find(name);
    if (part == input.end() || !part->is_object())
      continue;
    auto config = part->find("connectionConfiguration");
    if (config != part->end() && config->is_object())
      return config->dump();
  }
  return {};
}

} // namespace

std::string find_connector_config(const sidecar_settings& settings) {
  using std::filesystem::path;
  auto config =
      read_if_any(path{settings.config_dir} / "config.json", links::followed);
  if (!config.empty() || !settings.input_is_files)
    return config;
  // The connector may write to this folder, too, so no links are followed.
  auto folder = path{settings.stdout_pipe_file}.parent_path();
  for (const auto* name : {"connectionConfiguration.json", "config.json"})
    if (config = read_if_any(folder / name, links::refused); !config.empty())
      return config;
  return read_platform_input(folder / "sidecarInput.json");
}

} // namespace motorcade
