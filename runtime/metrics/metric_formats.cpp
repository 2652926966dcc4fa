#include "runtime/metrics/metric_formats.hpp"

#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace motorcade {

namespace {

/// The largest datagram that networks carry without fragments.
constexpr size_t longest_datagram = 1432;

// -- Prometheus ---------------------------------------------------------------

std::string prometheus_name(const metric_definition& metric) {
  std::string out{metric.name};
  std::replace(out.begin(), out.end(), '.', '_');
  if (metric.kind == metric_kind::histogram)
    return out + "_seconds";
  return metric.kind == metric_kind::counter ? out + "_total" : out;
}

prometheus::ClientMetric prometheus_value(const metric_sample& sample,
                                          const metric_tags& tags) {
  const auto& definition = definition_of(sample.which);
  prometheus::ClientMetric out;
  for (const auto& [name, value] : tags)
    out.label.push_back({name, value});
  if (!definition.label.empty())
    out.label.push_back({std::string{definition.label}, sample.label_value});
  switch (definition.kind) {
  case metric_kind::counter:
    out.counter.value = sample.value;
    break;
  case metric_kind::gauge:
    out.gauge.value = sample.value;
    break;
  case metric_kind::histogram: {
    const auto& seen = sample.distribution;
    out.histogram.sample_count = seen.count;
    out.histogram.sample_sum = seen.sum;
    uint64_t so_far = 0;
    for (size_t i = 0; i < seen.buckets.size(); ++i) {
      so_far += seen.buckets[i];
      out.histogram.bucket.push_back(
          {so_far, i < histogram_bounds.size()
                       ? histogram_bounds[i]
                       : std::numeric_limits<double>::infinity()});
    }
    break;
  }
  }
  return out;
}

prometheus::MetricType prometheus_type(metric_kind kind) {
  switch (kind) {
  case metric_kind::counter:
    return prometheus::MetricType::Counter;
  case metric_kind::gauge:
    return prometheus::MetricType::Gauge;
  case metric_kind::histogram:
    break;
  }
  return prometheus::MetricType::Histogram;
}

// -- StatsD -------------------------------------------------------------------

/// Puts lines into datagrams.
class datagram_writer {
public:
  void add(const std::string& line) {
    if (out_.empty() || out_.back().size() + 1 + line.size() > longest_datagram)
      out_.push_back(line);
    else
      out_.back() += '\n' + line;
  }

  std::vector<std::string> take() { return std::move(out_); }

private:
  std::vector<std::string> out_;
};

/// @returns the text with underscores for characters that would end a tag or a
/// line.
std::string clean_tag(std::string_view value) {
  std::string out{value};
  for (auto& c : out)
    if (c == ',' || c == '|' || c == '#' || static_cast<unsigned char>(c) < ' ')
      c = '_';
  return out;
}

std::string statsd_tags(const metric_sample& sample, const metric_tags& tags) {
  std::string out;
  auto add = [&out](std::string_view name, std::string_view value) {
    out +=
        (out.empty() ? "|#" : ",") + std::string{name} + ":" + clean_tag(value);
  };
  for (const auto& [name, value] : tags)
    add(name, value);
  if (const auto& label = definition_of(sample.which).label; !label.empty())
    add(label, sample.label_value);
  return out;
}

const metric_sample* find(const std::vector<metric_sample>& in,
                          const metric_sample& like) {
  for (const auto& sample : in)
    if (sample.which == like.which && sample.label_value == like.label_value)
      return &sample;
  return nullptr;
}

// -- OTLP ---------------------------------------------------------------------

using nlohmann::ordered_json;

ordered_json otlp_attribute(std::string_view name, std::string_view value) {
  return {{"key", name}, {"value", {{"stringValue", value}}}};
}

/// Numbers of 64 bits are texts in protobuf's JSON.
std::string nanoseconds(wall_time time) {
  return std::to_string(std::chrono::duration_cast<std::chrono::nanoseconds>(
                            time.time_since_epoch())
                            .count());
}

ordered_json otlp_point(const metric_sample& sample, wall_time start,
                        wall_time now) {
  const auto& definition = definition_of(sample.which);
  ordered_json out = {{"startTimeUnixNano", nanoseconds(start)},
                      {"timeUnixNano", nanoseconds(now)}};
  if (!definition.label.empty())
    out["attributes"] = {otlp_attribute(definition.label, sample.label_value)};
  if (definition.kind != metric_kind::histogram) {
    out["asInt"] = std::to_string(static_cast<uint64_t>(sample.value));
    return out;
  }
  const auto& seen = sample.distribution;
  out["count"] = std::to_string(seen.count);
  out["sum"] = seen.sum;
  out["max"] = seen.longest;
  out["explicitBounds"] = histogram_bounds;
  for (auto n : seen.buckets)
    out["bucketCounts"].push_back(std::to_string(n));
  return out;
}

ordered_json otlp_metric(const metric_definition& definition,
                         ordered_json points) {
  constexpr int cumulative = 2;
  ordered_json out = {{"name", definition.name},
                      {"description", definition.help},
                      {"unit", definition.unit}};
  switch (definition.kind) {
  case metric_kind::counter:
    out["sum"] = {{"aggregationTemporality", cumulative},
                  {"isMonotonic", true},
                  {"dataPoints", std::move(points)}};
    break;
  case metric_kind::gauge:
    out["gauge"] = {{"dataPoints", std::move(points)}};
    break;
  case metric_kind::histogram:
    out["histogram"] = {{"aggregationTemporality", cumulative},
                        {"dataPoints", std::move(points)}};
    break;
  }
  return out;
}

} // namespace

std::string to_prometheus(const std::vector<metric_sample>& samples,
                          const metric_tags& tags) {
  std::vector<prometheus::MetricFamily> families;
  std::optional<metric> last;
  for (const auto& sample : samples) {
    const auto& definition = definition_of(sample.which);
    if (last != sample.which)
      families.push_back({prometheus_name(definition),
                          std::string{definition.help},
                          prometheus_type(definition.kind),
                          {}});
    last = sample.which;
    families.back().metric.push_back(prometheus_value(sample, tags));
  }
  return prometheus::TextSerializer{}.Serialize(families);
}

std::vector<std::string> to_statsd(const std::vector<metric_sample>& samples,
                                   const std::vector<metric_sample>& before,
                                   const metric_tags& tags) {
  datagram_writer out;
  constexpr double milliseconds = 1000;
  for (const auto& sample : samples) {
    const auto& definition = definition_of(sample.which);
    const auto* old = find(before, sample);
    auto end = statsd_tags(sample, tags);
    switch (definition.kind) {
    case metric_kind::counter:
      if (auto grown = sample.value - (old ? old->value : 0); grown > 0)
        out.add(fmt::format("{}:{:.0f}|c{}", definition.name, grown, end));
      break;
    case metric_kind::gauge:
      out.add(fmt::format("{}:{:.0f}|g{}", definition.name, sample.value, end));
      break;
    case metric_kind::histogram: {
      const auto& now = sample.distribution;
      auto then = old ? old->distribution : histogram{};
      if (now.count == then.count)
        break;
      out.add(fmt::format("{}.count:{}|c{}", definition.name,
                          now.count - then.count, end));
      out.add(fmt::format("{}.sum:{:.0f}|c{}", definition.name,
                          (now.sum - then.sum) * milliseconds, end));
      out.add(fmt::format("{}.max:{:.0f}|g{}", definition.name,
                          now.longest * milliseconds, end));
      break;
    }
    }
  }
  return out.take();
}

std::string to_otlp(const std::vector<metric_sample>& samples,
                    const metric_tags& tags, wall_time start, wall_time now) {
  auto resource = ordered_json::array();
  resource.push_back(otlp_attribute("service.name", "motorcade-sidecar"));
  for (const auto& [name, value] : tags)
    resource.push_back(otlp_attribute(name, value));
  auto metrics = ordered_json::array();
  for (size_t i = 0; i < samples.size();) {
    const auto& definition = definition_of(samples[i].which);
    auto points = ordered_json::array();
    auto which = samples[i].which;
    for (; i < samples.size() && samples[i].which == which; ++i)
      points.push_back(otlp_point(samples[i], start, now));
    metrics.push_back(otlp_metric(definition, std::move(points)));
  }
  ordered_json scope = {{"scope", {{"name", "motorcade"}}},
                        {"metrics", std::move(metrics)}};
  ordered_json one = {
      {"resource", {{"attributes", std::move(resource)}}},
      {"scopeMetrics", ordered_json::array({std::move(scope)})}};
  ordered_json out = {
      {"resourceMetrics", ordered_json::array({std::move(one)})}};
  return write_json(out);
}

} // namespace motorcade
