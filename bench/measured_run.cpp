// Runs the program `<own path>.measured` with its own arguments, environment
// and descriptors, and appends what that used to `<own path>.used`:
// microseconds of CPU in user space and in the kernel, and the peak memory in
// KiB. bench/small_syncs.py puts it in the place of sidecar and connector.

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>

namespace {

constexpr int cannot_run = 127;

long micros(const timeval& time) {
  return time.tv_sec * 1'000'000 + time.tv_usec;
}

} // namespace

int main(int, char** argv) {
  std::string own(4096, '\0');
  const auto length = ::readlink("/proc/self/exe", own.data(), own.size());
  if (length <= 0)
    return cannot_run;
  own.resize(static_cast<size_t>(length));
  const auto parent = ::getpid();
  const auto child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() == parent)
      ::execv((own + ".measured").c_str(), argv);
    ::_exit(cannot_run);
  }
  int status = 0;
  rusage used{};
  while (child > 0 && ::wait4(child, &status, 0, &used) < 0)
    if (errno != EINTR)
      return cannot_run;
  char line[128];
  const auto size =
      std::snprintf(line, sizeof line, "%ld %ld %ld\n", micros(used.ru_utime),
                    micros(used.ru_stime), used.ru_maxrss);
  const auto to = ::open((own + ".used").c_str(),
                         O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (child < 0 || to < 0
      || ::write(to, line, static_cast<size_t>(size)) != size)
    return cannot_run;
  constexpr int signalled = 128;
  return WIFEXITED(status) ? WEXITSTATUS(status) : signalled + WTERMSIG(status);
}
