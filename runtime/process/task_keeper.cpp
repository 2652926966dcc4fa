#include "runtime/process/task_keeper.hpp"

#include "runtime/process/keeper_channels.hpp"
#include "runtime/process/keeper_life.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace motorcade {

namespace {

/// As `_Fork`, which takes no lock of any library. ThreadSanitizer has locks of
/// its own, and only its `fork` leaves them open in the copy.
pid_t begin_copy() {
#ifdef __SANITIZE_THREAD__
  return ::fork();
#else
  return ::_Fork();
#endif
}

} // namespace

result<task_keeper> start_task_keeper(const keeper_plan& plan) {
  const keeper_means means{plan};
  auto ends = keeper_channels::make();
  if (!ends)
    return ends.error();
  // All signals are blocked: no handler of this program may run in the copy.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  auto pid = begin_copy();
  if (pid == 0)
    live_as_keeper(means, ends->of_keeper());
  auto error = errno;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0)
    return failure{ec::system_failed, std::string{"cannot start a process: "}
                                          + std::strerror(error)};
  return std::move(*ends).of_controller(pid);
}

} // namespace motorcade
