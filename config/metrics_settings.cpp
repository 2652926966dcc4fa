#include "config/metrics_settings.hpp"

#include "config/values.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/excerpt.hpp"

namespace motorcade {

namespace {

std::string or_default(const std::string& value, std::string_view otherwise) {
  return value.empty() ? std::string{otherwise} : value;
}

/// @returns the URL of a collector; one without a path gets that of OTLP.
std::string with_path(const std::string& url) {
  constexpr std::string_view path = "/v1/metrics";
  auto host = url.find("://");
  auto slash = url.find('/', host == std::string::npos ? 0 : host + 3);
  if (slash == std::string::npos)
    return url + std::string{path};
  return slash + 1 == url.size() ? url.substr(0, slash) + std::string{path}
                                 : url;
}

} // namespace

metrics_settings read_metrics_settings(settings_reader& in) {
  using namespace std::chrono_literals;
  metrics_settings out;
  out.port =
      static_cast<uint16_t>(in.count("METRICS_PORT", 0, 0, highest_port));
  auto statsd = in.boolean("MICROMETER_METRICS_STATSD_ENABLED", false);
  auto host = or_default(in.text("STATSD_HOST"), "localhost");
  if (statsd)
    out.statsd_host = host;
  if (const auto flavor = in.text("MICROMETER_METRICS_STATSD_FLAVOR");
      statsd && !flavor.empty() && ascii_lower(flavor) != "datadog")
    in.report("MICROMETER_METRICS_STATSD_FLAVOR",
              excerpt(flavor) + " is not known, must be datadog");
  out.statsd_port = static_cast<uint16_t>(
      in.count("STATSD_PORT", out.statsd_port, 1, highest_port));
  auto otlp = in.boolean("MICROMETER_METRICS_OTLP_ENABLED", false);
  auto url = or_default(in.url("OTEL_COLLECTOR_ENDPOINT", presence::optional,
                               {"http://", "https://"}),
                        "http://localhost:4318");
  if (otlp)
    out.otlp_url = with_path(url);
  if (const auto step = in.text("MICROMETER_METRICS_STEP"); !step.empty()) {
    if (const auto read = parse_iso8601_duration(step); read && *read > 0ms)
      out.interval = *read;
    else
      in.report("MICROMETER_METRICS_STEP",
                excerpt(step) + " must be a duration of ISO 8601, e.g. PT30S");
  }
  out.interval =
      in.duration("METRICS_INTERVAL_SECONDS", out.interval, 1s, "seconds");
  return out;
}

} // namespace motorcade
