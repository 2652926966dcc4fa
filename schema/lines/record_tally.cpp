#include "schema/lines/record_tally.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace motorcade {

std::optional<record_tally::difference>
record_tally::check(std::optional<double> counted, uint64_t unclear) {
  auto rows = std::exchange(rows_, 0);
  if (!counted)
    return std::nullopt;
  // A count is a double, and may be anything.
  constexpr double most = 1e18;
  auto wanted = static_cast<uint64_t>(
      std::isnan(*counted) ? 0 : std::clamp(std::ceil(*counted), 0.0, most));
  auto here = std::min(wanted - std::min(wanted, rows), rejected_);
  rejected_ -= here;
  if (wanted == rows + here)
    return std::nullopt;
  difference out{wanted, rows, here, 0};
  if (wanted > rows + here) {
    auto more = wanted - rows - here;
    out.rejected += std::min(more, unclear);
    out.missing = more - std::min(more, unclear);
    if (out.missing == 0)
      return std::nullopt;
  }
  return out;
}

std::string describe(const record_tally::difference& found) {
  auto text = "the connector counts " + std::to_string(found.counted)
              + " records since the last state, " + std::to_string(found.rows)
              + " came";
  if (found.rejected > 0)
    text += " and " + std::to_string(found.rejected) + " were rejected here";
  if (found.missing > 0)
    text += ": " + std::to_string(found.missing)
            + (found.missing == 1 ? " is" : " are") + " missing";
  return text;
}

} // namespace motorcade
