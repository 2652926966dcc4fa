#pragma once

#include "runtime/process/fork_steps.hpp"
#include "runtime/process/task_keeper.hpp"

#include <cstdint>
#include <string>

namespace motorcade {

/// The function that a sidecar's process runs in place of an exec, if it was
/// forked from the sidecar's program: takes the sidecar's environment, returns
/// its exit code.
using sidecar_body = int (*)(char** environment);

/// The programs, pipes and limits that a keeper works with.
struct keeper_means {
  /// @param body If set, it runs in the sidecar's process in place of the
  /// program; the keeper must have begun in a process without other threads.
  explicit keeper_means(const keeper_plan& plan, sidecar_body body = nullptr)
      : connector{plan.connector},
        sidecar{plan.sidecar},
        stdout_pipe{plan.pipes + "/stdout"},
        stderr_pipe{plan.pipes + "/stderr"},
        limits{plan.limits},
        grace_ms{plan.grace.count()},
        run_sidecar{body} {}

  exec_words connector;
  exec_words sidecar;
  std::string stdout_pipe;
  std::string stderr_pipe;
  process_limits limits;
  int64_t grace_ms;
  sidecar_body run_sidecar;
};

/// The descriptors that a keeper has from its beginning.
struct keeper_ends {
  /// A socket to the controller.
  int control = -1;
  /// The pipe of the sidecar's output.
  int log = -1;
  /// A socket to the sidecar, and the sidecar's end of it.
  int telling = -1;
  int told = -1;
};

/// Does all that a keeper does, and ends the process. May be called in the
/// child of a fork by a process with more threads. There a lock that another
/// thread held, e.g. malloc's, stays locked for ever, so the keeper only makes
/// system calls; it does not allocate memory. Only `run_sidecar` does, in the
/// sidecar's process.
[[noreturn]] void live_as_keeper(const keeper_means& means,
                                 const keeper_ends& ends);

} // namespace motorcade
