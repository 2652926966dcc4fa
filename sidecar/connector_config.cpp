#include "sidecar/connector_config.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace motorcade {

namespace {

std::string read_if_any(const std::filesystem::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// @returns the config within the platform's description of the task.
std::string read_platform_input(const std::filesystem::path& path) {
  auto input = nlohmann::json::parse(read_if_any(path), nullptr, false);
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
  auto config = read_if_any(path{settings.config_dir} / "config.json");
  if (!config.empty() || !settings.input_is_files)
    return config;
  auto folder = path{settings.stdout_pipe_file}.parent_path();
  for (const auto* name : {"connectionConfiguration.json", "config.json"})
    if (config = read_if_any(folder / name); !config.empty())
      return config;
  return read_platform_input(folder / "sidecarInput.json");
}

} // namespace motorcade
