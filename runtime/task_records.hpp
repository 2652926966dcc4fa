#pragma once

#include "runtime/database.hpp"
#include "schema/result.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace motorcade {

/// Which tasks are wanted; an empty text or list wants all.
struct task_filter {
  std::string sync_id;
  std::string package;
  std::vector<task_status> statuses;
  /// Only tasks that began before, or at the same time with a smaller task_id:
  /// where the page before ended.
  std::optional<wall_time> before;
  std::string before_task_id;
  size_t limit = 100;
};

/// A row of `source_task` as it stands.
struct task_record {
  std::string sync_id;
  std::string task_id;
  std::string package;
  std::string version;
  wall_time started_at = {};
  wall_time updated_at = {};
  /// JSON texts; empty: NULL.
  std::string started_by;
  std::string description;
  std::string metrics;
  task_status status = task_status::running;
  /// Empty: NULL.
  std::string error;
};

/// How far somebody has read a task's log.
struct log_position {
  wall_time time = {};
  /// Of the last row read; empty: none.
  std::string id;
};

/// What the controller keeps and looks up: the tables that the sidecars write,
/// seen from the other side. What it writes changes a row only while that says
/// RUNNING, so that a sidecar's own words always win, and nothing that a
/// sidecar has stored is ever lost.
///
/// Every call blocks, does one transaction, and fails as `database`'s calls do;
/// after `database_unavailable` the next call connects anew. Not thread-safe.
class task_records {
public:
  virtual ~task_records() = default;

  /// Connects and creates the tables that are missing, as `database::prepare`.
  virtual result<void> prepare() = 0;

  /// Inserts the row of a task that begins; `updated_at` is the database's
  /// now.
  /// @returns whether it did; false: there is a row of that task_id.
  virtual result<bool> begin_task(const task_row& row) = 0;

  /// Closes a task: status, error and `updated_at`; the rest stays.
  /// @returns the status that the row has now, which is another than the one
  /// given where it did not say RUNNING; not_found where there is no row.
  virtual result<task_status> end_task(const std::string& task_id,
                                       task_status status,
                                       const std::string& error) = 0;

  /// Sets `updated_at` of those that say RUNNING.
  virtual result<void> touch_tasks(std::span<const std::string> task_ids) = 0;

  /// Closes as FAILED, with that error, all RUNNING tasks that were not updated
  /// for so long, by the database's clock.
  /// @returns their task_ids.
  virtual result<std::vector<std::string>>
  close_stale_tasks(std::chrono::seconds age, const std::string& error) = 0;

  /// Notes that a discover begins: its row of `source_catalog` says RUNNING
  /// (description NULL, timestamp the database's now); a catalog that is there
  /// stays. Does nothing for other commands.
  virtual result<void> begin_result(const result_row& row) = 0;

  /// Stores that a spec, check or discover failed (`row.description` says why),
  /// unless its sidecar has stored an outcome since `started_at`: a row of
  /// `source_check` with a timestamp at or after it, a row of `source_catalog`
  /// that does not say RUNNING; and of `source_spec` only where no specs are.
  virtual result<void> end_result(const result_row& row,
                                  wall_time started_at) = 0;

  /// @returns the newest first, ordered by started_at and task_id.
  virtual result<std::vector<task_record>> list(const task_filter& filter) = 0;

  /// @returns nothing where there is no such task.
  virtual result<std::optional<task_record>>
  find(const std::string& task_id) = 0;

  /// @returns the oldest lines after `after`, ordered by time and id, at most
  /// `limit`.
  virtual result<std::vector<log_row>>
  logs(const std::string& task_id, const log_position& after, size_t limit) = 0;

  /// Appends lines to a task's log, as `database::put_logs`.
  virtual result<void> put_logs(const std::string& sync_id,
                                const std::string& task_id,
                                std::span<const log_row> rows) = 0;

  /// Does nothing, over the connection.
  virtual result<void> ping() = 0;
};

using task_records_ptr = std::unique_ptr<task_records>;

/// Makes the records in the database that `url` (SYNCCTL_DATABASE_URL) names,
/// without connecting, as `make_database`.
result<task_records_ptr> make_task_records(const std::string& url);

} // namespace motorcade
