#include "runtime/process/keeper_life.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

namespace motorcade {

namespace {

/// The descriptor that kept_exit_code names.
constexpr int sidecar_told = 3;

/// The keeper's life.
class keeper {
public:
  keeper(const keeper_means& means, const keeper_ends& ends)
      : means_{means},
        control_{ends.control},
        log_{ends.log},
        telling_{ends.telling},
        told_{ends.told} {}

  [[noreturn]] void live() {
    begin();
    start_both();
    for (;;) {
      reap();
      if (connector_ == 0 && sidecar_ == 0)
        end();
      pollfd waited[] = {{control_, POLLIN, 0}, {signals_, POLLIN, 0}};
      ::poll(waited, 2, time_left());
      if (waited[0].revents != 0 && !hear())
        end();
      if (waited[1].revents != 0)
        drain();
      if (stopping_ && time_left() == 0) {
        kill_all(SIGKILL);
        // A process that survives SIGKILL is left to the system.
        stopping_ = false;
      }
    }
  }

private:
  /// The exit code of a program that a signal ended, less the signal's number.
  static constexpr int signalled = 128;

  void begin() {
    ::setsid();
    ::prctl(PR_SET_NAME, "task-keeper");
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    ::signal(SIGCHLD, SIG_DFL);
    own_ = ::getpid();
    rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    own_peak_ = used.ru_maxrss;
    // All other open descriptors are closed: their readers would not see an end
    // before this process ends.
    int* kept[] = {&told_, &telling_, &control_, &log_};
    constexpr int above = 10;
    for (auto* one : kept)
      *one = ::fcntl(*one, F_DUPFD_CLOEXEC, above);
    // The sidecar's program knows the number of the first one.
    auto next = sidecar_told;
    for (auto* one : kept)
      *one = ::dup3(*one, next++, O_CLOEXEC);
    auto null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (auto fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
      ::dup2(null, fd);
    ::close_range(static_cast<unsigned>(next), ~0U, 0);
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    signals_ = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  }

  void start_both() {
    // `fork` tells the libraries that run on in the copy.
    sidecar_ = means_.run_sidecar != nullptr ? ::fork() : ::_Fork();
    if (sidecar_ == 0)
      become_sidecar();
    // A socket: the connector could open a pipe in /proc and write to it.
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
                     unstarted_)
        != 0)
      unstarted_[0] = unstarted_[1] = -1;
    if (means_.connector.named() && (connector_ = ::_Fork()) == 0)
      become_connector();
    ::close(unstarted_[1]);
    for (auto of_sidecar : {true, false}) {
      auto& pid = of_sidecar ? sidecar_ : connector_;
      if (pid < 0) {
        report({keeper_report::kind::not_executable, of_sidecar, false, errno,
                0, 0});
        report(
            {keeper_report::kind::ended, of_sidecar, false, cannot_run, 0, 0});
        pid = 0;
      } else if (pid > 0) {
        // The child does it, too: the group exists whichever runs first.
        ::setpgid(pid, pid);
        report({keeper_report::kind::started, of_sidecar, false, pid, 0, 0});
      }
    }
    ::close(log_);
    ::close(told_);
    if (signals_ < 0)
      end();
  }

  /// The common steps of both programs.
  void become(const exec_words& program) {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // The keeper may have died before the call above.
    if (::getppid() != own_)
      ::_exit(cannot_run);
    // A set-user-ID program would lose the signal that was set above.
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    // Its memory holds secrets: no core dump.
    lower_limit(RLIMIT_CORE, 0, 0);
    auto files = means_.limits.open_files;
    lower_limit(RLIMIT_NOFILE, files, files);
    if (::chdir(program.folder()) != 0)
      ::_exit(cannot_run);
  }

  [[noreturn]] void become_sidecar() {
    become(means_.sidecar);
    ::dup2(log_, STDOUT_FILENO);
    ::dup2(log_, STDERR_FILENO);
    if (means_.run_sidecar != nullptr) {
      ::close_range(sidecar_told + 1, ~0U, 0);
      ::prctl(PR_SET_NAME, "sidecar");
      ::_exit(means_.run_sidecar(means_.sidecar.environment()));
    }
    ::fcntl(told_, F_SETFD, 0);
    means_.sidecar.execute();
    give_up(true);
  }

  [[noreturn]] void become_connector() {
    become(means_.connector);
    // If memory runs out, the connector is killed before all others.
    put_text("/proc/self/oom_score_adj", "500");
    if (auto bytes = means_.limits.memory_bytes; bytes > 0)
      lower_limit(RLIMIT_DATA, bytes, bytes);
    if (auto seconds = means_.limits.cpu_seconds; seconds > 0)
      lower_limit(RLIMIT_CPU, seconds, seconds + 5);
    // stderr is opened first, as by a Pod's shell, and as the sidecar expects.
    auto err =
        ::open(means_.stderr_pipe.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    auto out =
        ::open(means_.stdout_pipe.c_str(), O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (err < 0 || out < 0)
      give_up(false);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(err, STDERR_FILENO);
    means_.connector.execute();
    give_up(false);
  }

  [[noreturn]] void give_up(bool of_sidecar) {
    auto error = errno;
    if (!of_sidecar) [[maybe_unused]]
      auto n = ::write(unstarted_[1], "", 1);
    report(
        {keeper_report::kind::not_executable, of_sidecar, false, error, 0, 0});
    ::_exit(cannot_run);
  }

  void report(const keeper_report& what) const {
    ::send(control_, &what, sizeof what, MSG_NOSIGNAL);
  }

  /// @returns false if the controller is gone.
  bool hear() {
    char word = 0;
    auto n = ::recv(control_, &word, sizeof word, MSG_DONTWAIT);
    if (n < 0)
      return errno == EAGAIN || errno == EINTR;
    if (n > 0 && deadline_ == 0) {
      stopping_ = true;
      deadline_ = monotonic_ms() + means_.grace_ms;
      kill_groups(SIGTERM);
    }
    return n > 0;
  }

  void drain() const {
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) > 0) {}
  }

  void reap() {
    siginfo_t info{};
    while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0
           && info.si_pid != 0) {
      auto pid = info.si_pid;
      // The process id names its group until the process is reaped.
      if (pid == connector_)
        ::kill(-pid, SIGKILL);
      rusage used{};
      ::wait4(pid, nullptr, 0, &used);
      if (pid != sidecar_)
        note_use(used);
      if (pid == connector_ || pid == sidecar_)
        note_end(pid == sidecar_, info);
      info = {};
    }
    if (connector_ == 0)
      kill_orphans(SIGKILL);
    // A sidecar that was stopped (SIGSTOP), perhaps by its connector, would let
    // the task go on for ever.
    info = {};
    if (sidecar_ > 0
        && ::waitid(P_PID, sidecar_, &info, WSTOPPED | WNOHANG) == 0
        && info.si_pid != 0)
      ::kill(sidecar_, SIGCONT);
  }

  /// @param used The use of one of the connector's processes and of those that
  /// it has reaped itself.
  void note_use(const rusage& used) {
    constexpr uint64_t micros = 1'000'000;
    for (const auto& time : {used.ru_utime, used.ru_stime})
      use_.cpu_micros += static_cast<uint64_t>(time.tv_sec) * micros
                         + static_cast<uint64_t>(time.tv_usec);
    // The kernel counts the keeper's memory, which each process begins with.
    constexpr uint64_t kib = 1024;
    if (used.ru_maxrss > own_peak_)
      use_.peak_bytes = std::max(use_.peak_bytes,
                                 static_cast<uint64_t>(used.ru_maxrss) * kib);
    report(use_);
  }

  /// @returns the exit code that the sidecar is told. A connector that answers
  /// SIGTERM with exit code 0 may have cut its read off, and the sidecar may
  /// see that end before it has handled its own SIGTERM: once a stop was asked
  /// for, no exit code speaks of a whole read.
  int to_tell(int code) const {
    return deadline_ != 0 && code == 0 ? signalled + SIGTERM : code;
  }

  void note_end(bool of_sidecar, const siginfo_t& info) {
    auto by_signal = info.si_code != CLD_EXITED;
    if (of_sidecar) {
      sidecar_ = 0;
    } else {
      connector_ = 0;
      char word = 0;
      // The sidecar is not told of a connector that never began: it would
      // report an exit code and no reason.
      if (::read(unstarted_[0], &word, sizeof word) > 0)
        kill_groups(SIGKILL);
      else
        send_number(telling_,
                    to_tell(info.si_status + (by_signal ? signalled : 0)));
    }
    report({keeper_report::kind::ended, of_sidecar, by_signal, info.si_status,
            0, 0});
  }

  void kill_groups(int number) const {
    for (auto pid : {connector_, sidecar_})
      if (pid > 0)
        ::kill(-pid, number);
  }

  void kill_all(int number) const {
    kill_groups(number);
    kill_orphans(number);
  }

  /// Sends a signal to adopted processes, which may have groups of their own.
  void kill_orphans(int number) const {
    kill_children_but(connector_, sidecar_, number);
  }

  /// Kills and reaps all that is left, and ends the keeper.
  [[noreturn]] void end() {
    for (;;) {
      kill_all(SIGKILL);
      int status = 0;
      auto pid = ::waitpid(-1, &status, 0);
      if (pid < 0 && errno != EINTR)
        ::_exit(0);
      // These process ids may be reused now.
      if (pid == connector_)
        connector_ = 0;
      if (pid == sidecar_)
        sidecar_ = 0;
    }
  }

  /// @returns the milliseconds until the grace is over, for poll.
  int time_left() const {
    constexpr int64_t longest = 1'000'000'000;
    if (!stopping_)
      return -1;
    return static_cast<int>(
        std::clamp<int64_t>(deadline_ - monotonic_ms(), 0, longest));
  }

  const keeper_means& means_;
  int control_;
  int log_;
  /// A socket to the sidecar, and the sidecar's end of it.
  int telling_;
  int told_;
  int signals_ = -1;
  /// A pipe by which a connector's process reports that it could not begin.
  int unstarted_[2] = {-1, -1};
  pid_t own_ = 0;
  /// The keeper's own peak memory when it began, in KiB.
  long own_peak_ = 0;
  keeper_report use_{keeper_report::kind::used, false, false, 0, 0, 0};
  /// The process ids; 0: it has ended.
  pid_t connector_ = 0;
  pid_t sidecar_ = 0;
  bool stopping_ = false;
  /// When the grace is over; 0: no stop was asked for.
  int64_t deadline_ = 0;
};

} // namespace

void live_as_keeper(const keeper_means& means, const keeper_ends& ends) {
  keeper{means, ends}.live();
}

} // namespace motorcade
