#pragma once

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

} // namespace motorcade::bench
