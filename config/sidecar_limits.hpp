#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace motorcade {

class settings_reader;

/// The limits of a task that an operator chooses: the sidecar reads them by
/// their names, and syncctl, with `SYNCCTL_` before the name, for all sidecars
/// that it starts.
struct sidecar_limits {
  /// SOURCE_IDLE_TIMEOUT_SECONDS: how long the connector may be silent.
  std::chrono::milliseconds source_idle_timeout = std::chrono::hours{2};
  /// SOURCE_EXIT_TIMEOUT_SECONDS: how long the connector may live on once every
  /// stream is complete and stored.
  std::chrono::milliseconds source_exit_timeout = std::chrono::seconds{60};
  /// STRICT_RECORD_COUNT: a state that counts more records than came is not
  /// saved, nor are later ones of its streams.
  bool strict_record_count = false;
  /// SIDECAR_FILE_TIMEOUT_MINUTES: how long spec, check and discover may take.
  std::chrono::milliseconds answer_timeout = std::chrono::minutes{9};
  /// SIDECAR_FILE_TIMEOUT_WITHIN_SYNC_MINUTES: the same if SYNC_ID is set.
  std::chrono::milliseconds answer_timeout_within_sync =
      std::chrono::minutes{30};
  /// BULKER_STALL_TIMEOUT_SECONDS: how long the destination may take no byte.
  std::chrono::milliseconds bulker_stall_timeout = std::chrono::seconds{60};
  /// BULKER_RESPONSE_TIMEOUT_SECONDS: how long a commit may take.
  std::chrono::milliseconds bulker_response_timeout = std::chrono::minutes{20};
  /// MAX_LINE_BYTES: the longest line of the connector that is read.
  uint64_t max_line_bytes = uint64_t{64} << 20;
  /// RETRY_BUFFER_BYTES: how much of open requests is kept so that they can be
  /// sent again; 0: nothing.
  uint64_t retry_buffer_bytes = uint64_t{16} << 20;

  bool operator==(const sidecar_limits&) const = default;
};

/// Reads and checks all of them.
/// @param prefix Stands before each variable's name; may be empty.
/// @param out Keeps what it has if a variable is not set.
void read_sidecar_limits(settings_reader& in, const std::string& prefix,
                         sidecar_limits& out);

/// The inverse of `read_sidecar_limits` without a prefix.
/// @returns the variables by name; those that have their defaults are left out.
std::map<std::string, std::string> to_variables(const sidecar_limits& limits);

} // namespace motorcade
