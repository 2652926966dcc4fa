#pragma once

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <string>
#include <thread>

namespace motorcade {

/// Holds the signals that ask a process to stop (SIGTERM, SIGINT, SIGHUP) in
/// this thread and all that it starts: they wait until one of the functions
/// below takes them. Signals that mean nothing to us but would end us (SIGUSR1,
/// SIGALRM, real-time signals …) are held for ever. To be called before there
/// are other threads.
///
/// A SIGHUP that was ignored when the process began, as `nohup` does it, stays
/// without effect.
void hold_stop_signals();

/// Waits for a signal that asks to stop, which must be held.
/// @returns whether one came.
bool told_to_stop_within(std::chrono::milliseconds longest);

/// @returns whether a signal that asks to stop, which must be held, has come;
/// it stays for whoever waits for it.
bool stop_signal_waits();

/// Waits without limit for a signal that asks to stop, which must be held.
/// @returns its number.
int await_stop_signal();

/// @returns a signal's name, e.g. `SIGTERM`.
std::string signal_name(int number);

/// Turns signals that ask to stop into calls. They are held (see
/// `hold_stop_signals`) from its construction on, so construct it first.
class stop_signals {
public:
  stop_signals();
  ~stop_signals();
  stop_signals(const stop_signals&) = delete;
  stop_signals& operator=(const stop_signals&) = delete;

  /// Calls `f` with the signal's number for each that comes or came, from a
  /// thread of its own.
  void start(std::function<void(int)> f);

  /// No more calls after this.
  void stop();

private:
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

} // namespace motorcade
