#include "runtime/process/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace motorcade {

namespace {

failure system_failure(const std::string& what) {
  return {ec::system_failed, what + ": " + std::strerror(errno)};
}

void say(std::string_view text) {
  [[maybe_unused]] auto n = ::write(STDERR_FILENO, text.data(), text.size());
}

/// @returns words as execve wants them; they live as long as `words`.
std::vector<char*> to_words(const std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (const auto& word : words)
    out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

/// The child's side of `start`; never returns.
[[noreturn]] void become(const std::vector<char*>& arguments,
                         const std::vector<char*>& environment,
                         const std::string& stdout_pipe,
                         const std::string& stderr_pipe, pid_t parent) {
  constexpr int cannot_run = 127;
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent may have died before the call above, which then has no effect.
  if (::getppid() != parent)
    ::_exit(cannot_run);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  auto in = ::open("/dev/null", O_RDONLY);
  auto err = ::open(stderr_pipe.c_str(), O_WRONLY);
  auto out = ::open(stdout_pipe.c_str(), O_WRONLY);
  if (in < 0 || err < 0 || out < 0)
    ::_exit(cannot_run);
  ::dup2(in, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execvpe(arguments[0], arguments.data(), environment.data());
  say("FATAL cannot run ");
  say(arguments[0]);
  say(": ");
  say(std::strerror(errno));
  say("\n");
  ::_exit(cannot_run);
}

} // namespace

result<child_process>
child_process::start(const std::vector<std::string>& command,
                     const std::string& stdout_pipe,
                     const std::string& stderr_pipe,
                     const std::vector<std::string>& environment) {
  auto arguments = to_words(command);
  auto variables = to_words(environment);
  auto parent = ::getpid();
  auto id = ::fork();
  if (id < 0)
    return system_failure("cannot start a process");
  if (id == 0)
    become(arguments, variables, stdout_pipe, stderr_pipe, parent);
  // The child does this, too, so that the group exists whichever process runs
  // first.
  ::setpgid(id, id);
  return child_process{id};
}

child_process::child_process(child_process&& other) noexcept
    : id_{std::exchange(other.id_, -1)} {}

child_process::~child_process() {
  if (id_ < 0)
    return;
  ::kill(-id_, SIGKILL);
  while (::waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {}
}

int child_process::wait() const {
  siginfo_t info = {};
  while (::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOWAIT) < 0)
    if (errno != EINTR)
      return 127;
  return info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
}

bool child_process::wait_for(std::chrono::milliseconds longest) const {
  auto fd = static_cast<int>(::syscall(SYS_pidfd_open, id_, 0));
  if (fd < 0)
    return errno == ESRCH;
  pollfd waited{fd, POLLIN, 0};
  auto n = ::poll(&waited, 1, static_cast<int>(longest.count()));
  ::close(fd);
  return n > 0;
}

void child_process::signal(int number) const {
  ::kill(-id_, number);
}

result<std::string> make_private_directory(const std::string& prefix) {
  const auto* base = std::getenv("TMPDIR");
  auto path = std::string{base != nullptr && *base != '\0' ? base : "/tmp"}
              + "/" + prefix + "XXXXXX";
  if (::mkdtemp(path.data()) == nullptr)
    return system_failure("cannot make a directory " + path);
  constexpr mode_t owner_alone = 0700; // Whatever the umask took from it.
  if (::chmod(path.c_str(), owner_alone) != 0)
    return system_failure("cannot make a directory " + path);
  return path;
}

result<void> make_fifo(const std::string& path) {
  constexpr mode_t owner_alone = 0600;
  if (::mkfifo(path.c_str(), owner_alone) != 0
      || ::chmod(path.c_str(), owner_alone) != 0)
    return system_failure("cannot make the pipe " + path);
  return {};
}

} // namespace motorcade
