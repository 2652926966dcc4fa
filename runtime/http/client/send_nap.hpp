#pragma once

#include <chrono>
#include <cstddef>

namespace motorcade {

/// Decides how a thread waits that has sent all bytes it was given. If many
/// came within a moment, more are about to come: the thread sleeps for a short
/// time, and then sends all of them at once. A wake-up for each piece would
/// cost CPU of the thread that gives it and of the one that sends it. Otherwise
/// the thread waits to be woken, so that a single piece is sent at once.
class send_nap {
public:
  using clock = std::chrono::steady_clock;

  /// How long a nap takes: what comes meanwhile is late by that much.
  static constexpr std::chrono::microseconds length{500};

  /// Counts bytes that were sent.
  void sent(size_t bytes) { sent_ += bytes; }

  /// To be called whenever all is sent.
  /// @returns whether to nap before looking for more.
  bool is_due(clock::time_point now) {
    const auto fast = sent_ >= much && now - empty_at_ <= moment;
    sent_ = 0;
    empty_at_ = now;
    return fast;
  }

private:
  static constexpr size_t much = 256u << 10;
  static constexpr std::chrono::milliseconds moment{1};

  size_t sent_ = 0;
  /// When all was sent the last time.
  clock::time_point empty_at_{};
};

} // namespace motorcade
