#pragma once

#include <sched.h>

namespace motorcade {

/// Tells the kernel that the calling thread, and those that it starts from now
/// on, process a stream: sched(7), SCHED_BATCH. When such a thread wakes up, it
/// takes no core away from a thread that runs, but waits for its end of turn,
/// some milliseconds at most; its share of the cores stays the same. So threads
/// that wake each other work on what has gathered, not on each piece.
///
/// A thread that has another policy than SCHED_OTHER, e.g. since the process
/// was started by `chrt`, keeps it.
inline void process_in_batches() {
  const sched_param none = {};
  if (::sched_getscheduler(0) == SCHED_OTHER)
    ::sched_setscheduler(0, SCHED_BATCH, &none);
}

} // namespace motorcade
