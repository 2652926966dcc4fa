#include "config/workload_settings.hpp"

#include <utility>

namespace motorcade {

namespace {

using namespace std::chrono_literals;

/// Reads a host. `host:port` alone means HTTP, as in Airbyte's platform.
std::string read_host(settings_reader& in, std::string_view name) {
  const auto value = in.raw(name);
  if (value.empty() || value.find("://") != std::string::npos)
    return in.base_url(name);
  auto host = "http://" + in.text(name);
  while (host.ends_with('/'))
    host.pop_back();
  return host;
}

/// Reads with what access tokens are asked for: all three, or none.
void read_credentials(settings_reader& in, workload_settings& out) {
  out.token_endpoint = in.url("CONTROL_PLANE_TOKEN_ENDPOINT",
                              presence::optional, {"http://", "https://"});
  out.client_id = in.text("DATAPLANE_CLIENT_ID");
  out.client_secret = in.secret("DATAPLANE_CLIENT_SECRET");
  if (out.token_endpoint.empty())
    return;
  for (const auto& [name, value] :
       {std::pair{"DATAPLANE_CLIENT_ID", &out.client_id},
        std::pair{"DATAPLANE_CLIENT_SECRET", &out.client_secret}})
    if (value->empty())
      in.report(name, "missing, must be set where CONTROL_PLANE_TOKEN_ENDPOINT "
                      "is");
}

} // namespace

workload_settings read_workload_settings(settings_reader& in, bool is_read) {
  workload_settings out;
  out.api_host = read_host(in, "WORKLOAD_API_HOST");
  out.internal_api_host = read_host(in, "INTERNAL_API_HOST");
  out.id = in.text("WORKLOAD_ID");
  if (out.id.empty() && !out.api_host.empty())
    in.report("WORKLOAD_ID", "missing, must be set where WORKLOAD_API_HOST is");
  if (out.id.empty() && !out.internal_api_host.empty())
    in.report("WORKLOAD_ID", "missing, must be set where INTERNAL_API_HOST is");
  out.token = in.secret("WORKLOAD_API_BEARER_TOKEN");
  read_credentials(in, out);
  out.max_retries =
      in.count("WORKLOAD_API_MAX_RETRIES", out.max_retries, 0, 1000);
  out.retry_delay = in.duration("WORKLOAD_API_RETRY_DELAY_SECONDS",
                                out.retry_delay, 1s, "seconds");
  out.connect_timeout = in.duration("WORKLOAD_API_CONNECT_TIMEOUT_SECONDS",
                                    out.connect_timeout, 1s, "seconds");
  out.read_timeout = in.duration("WORKLOAD_API_READ_TIMEOUT_SECONDS",
                                 out.read_timeout, 1s, "seconds");
  if (is_read) {
    out.heartbeat_interval = in.duration(
        "WORKLOAD_API_HEARTBEAT_INTERVAL_SECONDS", 10s, 1s, "seconds");
    out.heartbeat_timeout = in.duration(
        "WORKLOAD_API_HEARTBEAT_TIMEOUT_SECONDS", 600s, 1s, "seconds");
  } else {
    out.heartbeat_interval = in.duration("WORKLOAD_HEARTBEAT_SECONDS",
                                         out.heartbeat_interval, 1s, "seconds");
    out.heartbeat_timeout = in.duration("WORKLOAD_HEARTBEAT_TIMEOUT_SECONDS",
                                        out.heartbeat_timeout, 1s, "seconds");
  }
  out.output_max_retries =
      in.count("AIRBYTE_API_MAX_RETRIES", out.output_max_retries, 0, 1000);
  out.output_retry_delay = in.duration("AIRBYTE_API_RETRY_DELAY_SECONDS",
                                       out.output_retry_delay, 1s, "seconds");
  out.output_connect_timeout =
      in.duration("AIRBYTE_API_CONNECT_TIMEOUT_SECONDS",
                  out.output_connect_timeout, 1s, "seconds");
  out.output_read_timeout = in.duration("AIRBYTE_API_READ_TIMEOUT_SECONDS",
                                        out.output_read_timeout, 1s, "seconds");
  out.output = in.text("WORKLOAD_OUTPUT");
  if (!out.output.empty() && !out.output.starts_with('/')
      && !out.output.starts_with("file:///")
      && !out.output.starts_with("s3://"))
    in.report("WORKLOAD_OUTPUT",
              "must be /path, file:///path or s3://bucket/key");
  return out;
}

} // namespace motorcade
