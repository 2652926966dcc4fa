#include "schema/state/record_tally.hpp"
#include "schema/base/counted.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace motorcade {

std::optional<record_tally::difference>
record_tally::check(const std::optional<record_count>& counted,
                    uint64_t unclear) {
  auto rows = std::exchange(rows_, 0);
  if (!counted)
    return std::nullopt;
  difference out;
  out.counted = counted->written;
  out.rows = rows;
  if (!counted->value) {
    out.unusable = true;
    return std::exchange(unusable_told_, true) ? std::nullopt
                                               : std::optional{out};
  }
  // A double may be larger than a number of 64 bits.
  constexpr double most = 1e18;
  out.at_least = *counted->value > most;
  auto wanted =
      static_cast<uint64_t>(std::min(std::ceil(*counted->value), most));
  auto here = std::min(wanted - std::min(wanted, rows), rejected_);
  rejected_ -= here;
  // A count with a fraction is reported, though no row is missing.
  auto whole = *counted->value == std::floor(*counted->value);
  if (wanted == rows + here && whole)
    return std::nullopt;
  out.rejected = here;
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
  if (found.unusable)
    return "the connector's sourceStats.recordCount is " + found.counted
           + ", which is not a number of records: nothing was compared with "
             "the "
           + std::to_string(found.rows) + " that came since the last state";
  auto text = "the connector counts " + found.counted
              + (found.counted == "1" ? " record" : " records")
              + " since the last state, " + std::to_string(found.rows)
              + " came";
  if (found.rejected > 0)
    text += " and " + std::to_string(found.rejected) + " "
            + std::string{agree(found.rejected, "was", "were")}
            + " rejected here";
  if (found.missing > 0)
    text += std::string{": "} + (found.at_least ? "at least " : "")
            + std::to_string(found.missing) + " "
            + std::string{agree(found.missing, "is", "are")} + " missing";
  return text;
}

} // namespace motorcade
