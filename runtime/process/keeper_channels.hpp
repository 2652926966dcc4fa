#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/process/keeper_life.hpp"
#include "runtime/process/task_keeper.hpp"
#include "schema/base/result.hpp"

#include <sys/types.h>

namespace motorcade {

/// The sockets and the pipe between a controller, a keeper and a sidecar, all
/// their ends. No program that is started inherits one.
class keeper_channels {
public:
  /// @returns system_failed if the system gives none.
  static result<keeper_channels> make();

  /// @returns the keeper's ends, which stay this object's.
  keeper_ends of_keeper() const;

  /// @returns the keeper of that process id with the controller's ends; the
  /// others are closed.
  task_keeper of_controller(pid_t keeper) &&;

private:
  file_handle control_;
  file_handle control_of_keeper_;
  file_handle log_;
  file_handle log_of_keeper_;
  file_handle telling_;
  file_handle told_;
};

} // namespace motorcade
