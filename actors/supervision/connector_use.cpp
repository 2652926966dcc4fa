#include "actors/supervision/connector_use.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace motorcade {

namespace {

/// @returns the number of cores in words; never 0, since nothing runs on no
/// core.
std::string in_cores(double cores) {
  constexpr double shown_as_nothing = 0.005;
  return cores < shown_as_nothing ? "less than 0.01 cores"
                                  : fmt::format("{:.2f} cores", cores);
}

} // namespace

void connector_use::sample(double cores, uint64_t bytes) {
  ++samples_;
  most_cores_ = std::max(most_cores_, cores);
  most_bytes_ = std::max(most_bytes_, bytes);
}

std::optional<std::string>
connector_use::describe(const std::optional<container_use>& counted) const {
  std::string out = "the connector was seen to use ";
  if (!counted) {
    if (samples_ < 2)
      return std::nullopt;
    return out
           + fmt::format("{} MiB of memory and {} at most", most_bytes_ >> 20,
                         in_cores(most_cores_));
  }
  // Samples count all of the connector's processes together, the kernel only
  // the largest one.
  if (auto bytes = std::max(counted->peak_bytes, most_bytes_); bytes > 0)
    out += fmt::format("{} MiB of memory at most, and ", bytes >> 20);
  auto cpu = std::chrono::duration<double>{counted->cpu}.count();
  auto wall = std::chrono::duration<double>{counted->wall}.count();
  out += fmt::format("{:.2f} s of CPU in {:.1f} s", cpu, wall);
  if (wall > 0)
    out += " (" + in_cores(cpu / wall) + " on average)";
  return out;
}

} // namespace motorcade
