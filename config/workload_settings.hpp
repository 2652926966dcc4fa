#pragma once

#include "config/settings_reader.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace motorcade {

/// The settings for a control plane, each named after its variable. An empty
/// text is one that was not set.
struct workload_settings {
  /// WORKLOAD_API_HOST as a URL without a slash at its end; empty: no workload
  /// API.
  std::string api_host;
  /// INTERNAL_API_HOST, in the same way.
  std::string internal_api_host;
  /// WORKLOAD_ID; set if one of the two is.
  std::string id;
  /// WORKLOAD_API_BEARER_TOKEN. Secret.
  std::string token;
  /// CONTROL_PLANE_TOKEN_ENDPOINT, a URL; where it is set, so are the two
  /// below, DATAPLANE_CLIENT_ID and DATAPLANE_CLIENT_SECRET, and `token` is not
  /// used.
  std::string token_endpoint;
  std::string client_id;
  /// Secret.
  std::string client_secret;
  /// WORKLOAD_API_MAX_RETRIES, WORKLOAD_API_RETRY_DELAY_SECONDS: attempts and
  /// pause of the final report.
  uint64_t max_retries = 5;
  std::chrono::milliseconds retry_delay = std::chrono::seconds{2};
  /// WORKLOAD_API_CONNECT_TIMEOUT_SECONDS, WORKLOAD_API_READ_TIMEOUT_SECONDS.
  std::chrono::milliseconds connect_timeout = std::chrono::seconds{30};
  std::chrono::milliseconds read_timeout = std::chrono::seconds{300};
  /// AIRBYTE_API_MAX_RETRIES, AIRBYTE_API_RETRY_DELAY_SECONDS,
  /// AIRBYTE_API_CONNECT_TIMEOUT_SECONDS, AIRBYTE_API_READ_TIMEOUT_SECONDS: the
  /// same for the internal API, and for the stores of documents.
  uint64_t output_max_retries = 5;
  std::chrono::milliseconds output_retry_delay = std::chrono::seconds{2};
  std::chrono::milliseconds output_connect_timeout = std::chrono::seconds{30};
  std::chrono::milliseconds output_read_timeout = std::chrono::seconds{600};
  /// WORKLOAD_HEARTBEAT_SECONDS, or for a read
  /// WORKLOAD_API_HEARTBEAT_INTERVAL_SECONDS: the time from one heartbeat to
  /// the control plane to the next.
  std::chrono::milliseconds heartbeat_interval = std::chrono::seconds{30};
  /// WORKLOAD_HEARTBEAT_TIMEOUT_SECONDS, or for a read
  /// WORKLOAD_API_HEARTBEAT_TIMEOUT_SECONDS: how long the control plane may be
  /// unreachable before the task ends.
  std::chrono::milliseconds heartbeat_timeout = std::chrono::minutes{5};
  /// WORKLOAD_OUTPUT: where the result document goes.
  std::string output;

  friend bool operator==(const workload_settings&,
                         const workload_settings&) = default;
};

/// Reads the settings; reports faulty ones to `in`.
/// @param is_read Whether the task is a read: its heartbeats have settings of
/// their own on Airbyte's platform.
workload_settings read_workload_settings(settings_reader& in, bool is_read);

} // namespace motorcade
