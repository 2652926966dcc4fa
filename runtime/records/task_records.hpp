#pragma once

#include "runtime/database/database.hpp"
#include "runtime/database/database_patience.hpp"
#include "runtime/records/connector_usage.hpp"
#include "runtime/records/inquiry_answer.hpp"
#include "schema/base/result.hpp"
#include "schema/log/log_level.hpp"
#include "schema/state/connector_state.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace motorcade {

/// The tasks to list; an empty text or list means all.
struct task_filter {
  std::string sync_id;
  std::string package;
  /// Rows whose status is none of `task_status` are never listed.
  std::vector<task_status> statuses;
  /// `read`, `spec`, `check` or `discover`.
  std::vector<std::string> commands = {};
  /// Only tasks that began at that time or later, and before that time.
  std::optional<wall_time> from = {};
  std::optional<wall_time> to = {};
  /// Only tasks that began before this time, or at it with a smaller task_id:
  /// the end of the page before.
  std::optional<wall_time> before;
  /// Without `before` it has no meaning.
  std::string before_task_id;
  size_t limit = 100;
};

/// A row of `source_task` as it is stored; or a spec, check or discover, which
/// has no such row: see `inquiry_records`.
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
  /// `read`, `spec`, `check` or `discover`.
  std::string command = "read";
  /// The key under which a check or discover stores its result; empty
  /// otherwise.
  std::string storage_key = {};
  /// The `task_id` of its lines of log; empty: its own.
  std::string log_id = {};
};

/// A place in a task's log; the default one is the start.
struct log_position {
  wall_time time = {};
  /// The id of the last row read; empty: rows of `time` itself count as unread.
  std::string id;
};

/// The lines of a task's log to look for.
struct log_search {
  std::string task_id = {};
  /// Where to begin: lines behind it, or before it if `backward` is set.
  /// Nothing: at the start of the log, or at its end.
  std::optional<log_position> from = {};
  bool backward = false;
  /// Only lines of that level or a more severe one.
  std::optional<log_level> least = {};
  /// Words, each of which must be in the message, without regard to the case of
  /// A to Z.
  std::string words = {};
  size_t limit = 100;
};

/// Lines of a task's log that were found.
struct found_lines {
  /// In the direction in which they were looked for.
  std::vector<log_row> lines;
  /// The place to go on from if the search ended before the log did: it looks
  /// at no more than `lines_of_a_search` lines.
  std::optional<log_position> reached;
};

/// The most lines that one search looks at.
constexpr size_t lines_of_a_search = 20'000;

/// A row of `source_state` as it is stored.
struct state_record {
  std::string stream;
  /// JSON; empty: NULL, or longer than `state_filter::longest`.
  std::string state;
  /// Whether the state was too long.
  bool omitted = false;
  wall_time time = {};
};

/// The states to list.
struct state_filter {
  std::string sync_id;
  /// Only streams behind this one: the end of the page before; empty: all.
  std::string after;
  size_t limit = 100;
  /// In characters; a longer state is omitted.
  size_t longest = size_t{64} << 10;
};

/// All that a sync has saved, as it was at one moment.
struct saved_whole {
  /// As `make_state_file` takes them; empty if they take more bytes than was
  /// asked for.
  std::vector<saved_state> states;
  /// The bytes that all of them take in a document, names included.
  uint64_t bytes = 0;
};

/// The most bytes of a page of rows.
constexpr size_t page_bytes = size_t{1} << 20;

/// The time in which the database refuses a second task of a sync whose first
/// one says RUNNING, even if the asked controller does not know that one yet.
/// It is measured between the clock of the controller that began the first one
/// and the database's.
constexpr std::chrono::seconds begin_guard = std::chrono::minutes{2};

/// Reads rows of tasks, their logs and the states of their syncs.
class task_reader {
public:
  virtual ~task_reader() = default;

  /// Documents of more than 16,384 characters are left out of a list, as if
  /// they were NULL, and a longer error is cut. At most `filter.limit`, and no
  /// more than up to the row that makes them exceed `page_bytes`.
  /// @returns the newest first, ordered by started_at and then task_id, both
  /// descending; ids in byte order. Rows without a started_at, which only
  /// tables of other programs can hold, are left out.
  virtual result<std::vector<task_record>> list(const task_filter& filter) = 0;

  /// @returns nothing if there is no such task; database_rejected if its row
  /// cannot be read, e.g. because of an unknown status.
  virtual result<std::optional<task_record>>
  find(const std::string& task_id) = 0;

  /// @returns the oldest lines after `after`, ordered by time and id, at most
  /// `limit`, and no more than up to the line that makes them exceed
  /// `page_bytes`; none for an unknown task. Of a message of more than
  /// `page_bytes` only the first quarter of as many characters is returned,
  /// with a remark that it was cut. Lines of a table without times are ordered
  /// by id. Time and id are the order in which the lines were read. A line that
  /// is stored late, with a time before `after`, is not returned to a reader
  /// who is past that time: see `line_window`.
  virtual result<std::vector<log_row>>
  logs(const std::string& task_id, const log_position& after, size_t limit) = 0;

  /// @returns the lines that fit, at most `search.limit`, ordered by time and
  /// id, with `backward` the latest first. A message of more than 16 KiB is cut
  /// as `logs` cuts larger ones.
  virtual result<found_lines> find_lines(const log_search& search) = 0;

  /// @returns the states that a sync would go on from, ordered by stream in
  /// byte order, at most `filter.limit`, and no more than up to the state that
  /// makes them exceed `page_bytes`; none for an unknown sync.
  virtual result<std::vector<state_record>>
  states(const state_filter& filter) = 0;

  /// @returns all states of a sync, whole, or only how large they are if
  /// they take more than `most` bytes; none for an unknown sync.
  virtual result<saved_whole> saved_states(const std::string& sync_id,
                                           uint64_t most) = 0;

  /// @param age How long ago a read may have begun that is counted.
  /// @returns the connectors of reads, and those whose spec was asked for,
  /// ordered by package and version in byte order.
  virtual result<std::vector<connector_usage>>
  connectors(std::chrono::seconds age) = 0;
};

/// The controller's access to the tables that sidecars write. A write changes a
/// row only while that says RUNNING, so that a sidecar's end always wins and is
/// never lost. Each condition is part of the statement that writes, so that any
/// number of controllers and sidecars may write at once.
///
/// Every call blocks, and fails as `database`'s calls do; after
/// `database_unavailable` the next call connects anew. Such a call may have
/// done its work, and can be repeated; its result is then that of the
/// repetition. Texts are stored and looked up with U+FFFD for NUL bytes and for
/// what is not UTF-8. Tables that another program made may lack columns, as
/// `database::prepare` says: those read as empty. Not thread-safe.
class task_records : public task_reader {
public:
  /// Connects and creates the tables that are missing, as `database::prepare`.
  virtual result<void> prepare() = 0;

  /// Inserts the row of a task that begins; `updated_at` is the database's
  /// now. Of several controllers that begin tasks of one sync at one moment one
  /// succeeds.
  /// @returns already_exists, naming the other task, if one of that sync began
  /// within `begin_guard` and says RUNNING. Otherwise whether the row was
  /// inserted, now or by the start that `row.resumes`; false: there is a row of
  /// that task_id, which stays as it is. Repeated after `database_unavailable`,
  /// false may tell of the row that the first call inserted.
  virtual result<bool> begin_task(const task_row& row) = 0;

  /// Begins several tasks, each as `begin_task` does, in one transaction: one
  /// commit for all of them. If the database refuses the row of one, each is
  /// begun for itself, so that no other fails with it.
  /// @returns the result of each, in their order; after `database_unavailable`
  /// all of them are in doubt.
  virtual std::vector<result<bool>>
  begin_tasks(std::span<const task_row* const> rows) = 0;

  /// Closes a task whose row says RUNNING: status, error (empty: NULL) and
  /// `updated_at`. Its streams that say RUNNING or PENDING get the task's
  /// status, and rows that were under way count as failed, so that the counts
  /// add up; the rest stays.
  /// @returns the status that the row has now: the one given, or, if it did not
  /// say RUNNING, the one that it had; not_found if there is no row.
  virtual result<task_status> end_task(const std::string& task_id,
                                       task_status status,
                                       const std::string& error) = 0;

  /// Puts what Kubernetes said of a Pod's end into the error of a task that its
  /// sidecar ended as FAILED because it was stopped, in place of the sidecar's
  /// guess (`stopped_pod_guess`). Does nothing to any other row.
  virtual result<void> explain_stop(const std::string& task_id,
                                    const std::string& why) = 0;

  /// Sets `updated_at` of those tasks that say RUNNING; others, and missing
  /// ones, are ignored.
  virtual result<void> touch_tasks(std::span<const std::string> task_ids) = 0;

  /// Closes as FAILED, with that error, all RUNNING tasks that were last
  /// updated so long ago or longer, by the database's clock; SQLite's is this
  /// machine's.
  /// @returns their task_ids, in no order.
  virtual result<std::vector<std::string>>
  close_stale_tasks(std::chrono::seconds age, const std::string& error) = 0;

  /// Closes as FAILED, with that description, all discovers that say RUNNING
  /// since so long ago or longer, by the database's clock; SQLite's is this
  /// machine's. Rows without a time stay.
  /// @returns the number of closed rows.
  virtual result<size_t> close_stale_results(std::chrono::seconds age,
                                             const std::string& error) = 0;

  /// Notes that a discover begins: its row of `source_catalog` says RUNNING
  /// (description NULL, timestamp the database's now), whatever it said before;
  /// its catalog stays. To be called before the sidecar can answer. Does
  /// nothing for other commands.
  virtual result<void> begin_result(const result_row& row) = 0;

  /// Stores that a spec, check or discover failed (`row.description` says why,
  /// `row.status` and `row.document` mean nothing), unless its sidecar has
  /// stored an outcome since `started_at`: a row of `source_check` with a
  /// timestamp at or after it, or with none; a row of `source_catalog` that
  /// does not say RUNNING; a row of `source_spec` with specs, or with a
  /// timestamp at or after it.
  /// @param started_at By the caller's clock, while timestamps are of the
  /// database's (in SQLite of the sidecar's machine). If the caller's clock may
  /// run ahead, give an earlier time, or the outcome of a quick sidecar could
  /// be taken for one of an earlier check.
  /// @returns whether it was stored; false: the sidecar has stored an outcome.
  /// Repeated after `database_unavailable`, it may be false because the first
  /// call stored it.
  virtual result<bool> store_failure(const result_row& row,
                                     wall_time started_at) = 0;

  /// @param filter Its `before`, ids and limit mean nothing.
  /// @param without The ids of specs, checks and discovers that are not
  /// counted.
  /// @returns how many tasks fit, by status, those of `list_inquiries`
  /// included.
  virtual result<std::map<task_status, uint64_t>>
  count(const task_filter& filter, std::span<const std::string> without) = 0;

  /// @returns specs, checks and discovers as `source_spec`, `source_check` and
  /// `source_catalog` have them, in the order of `list`, at most `limit`; their
  /// ids are those of `inquiry_id`. The tables keep one time of each, which is
  /// both `started_at` and `updated_at`. No sync is known of them, so that a
  /// filter by sync finds none. A longer error than a list shows is cut.
  virtual result<std::vector<task_record>>
  list_inquiries(const task_filter& filter) = 0;

  /// @returns the newest spec, check or discover whose `inquiry_id`,
  /// storage key or name of the log is `id`; nothing if there is
  /// none.
  virtual result<std::optional<task_record>>
  find_inquiry(const std::string& id) = 0;

  /// @param most In bytes; a larger document is left out.
  /// @returns what a spec, check or discover has answered, of several discovers
  /// of one key the newest; nothing if there is none.
  virtual result<std::optional<inquiry_answer>> answer(const inquiry_key& of,
                                                       uint64_t most) = 0;

  /// Appends lines to a task's log, as `database::put_logs`.
  virtual result<void> put_logs(const std::string& sync_id,
                                const std::string& task_id,
                                std::span<const log_row> rows) = 0;

  /// Checks that the database answers, by a read of almost nothing.
  virtual result<void> ping() = 0;
};

using task_records_ptr = std::unique_ptr<task_records>;

/// Makes the records in the database that `url` (SYNCCTL_DATABASE_URL) names,
/// without connecting, as `make_database`.
/// @param patience The time limits of a call, if it is not a file.
result<task_records_ptr>
make_task_records(const std::string& url,
                  const database_patience& patience = {});

} // namespace motorcade
