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
/// Throws std::exception if one cannot be measured.
/// @returns the exit code: 0 if all were measured, even if a goal was missed.
int run_scenarios(const scenario_settings& settings);

/// Runs a connector and stores what it prints on stdout, compressed. Throws
/// std::runtime_error if the file or the process cannot be made.
/// @returns the connector's exit code; 127 if there is no such program; 128 and
/// the number of the signal that ended it.
int record(const std::string& output,
           const std::vector<std::string>& connector);

/// Stores lines, compressed if the name ends in `.zst`. Throws
/// std::runtime_error if the file cannot be written.
void save_recording(const std::string& path, std::string_view lines);

} // namespace motorcade::bench
