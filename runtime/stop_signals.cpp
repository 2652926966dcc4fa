#include "runtime/stop_signals.hpp"

#include <pthread.h>
#include <time.h>

namespace motorcade {

namespace {

sigset_t set_of(std::initializer_list<int> numbers) {
  sigset_t out;
  sigemptyset(&out);
  for (auto number : numbers)
    sigaddset(&out, number);
  return out;
}

} // namespace

void hold_stop_signals() {
  auto held = set_of({SIGTERM, SIGINT, SIGHUP, SIGUSR1});
  ::pthread_sigmask(SIG_BLOCK, &held, nullptr);
}

bool told_to_stop_within(std::chrono::milliseconds longest) {
  auto waited = set_of({SIGTERM, SIGINT});
  auto seconds = std::chrono::floor<std::chrono::seconds>(longest);
  timespec time{static_cast<time_t>(seconds.count()),
                static_cast<long>((longest - seconds).count()) * 1'000'000};
  return ::sigtimedwait(&waited, nullptr, &time) > 0;
}

void await_stop_signal() {
  auto waited = set_of({SIGTERM, SIGINT});
  int number = 0;
  ::sigwait(&waited, &number);
}

stop_signals::stop_signals() : waited_{set_of({SIGTERM, SIGINT, SIGUSR1})} {
  hold_stop_signals();
}

stop_signals::~stop_signals() {
  stop();
}

void stop_signals::start(std::function<void(int)> f) {
  thread_ = std::thread{[this, f = std::move(f)] {
    int number = 0;
    while (::sigwait(&waited_, &number) == 0 && number != SIGUSR1)
      f(number);
  }};
}

void stop_signals::stop() {
  if (!thread_.joinable())
    return;
  // Only this thread gets it, and only to end.
  ::pthread_kill(thread_.native_handle(), SIGUSR1);
  thread_.join();
}

} // namespace motorcade
