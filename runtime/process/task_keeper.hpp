#pragma once

#include "config/controller_settings.hpp"
#include "runtime/base/file_handle.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace motorcade {

/// A program to be started, without a shell.
struct kept_program {
  /// Absolute.
  std::string path;
  /// Without the program's own name.
  std::vector<std::string> arguments;
  /// `NAME=value`; there is nothing besides.
  std::vector<std::string> environment;
  /// Where it begins.
  std::string folder;
};

/// What a keeper is to keep.
struct keeper_plan {
  kept_program connector;
  kept_program sidecar;
  /// Holds the named pipes `stdout` and `stderr`; `exit-code` is written there
  /// once the connector has ended.
  std::string pipes;
  process_limits limits;
  /// Between SIGTERM and SIGKILL.
  std::chrono::milliseconds grace{60'000};
};

/// What a keeper tells, one packet each.
struct keeper_report {
  enum class kind : uint8_t {
    /// `number` is the process's id, and its group's.
    started,
    /// `number` is errno; `ended` follows.
    not_executable,
    /// `number` is the exit code, or the signal.
    ended,
    /// Of the connector and all that it started, as far as they have ended:
    /// `cpu_micros` and `peak_bytes`. Comes before `ended`, and again where
    /// something of it ends later.
    used,
  };

  kind what = kind::started;
  bool of_sidecar = false;
  bool by_signal = false;
  int32_t number = 0;
  uint64_t cpu_micros = 0;
  /// Of the largest of its processes; 0: not known, since it is less than what
  /// a copy of this program begins with.
  uint64_t peak_bytes = 0;
};

/// A process between us and one task's connector and sidecar, so that nothing
/// of a task outlives its end, nor ours.
///
/// Connector and sidecar are its children, each in a group of its own, and die
/// with it. Whatever they start is adopted by it: what is left of the connector
/// when that ends is killed, as in a container, and so is everything at the end
/// of both. It needs nothing of ours but our end of `control`: where that is
/// closed, for our death perhaps, everything is killed at once.
struct task_keeper {
  /// To be reaped by us.
  pid_t pid = -1;
  /// A socket of packets: reports come, any byte asks for the end (SIGTERM,
  /// after the grace SIGKILL). It ends once nothing of the task is left.
  file_handle control;
  /// What the sidecar writes to stdout and stderr.
  file_handle log;
};

/// Starts a keeper, which starts the two. May be called from any thread.
/// @returns system_failed where there can be no further process.
result<task_keeper> start_task_keeper(const keeper_plan& plan);

} // namespace motorcade
