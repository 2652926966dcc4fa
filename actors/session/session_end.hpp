#pragma once

#include <chrono>
#include <cstdint>

namespace motorcade {

/// A point in time for the session: monotonic, from any start.
using session_time = std::chrono::milliseconds;

/// The reason for the end of a session.
enum class session_end : uint8_t {
  /// The connector closed its output.
  source_ended,
  /// The task was told to stop.
  cancelled,
  /// TASK_TIMEOUT_HOURS.
  time_exceeded,
  /// SOURCE_IDLE_TIMEOUT_SECONDS.
  source_silent,
  /// The sidecar itself failed, e.g. to read the pipe.
  broken,
};

/// The part of a connector's output that was still unread when the reading
/// ended.
struct unread_output {
  /// Both pipes were read as far as they were filled; otherwise nothing is
  /// known of the rest.
  bool is_known = true;
  /// The bytes that were in the pipes.
  uint64_t bytes = 0;
  /// The writers of stdout did not close it.
  bool stdout_is_open = false;
};

} // namespace motorcade
