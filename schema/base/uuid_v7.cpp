#include "schema/base/uuid_v7.hpp"

#include <algorithm>
#include <string_view>

namespace motorcade {

std::string make_uuid_v7(rising_clock::time time, uint32_t counter,
                         uint64_t random) {
  constexpr std::string_view digits = "0123456789abcdef";
  constexpr uint64_t version = 7;
  constexpr uint64_t variant = 2;
  // A time before 1970 has no such UUID, so it counts as 1970.
  auto micros = static_cast<uint64_t>(
      std::max<int64_t>(time.time_since_epoch().count(), 0));
  // The 1000 microseconds of a millisecond are spread over 4096 steps.
  auto fraction = micros % 1000 * 4096 / 1000;
  uint64_t high = (micros / 1000) << 16 | version << 12 | fraction;
  uint64_t low = variant << 62 | uint64_t{counter % uuid_v7_counters} << 38
                 | (random & ((uint64_t{1} << 38) - 1));
  constexpr size_t length = 36;
  std::string out(length, '-');
  auto* to = out.data();
  auto put = [&to, digits](uint64_t bits, int from, int until) {
    for (auto shift = from; shift >= until; shift -= 4)
      *to++ = digits[bits >> shift & 15];
    // The dash is in the text already.
    ++to;
  };
  put(high, 60, 32);
  put(high, 28, 16);
  put(high, 12, 0);
  put(low, 60, 48);
  put(low, 44, 0);
  return out;
}

} // namespace motorcade
