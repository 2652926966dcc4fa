#include "runtime/process/child_end.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace motorcade {

bool reap_within(pid_t child, std::chrono::milliseconds longest) {
  using clock = std::chrono::steady_clock;
  auto until = clock::now() + longest;
  // The descriptor is readable once the child has ended. Without one the child
  // is polled.
  auto fd = static_cast<int>(::syscall(SYS_pidfd_open, child, 0));
  constexpr int look_again_ms = 10;
  auto gone = false;
  for (;;) {
    auto buried = ::waitpid(child, nullptr, WNOHANG);
    gone = buried == child || (buried < 0 && errno == ECHILD);
    auto left =
        std::chrono::ceil<std::chrono::milliseconds>(until - clock::now());
    if (gone || left.count() <= 0)
      break;
    pollfd waited{fd, POLLIN, 0};
    auto patience = static_cast<int>(left.count());
    ::poll(&waited, 1, fd < 0 ? std::min(patience, look_again_ms) : patience);
  }
  if (fd >= 0)
    ::close(fd);
  return gone;
}

bool continue_if_stopped(pid_t child) {
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(child), &info, WSTOPPED | WNOHANG) != 0
      || info.si_pid == 0)
    return false;
  ::kill(child, SIGCONT);
  return true;
}

} // namespace motorcade
