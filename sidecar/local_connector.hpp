#pragma once

#include "config/settings.hpp"
#include "runtime/process/process.hpp"
#include "schema/base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace motorcade {

/// A private directory for a connector's pipes and files, which the destructor
/// removes.
class scratch_directory {
public:
  /// @returns system_failed if it cannot be made.
  static result<scratch_directory> make();
  ~scratch_directory();
  scratch_directory(scratch_directory&& other) noexcept;
  scratch_directory& operator=(scratch_directory&&) = delete;

  /// @returns the path of a file of this name in the directory.
  std::string file(std::string_view name) const {
    return path_ + "/" + std::string{name};
  }

private:
  explicit scratch_directory(std::string path) : path_{std::move(path)} {}

  std::string path_;
};

/// A connector as a process of this machine, with named pipes for its output
/// and a file for its exit code, as in a Pod.
class local_connector {
public:
  /// Makes the settings' pipes and starts the program.
  /// @param child_variables The program's whole environment, as `NAME=value`;
  /// it cannot read the sidecar's own.
  /// @param settings Must outlive this.
  result<void> start(const std::vector<std::string>& command,
                     const std::vector<std::string>& child_variables,
                     const sidecar_settings& settings);

  /// Passes a signal on. Precondition: started.
  void signal(int number) { child_->signal(number); }

  /// Ends processes that still run: SIGTERM, then SIGKILL. Precondition:
  /// started.
  void end();

private:
  std::optional<child_process> child_;
  std::thread reaper_;
};

} // namespace motorcade
