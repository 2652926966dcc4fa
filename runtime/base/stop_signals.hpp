#pragma once

#include "runtime/base/file_handle.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <thread>

namespace motorcade {

/// Blocks the signals that ask a process to stop (SIGTERM, SIGINT, SIGHUP) in
/// this thread and all threads that it starts: they stay pending until one of
/// the functions below takes them. Signals that have no meaning here but would
/// end the process (SIGUSR1, SIGALRM, real-time signals …) are blocked for
/// ever. To be called before there are other threads.
///
/// A SIGHUP that was ignored when the process began, as `nohup` does it, stays
/// without effect.
void hold_stop_signals();

/// Waits for a signal that asks to stop, which must be blocked.
/// @returns whether one came.
bool told_to_stop_within(std::chrono::milliseconds longest);

/// @returns a descriptor that is readable while a signal that asks to stop,
/// which must be blocked, has come and was taken by none of these functions.
/// Nothing is to be read from it. Throws std::system_error.
file_handle watch_stop_signals();

/// Waits without limit for a signal that asks to stop, which must be blocked.
/// @returns its number.
int await_stop_signal();

/// @returns a signal's name, e.g. `SIGTERM`.
std::string signal_name(int number);

/// Turns signals that ask to stop into calls. They are blocked (see
/// `hold_stop_signals`) from its construction on, so construct it before other
/// threads.
class stop_signals {
public:
  /// Blocks the signals in this thread.
  stop_signals();

  /// Calls `stop`.
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// Calls `f` with the signal's number for each signal, also for those that
  /// are pending, from a thread of its own.
  void start(std::function<void(int)> f);

  /// Ends the thread; afterwards `f` is not called.
  void stop();

private:
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

} // namespace motorcade
