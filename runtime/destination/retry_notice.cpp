#include "runtime/destination/retry_notice.hpp"

#include "schema/base/counted.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

std::optional<std::string> retry_notice::failed(std::string_view reason,
                                                time now, wall_time until) {
  if (++failures_ == 1)
    began_ = now;
  if (last_line_ && now - *last_line_ < pause_)
    return std::nullopt;
  // After a long quiet time an outage is a new one.
  pause_ = !last_line_ || now - *last_line_ > 2 * longest_pause
               ? first_pause
               : std::min(2 * pause_, longest_pause);
  last_line_ = now;
  told_ = true;
  return subject_ + " is not available: " + std::string{reason} + "; "
         + counted(failures_, "attempt") + " failed, it is tried again until "
         + to_iso8601_millis(until);
}

std::optional<std::string> retry_notice::succeeded(time now) {
  const auto failures = std::exchange(failures_, 0);
  if (!std::exchange(told_, false))
    return std::nullopt;
  return subject_ + " is available again, after "
         + counted(failures, "failed attempt") + " in "
         + counted(
             static_cast<uint64_t>(
                 std::chrono::ceil<std::chrono::seconds>(now - began_).count()),
             "second");
}

} // namespace motorcade
