#pragma once

#include "config/settings_reader.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace motorcade {

/// Where metrics go, each named after its variable. All are off by default.
struct metrics_settings {
  /// METRICS_PORT: where Prometheus fetches them; 0: nowhere.
  uint16_t port = 0;
  /// STATSD_HOST if MICROMETER_METRICS_STATSD_ENABLED is true; empty: off.
  std::string statsd_host;
  /// STATSD_PORT.
  uint16_t statsd_port = 8125;
  /// OTEL_COLLECTOR_ENDPOINT if MICROMETER_METRICS_OTLP_ENABLED
  /// is true, with `/v1/metrics` if it names no path; empty:
  /// off.
  std::string otlp_url;
  /// METRICS_INTERVAL_SECONDS, or MICROMETER_METRICS_STEP: how often they are
  /// pushed.
  std::chrono::milliseconds interval = std::chrono::seconds{30};

  friend bool operator==(const metrics_settings&,
                         const metrics_settings&) = default;
};

/// Reads the settings; reports faulty ones to `in`.
metrics_settings read_metrics_settings(settings_reader& in);

} // namespace motorcade
