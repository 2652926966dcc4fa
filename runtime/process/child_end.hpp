#pragma once

#include <chrono>
#include <sys/types.h>

namespace motorcade {

/// Waits for the end of a child of this process, and reaps it.
/// @returns whether it ended within that time; also true if it is no child.
bool reap_within(pid_t child, std::chrono::milliseconds longest);

/// Continues a child that a signal stopped, e.g. SIGSTOP.
/// @returns whether it had been stopped since the last call.
bool continue_if_stopped(pid_t child);

} // namespace motorcade
