#pragma once

#include <chrono>
#include <csignal>
#include <functional>
#include <thread>

namespace motorcade {

/// Keeps SIGTERM and SIGINT waiting from now on, in this thread and all that it
/// starts. To be called before there are other threads.
void hold_stop_signals();

/// Waits for SIGTERM or SIGINT, which must be held.
/// @returns whether one came.
bool told_to_stop_within(std::chrono::milliseconds longest);

/// Waits for SIGTERM or SIGINT, which must be held, for ever.
void await_stop_signal();

/// Turns SIGTERM, SIGINT and SIGHUP into calls. From its construction on they
/// are blocked in this thread and all that it starts, so construct it first.
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
  sigset_t waited_;
  std::thread thread_;
};

} // namespace motorcade
