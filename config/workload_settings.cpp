#include "config/workload_settings.hpp"

namespace motorcade {

namespace {

using namespace std::chrono_literals;

/// Reads a host. `host:port` alone means HTTP, as in Airbyte's platform.
std::string read_host(settings_reader& in, std::string_view name) {
  auto value = in.raw(name);
  if (!value.empty() && value.find("://") == std::string::npos)
    value = "http://" + in.text(name);
  else
    value = in.url(name, presence::optional, {"http://", "https://"});
  while (value.ends_with('/'))
    value.pop_back();
  return value;
}

} // namespace

workload_settings read_workload_settings(settings_reader& in) {
  workload_settings out;
  out.api_host = read_host(in, "WORKLOAD_API_HOST");
  out.internal_api_host = read_host(in, "INTERNAL_API_HOST");
  out.id = in.text("WORKLOAD_ID");
  if (out.id.empty() && !out.api_host.empty())
    in.report("WORKLOAD_ID", "missing, must be set where WORKLOAD_API_HOST is");
  if (out.id.empty() && !out.internal_api_host.empty())
    in.report("WORKLOAD_ID", "missing, must be set where INTERNAL_API_HOST is");
  out.token = in.secret("WORKLOAD_API_BEARER_TOKEN");
  out.max_retries =
      in.count("WORKLOAD_API_MAX_RETRIES", out.max_retries, 0, 1000);
  out.retry_delay = in.duration("WORKLOAD_API_RETRY_DELAY_SECONDS",
                                out.retry_delay, 1s, "seconds");
  out.connect_timeout = in.duration("WORKLOAD_API_CONNECT_TIMEOUT_SECONDS",
                                    out.connect_timeout, 1s, "seconds");
  out.read_timeout = in.duration("WORKLOAD_API_READ_TIMEOUT_SECONDS",
                                 out.read_timeout, 1s, "seconds");
  out.heartbeat_interval = in.duration("WORKLOAD_HEARTBEAT_SECONDS",
                                       out.heartbeat_interval, 1s, "seconds");
  out.heartbeat_timeout = in.duration("WORKLOAD_HEARTBEAT_TIMEOUT_SECONDS",
                                      out.heartbeat_timeout, 1s, "seconds");
  out.output = in.text("WORKLOAD_OUTPUT");
  if (!out.output.empty() && !out.output.starts_with('/')
      && !out.output.starts_with("file:///")
      && !out.output.starts_with("s3://"))
    in.report("WORKLOAD_OUTPUT",
              "must be /path, file:///path or s3://bucket/key");
  return out;
}

} // namespace motorcade
