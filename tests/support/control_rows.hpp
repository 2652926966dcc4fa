#pragma once

#include "runtime/records/task_records.hpp"

#include <chrono>
#include <string>

// Rows for tests of the HTTP API.
namespace motorcade::test {

/// The time of the first task and line.
inline const wall_time epoch{std::chrono::microseconds{1'700'000'000'123'456}};

/// @returns a task that began so many seconds after `epoch`.
inline task_record task(const std::string& id, int second) {
  task_record out;
  out.sync_id = "s" + std::to_string(second % 2);
  out.task_id = id;
  out.package = "airbyte/source-faker";
  out.version = "1";
  out.started_at = epoch + std::chrono::seconds{second};
  out.updated_at = out.started_at + std::chrono::seconds{1};
  return out;
}

/// @returns a line written so many milliseconds after `epoch`.
inline log_row line(int number) {
  log_row out;
  out.id = "id-" + std::to_string(number);
  out.level = "INFO";
  out.logger = "source";
  out.message = "line " + std::to_string(number);
  out.time = epoch + std::chrono::milliseconds{number};
  return out;
}

} // namespace motorcade::test
