#pragma once

#include <pthread.h>

namespace motorcade {

/// Names the calling thread for `top -H`, `/proc/PID/task` and debuggers.
/// @param name Of 15 bytes at most (pthread_setname_np(3)); a longer one
/// changes nothing.
inline void name_this_thread(const char* name) {
  ::pthread_setname_np(::pthread_self(), name);
}

} // namespace motorcade
