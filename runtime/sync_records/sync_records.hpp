#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/database/sql_session.hpp"
#include "schema/base/result.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// The stages of a run.
enum class run_stage : uint8_t {
  /// Until its time has come and it can begin.
  waiting,
  /// The source's catalog is asked for.
  discovering,
  reading,
  /// From here on the run has ended.
  success,
  partial,
  failed,
  cancelled,
};

/// @returns the spelling in the table, e.g. `WAITING`.
std::string_view to_string(run_stage stage);

/// @returns whether a run of that stage goes on.
constexpr bool is_active(run_stage stage) {
  return stage <= run_stage::reading;
}

/// A row of `sync_definition`.
struct stored_sync {
  std::string id;
  /// JSON: `write_open_part`.
  std::string open;
  /// Sealed: `write_secret_part`. The second is the one before a connector
  /// changed its config; empty: none did.
  std::string secrets;
  std::string earlier_secrets;
  /// Sealed: what the newest run was given, or what its connector has made of
  /// that; empty: none has begun. Not written by `insert` and `replace`.
  std::string given_secrets = {};
  /// Changes with each change of the definition; the ETag.
  std::string version;
  /// Why the sync is paused; empty: it is not.
  std::string paused;
  /// The moment at which it is due; nothing: it has no schedule.
  std::optional<wall_time> next_run_at;
  wall_time created_at = {};
  wall_time updated_at = {};
  /// How its newest run that began has ended; nothing: none has yet. Written by
  /// `sync_records::put_stage` alone, as is the next one.
  std::optional<run_stage> last_stage;
  /// The end of its newest run that succeeded.
  std::optional<wall_time> last_success_at;
};

/// What syncctl does next about a run that failed or was PARTIAL.
enum class follow_up : uint8_t {
  nothing,
  /// The failure is counted; another try would fail as well.
  count,
  /// Another try.
  retry,
  /// Another try, counted as the first: the failed run brought rows.
  retry_anew,
};

/// What a run has brought.
struct run_figures {
  /// Committed rows; nothing: not known.
  std::optional<uint64_t> rows;
  /// Bytes read from the connector; nothing: not known.
  std::optional<uint64_t> bytes;
};

/// A row of `sync_run`.
struct sync_run {
  /// The task_id of its read.
  std::string id;
  std::string sync_id;
  /// `manual`, `schedule` or `retry`; a further try that was hastened has the
  /// first or the second one.
  std::string trigger;
  /// It begins no earlier.
  wall_time due_at = {};
  /// 1 for the first try.
  unsigned attempt = 1;
  run_stage stage = run_stage::waiting;
  /// Why it failed or was cancelled; empty: it did not.
  std::string error;
  follow_up next = follow_up::nothing;
  wall_time created_at = {};
  wall_time updated_at = {};
  /// When it began to discover or to read; nothing: it has not, or not in a
  /// version that noted it.
  std::optional<wall_time> started_at = {};
  run_figures figures = {};
};

/// When a run of a sync succeeded last.
struct success_row {
  std::string sync_id;
  wall_time time = {};
};

/// Syncs and their runs in either database. Every call blocks, is one or two
/// statements, and fails as `database`'s calls do; after `database_unavailable`
/// the next one connects anew. Each condition is part of the statement that
/// writes, so that several controllers may write at once. Not thread-safe.
class sync_records {
public:
  /// @param session May serve other records, too; lives as long as this.
  explicit sync_records(std::shared_ptr<sql_session> session)
      : session_{std::move(session)} {}

  /// @returns the syncs whose id is behind `after`, ordered by id in byte
  /// order.
  result<std::vector<stored_sync>> list(const std::string& after, size_t limit);

  /// @returns nothing if there is no such sync.
  result<std::optional<stored_sync>> find(const std::string& id);

  /// @returns the syncs that are due and not paused, the longest due first.
  result<std::vector<stored_sync>> due(wall_time now, size_t limit);

  /// @returns the syncs that are due later than that and not paused, ordered by
  /// id in byte order, from behind `after`; without secrets.
  result<std::vector<stored_sync>>
  due_later(wall_time now, const std::string& after, size_t limit);

  /// Stores a new sync; its times are the database's now.
  /// @returns false if there is one of that id.
  result<bool> insert(const stored_sync& sync);

  /// Stores all of a sync but its times, if it still has the version of `seen`.
  /// A pause and a next time that are as in `seen` are not written: `pause` and
  /// `advance` may change them at the same moment, and give no new version.
  /// @param seen The sync as it was read.
  /// @returns false if it has another version, or is gone.
  result<bool> replace(const stored_sync& sync, const stored_sync& seen);

  /// Deletes a sync of that version, the list of its runs, and configs that its
  /// connector has changed. A run that is active is noted as left
  /// (`left_reads`). States, tables, tasks and logs stay. The rows of
  /// `table_claims` stay, too: each names the sync that filled a table last.
  /// @returns false if it has another version, or is gone.
  result<bool> erase(const std::string& id, const std::string& expected);

  /// Notes when the sync is due next, if it is still due at that time.
  /// @returns whether it was.
  result<bool> advance(const std::string& id, wall_time due,
                       std::optional<wall_time> next);

  /// Adds a run, unless one of the sync is active or one of that id is there.
  /// @returns whether it was added.
  result<bool> add_run(const sync_run& run);

  /// Makes the retry that a sync waits for, if there is one, due at that
  /// moment. Its number of tries stays.
  /// @param trigger The trigger that the run has from then on, in place of
  /// `retry`.
  /// @returns the run's id; nothing: no retry waits.
  result<std::optional<std::string>> hasten_retry(const std::string& sync_id,
                                                  const std::string& trigger,
                                                  wall_time due);

  /// @returns all active runs, the oldest first.
  result<std::vector<sync_run>> active_runs();

  /// @returns the runs of a sync, the newest first.
  result<std::vector<sync_run>> runs(const std::string& sync_id, size_t limit);

  /// @returns nothing if there is no such run.
  result<std::optional<sync_run>> find_run(const std::string& id);

  /// @returns the last success of each sync that has succeeded, ordered by the
  /// syncs' ids in byte order.
  result<std::vector<success_row>> last_successes(size_t limit);

  /// Stores stage and error of a run that is active. The end of a run that
  /// began is stored with its sync, too, and there first: if this process ends
  /// in between, the next one does both again.
  /// @param next Stored with them, so that it is not lost.
  /// @param figures Of a run that ends.
  /// @returns whether it was active.
  result<bool> put_stage(const std::string& id, run_stage stage,
                         const std::string& error,
                         follow_up next = follow_up::nothing,
                         const run_figures& figures = {});

  /// @returns the ended runs whose follow-up is still to be done.
  result<std::vector<sync_run>> open_follow_ups();

  /// Notes that the follow-up of a run is done.
  result<void> close_follow_up(const std::string& id);

  /// Pauses a sync that is not paused.
  /// @returns false if it was paused already, or is gone.
  result<bool> pause(const std::string& id, const std::string& reason);

  /// Notes the secrets that the next run of a sync is given.
  result<void> note_given(const std::string& id, const std::string& secrets);

  /// Replaces the secrets of a sync by `changed` if they still are `seen`, and
  /// gives the sync a new version. The replaced secrets are kept as the earlier
  /// ones.
  /// @param given Replaces what the newest run was given.
  /// @returns whether the secrets were replaced.
  result<bool> change_secrets(const std::string& id, const std::string& seen,
                              const std::string& changed,
                              const std::string& given);

  /// Replaces the sealed secrets of a sync by the same secrets sealed with
  /// another key, if they still are those of `seen`. Columns without secrets
  /// stay empty.
  /// @param anew Only its secrets are used.
  /// @returns whether the secrets were replaced.
  result<bool> reseal(const stored_sync& seen, const stored_sync& anew);

private:
  /// Stores the end of a run that began with its sync.
  result<void> note_end(const std::string& id, run_stage stage);

  /// Runs one statement.
  /// @param make Called with an `sql_builder&`; returns the statement's text.
  template <class Make>
  result<std::vector<sql_row>> run(std::string_view table, const Make& make);

  std::shared_ptr<sql_session> session_;
};

} // namespace motorcade
