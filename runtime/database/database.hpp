#pragma once

#include "runtime/base/clock.hpp"
#include "schema/base/result.hpp"
#include "schema/task/inquiry_session.hpp"
#include "schema/task/task_status.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace motorcade {

/// A row of `source_task`.
struct task_row {
  std::string sync_id;
  std::string task_id;
  std::string package;
  std::string version;
  wall_time started_at = {};
  /// STARTED_BY: JSON; text that is not JSON is stored as a JSON string.
  /// Empty: NULL, or what the row has already.
  std::string started_by;
  task_status status = task_status::running;
  /// JSON text; empty: NULL.
  std::string description;
  /// JSON text; empty: NULL.
  std::string metrics;
  /// Empty: NULL.
  std::string error;
  /// Written only if the row says RUNNING, or does not exist: a controller that
  /// has ended the task meanwhile knows the reason better.
  bool yields = false;
  /// For `task_records::begin_task` alone: a row that says RUNNING is taken as
  /// that of this very start, which was interrupted.
  bool resumes = false;
};

/// A row of `source_state`, of a sync known from the context.
struct state_row {
  /// The stream's key, `_GLOBAL_STATE` or `_LEGACY_STATE`.
  std::string stream;
  /// The state's JSON, byte for byte as the connector sent it.
  std::string state;
  /// Saving this state ends the states of other kinds. False for a state of a
  /// stream that is read in full, which the next read is not given.
  bool supersedes = true;
};

/// A row of `task_log`, of a task known from the context.
struct log_row {
  /// A UUID in its canonical spelling; the same row twice is stored once.
  std::string id;
  std::string level;
  std::string logger;
  /// UTF-8 without NUL bytes.
  std::string message;
  wall_time time = {};
};

/// A row of `source_spec`, `source_check` or `source_catalog`.
struct result_row {
  inquiry command = inquiry::spec;
  std::string package;
  std::string version;
  /// The storage key of a check or discover; a spec has none.
  std::string key;
  /// RUNNING, SUCCESS or FAILED; a spec's row has no column for it.
  task_status status = task_status::success;
  /// The spec or the catalog, JSON; empty: the row keeps its own.
  std::string document;
  /// The message of a check, or the reason of a failure; empty: NULL.
  std::string description;
  /// If set: not stored if a controller has stored the end of the command since
  /// that time. (A spec's failure never hides a spec; this keeps it from hiding
  /// the controller's failure, too.)
  std::optional<wall_time> yields_since = {};
};

/// A row of `source_config_update`.
struct config_row {
  std::string package;
  std::string version;
  /// SYNC_ID and STORAGE_KEY; one of them may be empty.
  std::string sync_id;
  std::string key;
  /// The config that the connector wants to be started with from now on, JSON.
  /// Secret.
  std::string config;
};

/// The tables of a task. Every call blocks, does one transaction, and fails
/// with `database_unavailable` if the same call may pass later (the next call
/// then connects anew), or with `database_rejected` if it will not. Not
/// thread-safe: one thread owns it.
class database {
public:
  virtual ~database() = default;

  /// Connects, and creates the tables that are missing, each with its indexes.
  /// Alters nothing that exists: a table that lacks an optional column is
  /// written without it, one that lacks an essential column is
  /// `database_rejected`. The other calls do the same if there is no
  /// connection.
  virtual result<void> prepare() = 0;

  /// Inserts the task's row or brings it up to date, `updated_at` included. A
  /// row that says CANCELLED is left alone, and, if `yields` is set, any row
  /// that has ended.
  /// @returns the status that the row has now.
  virtual result<task_status> put_task(const task_row& row) = 0;

  /// Inserts or replaces the states, in their order, all or none; of several
  /// for one stream the last one counts. The newest kind of state counts: a
  /// state of one stream deletes GLOBAL and LEGACY ones of the sync, a GLOBAL
  /// or LEGACY state deletes all others. SQLite keeps them byte for byte.
  /// Postgres keeps jsonb: the meaning, with every digit of every number, but
  /// its own key order and spaces, `1e2` as `100`, and of equal keys in an
  /// object the last one. It refuses `\u0000` and lone surrogate escapes:
  /// `database_rejected`, naming the stream.
  virtual result<void> put_states(const std::string& sync_id,
                                  std::span<const state_row> rows) = 0;

  /// Appends the rows, all or none, in one round trip. Rows whose id is there
  /// already are ignored, so that a write of unknown outcome can be
  /// repeated. Bytes that are not UTF-8 are stored as U+FFFD.
  virtual result<void> put_logs(const std::string& sync_id,
                                const std::string& task_id,
                                std::span<const log_row> rows) = 0;

  /// Inserts the row of a command's result or brings it up to date. A failed
  /// spec is stored only if no spec is; a failed discover leaves the catalog
  /// of an earlier one. Postgres keeps documents as jsonb, like states, but
  /// with U+FFFD for what jsonb refuses.
  virtual result<void> put_result(const result_row& row) = 0;

  /// @param row A check or discover; `yields_since` is the time of its start.
  /// @returns whether the row of its result says that a controller has ended it
  /// since: of a discover, which a controller begins, that it does not say
  /// RUNNING; of a check, FAILED with a time at or after the start, by the
  /// database's clock. False for a spec, and where columns are missing.
  virtual result<bool> has_ended(const result_row& row) = 0;

  /// Inserts the row of a changed config or brings it up to date. If
  /// Postgres cannot keep the config as jsonb (`\u0000`), returns
  /// database_rejected: it is not stored altered, since a changed secret would
  /// not work.
  virtual result<void> put_config(const config_row& row) = 0;

  /// @returns the saved states of a sync, ordered by stream.
  virtual result<std::vector<state_row>> states(const std::string& sync_id) = 0;

  /// @returns the stored spec of a connector, JSON; empty: none.
  virtual result<std::string> spec(const std::string& package,
                                   const std::string& version) = 0;

  /// @returns the place of the database, for a person, without user and
  /// password.
  virtual std::string locate() const = 0;
};

using database_ptr = std::unique_ptr<database>;

/// Makes the database that `url` (DATABASE_URL) names, without connecting:
/// `postgres://…`, `postgresql://…` or `sqlite:///path`. `search_path` and
/// `schema` in a Postgres URL's query are taken out and set as the search path.
/// @returns invalid_argument for any other URL; the message does not repeat it.
result<database_ptr> make_database(const std::string& url);

} // namespace motorcade
