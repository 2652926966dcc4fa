#pragma once

#include "config/controller_settings.hpp"
#include "runtime/base/file_handle.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace motorcade {

/// A program to be started, without a shell.
struct kept_program {
  /// Absolute.
  std::string path;
  /// Without the program's own name.
  std::vector<std::string> arguments;
  /// `NAME=value`: the whole environment.
  std::vector<std::string> environment;
  /// Its working directory.
  std::string folder;
};

/// The EXIT_CODE_FILE of a keeper's sidecar: a socket by which the keeper, and
/// no other process, tells it the connector's exit code. To a file in the
/// task's folder the connector could write any exit code.
inline constexpr std::string_view kept_exit_code = "/dev/fd/3";

/// The programs that a keeper starts, and their limits.
struct keeper_plan {
  /// Without a path no connector runs, as to check a destination alone.
  kept_program connector;
  kept_program sidecar;
  /// Holds the named pipes `stdout` and `stderr`.
  std::string pipes;
  process_limits limits;
  /// Between SIGTERM and SIGKILL.
  std::chrono::milliseconds grace{60'000};
};

/// A report of a keeper, one packet each.
struct keeper_report {
  enum class kind : uint8_t {
    /// `number` is the process's id, and its group's.
    started,
    /// `number` is errno; `ended` follows.
    not_executable,
    /// `number` is the exit code, or the signal.
    ended,
    /// `cpu_micros` and `peak_bytes` of the connector and all processes that it
    /// started, as far as they have ended. Comes before `ended`, and again if
    /// one of them ends later.
    used,
  };

  kind what = kind::started;
  bool of_sidecar = false;
  bool by_signal = false;
  int32_t number = 0;
  uint64_t cpu_micros = 0;
  /// The peak of the largest of its processes; 0: not known, since it is
  /// smaller than a fresh copy of this program.
  uint64_t peak_bytes = 0;
};

/// A process between the controller and one task's connector and sidecar, so
/// that no process of a task outlives the task or the controller.
///
/// Connector and sidecar are its children, each in a group of its own, and die
/// with it. It adopts the processes that they start: when the connector ends,
/// its remaining processes are killed, as in a container, and at the end of
/// both, all are. If the controller's end of `control` is closed, e.g. by its
/// death, everything is killed at once.
struct task_keeper {
  /// The process id; the controller reaps it.
  pid_t pid = -1;
  /// A socket of packets: reports come; any byte sent asks for the end
  /// (SIGTERM, after the grace SIGKILL). It is closed once no process of the
  /// task is left.
  file_handle control;
  /// The output of the sidecar, stdout and stderr.
  file_handle log;
};

/// Starts a keeper, which starts both programs. Callable from any thread.
/// @returns system_failed if the system gives no further process.
result<task_keeper> start_task_keeper(const keeper_plan& plan);

} // namespace motorcade
