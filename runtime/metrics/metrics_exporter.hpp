#pragma once

#include "runtime/metrics/metric_board.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

namespace motorcade {

class http_server;

/// The receivers of metrics.
struct metrics_export_settings {
  /// The port that serves `GET /metrics` to Prometheus; 0: none.
  uint16_t port = 0;
  /// The host of StatsD, by UDP; empty: StatsD is not used.
  std::string statsd_host;
  uint16_t statsd_port = 8125;
  /// The URL of OTLP over HTTP; empty: OTLP is not used.
  std::string otlp_url;
  std::chrono::milliseconds interval = std::chrono::seconds{30};
};

/// Exports a board's values in threads of its own, and once more at its end. A
/// receiver that is slow, broken or away costs nothing but a line of log, and
/// two seconds at the end at most.
class metrics_exporter {
public:
  /// Starts the exports that are configured. A port that is not available is
  /// logged.
  metrics_exporter(metrics_export_settings settings, metric_board_ptr board);

  /// Exports the last values.
  ~metrics_exporter();

  metrics_exporter(const metrics_exporter&) = delete;
  metrics_exporter& operator=(const metrics_exporter&) = delete;

private:
  struct pusher;

  std::shared_ptr<pusher> pusher_;
  std::unique_ptr<http_server> server_;
};

} // namespace motorcade
