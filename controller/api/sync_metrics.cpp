#include "controller/api/sync_metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <chrono>

namespace motorcade {

namespace {

prometheus::MetricFamily make_family(std::string name, std::string help,
                                     prometheus::MetricType type) {
  prometheus::MetricFamily out;
  out.name = std::move(name);
  out.help = std::move(help);
  out.type = type;
  return out;
}

void add(prometheus::MetricFamily& to, const std::string& sync_id,
         double value) {
  prometheus::ClientMetric metric;
  metric.label.push_back({"sync_id", sync_id});
  if (to.type == prometheus::MetricType::Counter)
    metric.counter.value = value;
  else
    metric.gauge.value = value;
  to.metric.push_back(std::move(metric));
}

} // namespace

std::string write_sync_metrics(const run_counts& counts, wall_time now) {
  using prometheus::MetricType;
  auto ages =
      make_family("motorcade_sync_last_success_age_seconds",
                  "Time since a run of the sync succeeded.", MetricType::Gauge);
  auto rows = make_family("motorcade_sync_rows_total",
                          "Rows that runs of the sync "
                          "have brought.",
                          MetricType::Counter);
  auto failures = make_family("motorcade_sync_failed_runs_total",
                              "Runs of the sync that failed or were PARTIAL.",
                              MetricType::Counter);
  for (const auto& one : counts.samples()) {
    if (one.last_success)
      add(ages, one.sync_id,
          std::max(
              0.0,
              std::chrono::duration<double>(now - *one.last_success).count()));
    add(rows, one.sync_id, static_cast<double>(one.rows));
    add(failures, one.sync_id, static_cast<double>(one.failed_runs));
  }
  auto left_out =
      make_family("motorcade_syncs_without_metrics",
                  "Syncs beyond those that have metrics.", MetricType::Gauge);
  prometheus::ClientMetric number;
  number.gauge.value = static_cast<double>(counts.left_out());
  left_out.metric.push_back(number);
  return prometheus::TextSerializer{}.Serialize(
      {ages, rows, failures, left_out});
}

} // namespace motorcade
