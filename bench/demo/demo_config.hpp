#pragma once

#include "schema/base/result.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// The config of the demo connector.
struct demo_config {
  /// The path of the recording.
  std::string recording;
  /// The path of the catalog that `discover` answers with; empty: infer one.
  std::string catalog;
  /// Play everything if there is no state.
  bool whole = false;
  std::optional<double> rows_per_second;
  std::optional<int> exit_code;
  std::optional<uint64_t> stop_after_rows;
  /// Keys that mean nothing to this program.
  std::vector<std::string> unknown_keys;
};

/// @returns the file's content, or invalid_argument; the error never repeats
/// the content, which may be secret.
result<nlohmann::ordered_json> read_json_file(const std::string& path);

/// Reads the config; relative paths in it are taken from its own folder.
/// @returns invalid_argument if the file or a value in it is wrong.
result<demo_config> read_demo_config(const std::string& path);

/// @returns the JSON schema of the config, for `spec`.
const nlohmann::ordered_json& demo_config_schema();

} // namespace motorcade
