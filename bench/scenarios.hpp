#pragma once

#include "bench/playing.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade::bench {

/// The settings of `replay bench`.
struct scenario_settings {
  std::string sidecar;
  std::string database;
  bool quick = false;
  bool json = false;
  /// Only figures whose name holds this.
  std::string only;
};

/// @returns the sidecar that stands beside this program.
std::string default_sidecar();

/// Measures every figure that has a goal and prints them with their goals.
/// @returns the exit code: 0 where all were measured, whether reached or not.
int run_scenarios(const scenario_settings& settings);

/// Runs a connector and stores what it prints on stdout.
/// @returns the connector's exit code.
int record(const std::string& output,
           const std::vector<std::string>& connector);

/// Stores lines, compressed where the name ends in `.zst`.
void save_recording(const std::string& path, std::string_view lines);

} // namespace motorcade::bench
