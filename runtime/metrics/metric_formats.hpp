#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/metrics/metric_board.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// @returns the values in the text format of Prometheus, version 0.0.4: names
/// with underscores, counters ending in `_total`, seconds and bytes named.
std::string to_prometheus(const std::vector<metric_sample>& samples,
                          const metric_tags& tags);

/// @returns the values as datagrams of StatsD with DataDog's tags, each of 1432
/// bytes at most: of counters the growth since `before`, of histograms also
/// their sum in milliseconds, and the longest ever.
std::vector<std::string> to_statsd(const std::vector<metric_sample>& samples,
                                   const std::vector<metric_sample>& before,
                                   const metric_tags& tags);

/// @returns the values as an ExportMetricsServiceRequest of OTLP in JSON,
/// cumulative since `start`.
std::string to_otlp(const std::vector<metric_sample>& samples,
                    const metric_tags& tags, wall_time start, wall_time now);

} // namespace motorcade
