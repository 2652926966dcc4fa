#include "runtime/base/stop_signals.hpp"

#include <pthread.h>
#include <sys/signalfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>

namespace motorcade {

namespace {

/// Ends the thread of `stop_signals` if that was told to stop.
constexpr int wake_signal = SIGUSR1;

/// @returns whether the process was started with SIGHUP ignored. The answer is
/// the first one, since nothing here changes it.
bool hangup_is_ignored() {
  static const auto ignored = [] {
    struct sigaction now = {};
    return ::sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
  }();
  return ignored;
}

/// @returns the signals that ask this program to stop.
sigset_t asking_to_stop() {
  sigset_t out;
  ::sigemptyset(&out);
  ::sigaddset(&out, SIGTERM);
  ::sigaddset(&out, SIGINT);
  // A held signal is delivered to `sigwait` even if it is ignored.
  if (!hangup_is_ignored())
    ::sigaddset(&out, SIGHUP);
  return out;
}

/// @returns all signals but those of a fault in the program, of a limit, and of
/// a person at a terminal.
sigset_t to_be_held() {
  sigset_t out;
  ::sigfillset(&out);
  for (auto number :
       {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, SIGXCPU,
        SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGCHLD, SIGWINCH})
    ::sigdelset(&out, number);
  return out;
}

} // namespace

void hold_stop_signals() {
  hangup_is_ignored();
  auto held = to_be_held();
  ::pthread_sigmask(SIG_BLOCK, &held, nullptr);
}

bool told_to_stop_within(std::chrono::milliseconds longest) {
  using clock = std::chrono::steady_clock;
  auto waited = asking_to_stop();
  auto until = clock::now() + longest;
  for (;;) {
    auto left = std::max(clock::duration::zero(), until - clock::now());
    auto seconds = std::chrono::floor<std::chrono::seconds>(left);
    timespec time{
        static_cast<time_t>(seconds.count()),
        static_cast<long>(std::chrono::nanoseconds{left - seconds}.count())};
    if (::sigtimedwait(&waited, nullptr, &time) > 0)
      return true;
    // Another signal, or SIGSTOP and SIGCONT, end the wait before its time.
    if (errno != EINTR)
      return false;
  }
}

file_handle watch_stop_signals() {
  auto watched = asking_to_stop();
  file_handle out{::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!out)
    throw std::system_error{errno, std::generic_category(), "signalfd"};
  return out;
}

int await_stop_signal() {
  auto waited = asking_to_stop();
  int number = 0;
  while (::sigwait(&waited, &number) != 0) {}
  return number;
}

std::string signal_name(int number) {
  const auto* name = ::sigabbrev_np(number);
  return name == nullptr ? "signal " + std::to_string(number)
                         : std::string{"SIG"} + name;
}

stop_signals::stop_signals() {
  hold_stop_signals();
}

stop_signals::~stop_signals() {
  stop();
}

void stop_signals::start(std::function<void(int)> f) {
  thread_ = std::thread{[this, f = std::move(f)] {
    auto waited = asking_to_stop();
    ::sigaddset(&waited, wake_signal);
    for (;;) {
      int number = 0;
      if (::sigwait(&waited, &number) != 0)
        continue;
      if (number != wake_signal)
        f(number);
      // Any process may send this signal, so it counts only while stopping.
      else if (stopping_)
        return;
    }
  }};
}

void stop_signals::stop() {
  if (!thread_.joinable())
    return;
  stopping_ = true;
  ::pthread_kill(thread_.native_handle(), wake_signal);
  thread_.join();
  stopping_ = false;
}

} // namespace motorcade
