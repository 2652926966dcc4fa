#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/database/sql_session.hpp"
#include "schema/base/result.hpp"

#include <memory>
#include <string>

namespace motorcade {

/// A line that `syncctl` adds to the log of a run's read.
struct run_note {
  /// A UUID: the same in every process that adds the same line.
  std::string id;
  std::string sync_id;
  std::string run_id;
  /// As in `task_log.level`, e.g. `WARN`.
  std::string level;
  /// Without secrets.
  std::string message;
  wall_time time = {};
};

/// Adds lines to the logs of runs, so that they stand where a person looks.
/// Fails as `sync_records`. Not thread-safe.
class run_notes {
public:
  /// @param session May serve other records, too; lives as long as this.
  explicit run_notes(std::shared_ptr<sql_session> session)
      : session_{std::move(session)} {}

  /// Adds a line, unless one of that id is there.
  result<void> add(const run_note& note);

private:
  std::shared_ptr<sql_session> session_;
};

} // namespace motorcade
