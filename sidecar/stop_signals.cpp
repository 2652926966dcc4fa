#include "sidecar/stop_signals.hpp"

#include <pthread.h>

namespace motorcade {

stop_signals::stop_signals() {
  sigemptyset(&waited_);
  for (auto number : {SIGTERM, SIGINT, SIGUSR1})
    sigaddset(&waited_, number);
  ::pthread_sigmask(SIG_BLOCK, &waited_, nullptr);
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
