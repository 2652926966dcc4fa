#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The life of a task, as `source_task.status` spells it in upper case.
enum class task_status : uint8_t {
  running,
  success,
  partial,
  failed,
  cancelled,
  time_exceeded,
};

/// @returns the spelling of the database, e.g. `TIME_EXCEEDED`.
std::string_view to_string(task_status status);

/// The inverse of `to_string`.
/// @returns false, leaving `status` alone, if `text` is none of the names.
bool from_string(std::string_view text, task_status& status);

/// The life of one stream within a task.
enum class stream_status : uint8_t {
  pending,
  running,
  success,
  partial,
  failed,
  cancelled,
  time_exceeded,
};

/// @returns the spelling of `source_task.description`, e.g. `PENDING`.
std::string_view to_string(stream_status status);

/// One stream's entry in `source_task.description`.
struct stream_summary {
  /// `namespace.name`, or `name`.
  std::string key;
  /// Rows accepted from the connector.
  uint64_t events = 0;
  /// Bytes of the rows' `data`, without line ends.
  uint64_t bytes = 0;
  stream_status status = stream_status::pending;
  /// Empty: none.
  std::string error;
};

/// @returns `{"<key>":{"events":n,"bytes":n,"status":"…","error":"…"?},…}` in
/// the order given.
std::string describe(const std::vector<stream_summary>& streams);

} // namespace motorcade
