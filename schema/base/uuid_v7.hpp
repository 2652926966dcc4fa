#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace motorcade {

/// Gives times that rise with every call. If the clock stands still or is set
/// back, they go on from the last one, a microsecond each. Thread-safe.
class rising_clock {
public:
  using time = std::chrono::sys_time<std::chrono::microseconds>;

  /// @returns `now`, or the first microsecond that was not given out yet.
  time next(time now) noexcept {
    auto wanted = now.time_since_epoch().count();
    auto last = last_.load(std::memory_order_relaxed);
    for (;;) {
      auto given = wanted > last ? wanted : last + 1;
      if (last_.compare_exchange_weak(last, given, std::memory_order_relaxed))
        return time{std::chrono::microseconds{given}};
    }
  }

private:
  std::atomic<int64_t> last_{0};
};

/// The number of UUIDs of one time and one writer that `counter` tells apart.
inline constexpr uint32_t uuid_v7_counters = 1u << 24;

/// Makes a UUID of version 7 (RFC 9562, section 5.7) whose text sorts by time
/// and then by counter: 48 bits of milliseconds, 12 bits with the fraction of
/// the millisecond (section 6.2, method 3), the variant, 24 bits of counter
/// (method 1) and 38 random bits, which keep independent writers apart.
/// @param counter Its lowest 24 bits count.
/// @param random Its lowest 38 bits are used.
/// @returns the canonical spelling, in lower case.
std::string make_uuid_v7(rising_clock::time time, uint32_t counter,
                         uint64_t random);

} // namespace motorcade
