#pragma once

#include <csignal>
#include <pthread.h>

#include <thread>
#include <utility>

namespace motorcade {

/// Starts a thread that no signal is delivered to: a broken pipe or a full file
/// is an error of the call instead of SIGPIPE or SIGXFSZ, and other signals go
/// to the thread that waits for them. Throws std::system_error as std::thread
/// does.
template <class F>
std::thread start_quiet_thread(F run) {
  struct signal_guard {
    sigset_t before;

    signal_guard() {
      sigset_t all;
      ::sigfillset(&all);
      ::pthread_sigmask(SIG_SETMASK, &all, &before);
    }

    ~signal_guard() { ::pthread_sigmask(SIG_SETMASK, &before, nullptr); }
  } guard;

  return std::thread{std::move(run)};
}

} // namespace motorcade
