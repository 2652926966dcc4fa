#pragma once

#include "controller/syncs/run_counts.hpp"
#include "runtime/sync_records/run_history.hpp"
#include "runtime/sync_records/sync_records.hpp"
#include "runtime/sync_records/sync_schemas.hpp"
#include "schema/base/result.hpp"
#include "schema/sync/sync_definition.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The reason of a pause: the file that defines the sync is gone, or its entry
/// in the list of a server.
inline constexpr std::string_view file_is_gone =
    "its file, or its entry in the repository's list, is gone";

/// Tells what is wrong with a definition that no start would take: its package,
/// or its destination. The failure's text begins with the place.
using sync_check = std::function<result<void>(const sync_definition& sync)>;

/// The beginning of the error of a run whose discover failed; the reason
/// follows.
inline constexpr std::string_view discover_failed =
    "the source could not say what it has (discover): ";

/// A file of SYNCCTL_SYNCS_DIR, or an entry of a repository's list, that cannot
/// be used.
struct file_fault {
  std::string file;
  std::string error;

  friend bool operator==(const file_fault&, const file_fault&) = default;
};

/// A sync as a person is shown it.
struct shown_sync {
  stored_sync row;
  /// The source of the sync's definition, which requests cannot change then:
  /// `files` or `repository`; empty: requests define the sync.
  std::string managed_by;
  /// Whether that source defines it no more, so that it may be deleted.
  bool file_gone = false;
  /// JSON with secrets hidden; empty if it cannot be opened.
  std::string definition;
  /// Whether config and destination are left out of it, since they are large.
  bool cut = false;
  /// Why it cannot be opened; empty: it can.
  std::string trouble;
  /// Why all texts and numbers of its config are hidden; empty: only its
  /// secrets are, since it is known which they are.
  std::string config_hidden;
  /// The key under which its discover stores the catalog; empty: the sync
  /// cannot be opened.
  std::string catalog_key;
  /// Its newest runs, the newest first: as many as were asked for, and at least
  /// one if there is one.
  std::vector<sync_run> runs;
  /// The run that tells how it stands, `run_history::last_ended`; nothing: none
  /// has ended yet.
  std::optional<sync_run> last_ended;
};

/// A page of syncs.
struct sync_list {
  std::vector<shown_sync> syncs;
  /// The counts of all syncs, if they were asked for.
  std::optional<sync_counts> counts;
};

/// Which version of a sync a change is for (If-Match and If-None-Match).
struct sync_precondition {
  /// Only that version; empty: any.
  std::string version;
  /// Only a new sync.
  bool is_new = false;
  /// Only a sync that is there.
  bool is_there = false;
};

/// The outcome of a change.
enum class sync_change : uint8_t {
  created,
  replaced,
  deleted,
  /// The sync has another version than was asked for, is there although a new
  /// one was wanted, or is not there.
  precondition_failed,
};

/// The outcome of a PUT of a sync.
struct put_outcome {
  sync_change change = sync_change::replaced;
  /// Sentences for the client, on whether the next run keeps or forgets the
  /// saved states; empty: the change does not concern them.
  std::vector<std::string> notes = {};
};

/// The operations of the HTTP API on syncs, without HTTP. Thread-safe; calls
/// block for some seconds at most. Failures as of `controller_service`.
class sync_service {
public:
  virtual ~sync_service() = default;

  /// @param runs The most runs to show of each sync.
  /// @param counted Whether all syncs are to be counted.
  /// @returns the syncs, ordered by id in byte order.
  virtual result<sync_list> list(const sync_filter& filter, size_t runs,
                                 bool counted) = 0;

  /// @returns not_found if there is no such sync.
  virtual result<shown_sync> find(const std::string& id) = 0;

  /// @returns whether there is such a sync.
  virtual result<bool> has(const std::string& id) = 0;

  /// Keeps a sync, or changes it. Where the body says `***` the stored value
  /// stays, unless it would go to another recipient
  /// (`check_secret_recipients`).
  /// @param body A valid JSON object.
  virtual result<put_outcome> put(const std::string& id,
                                  const std::string& body,
                                  const sync_precondition& when) = 0;

  /// Deletes a sync. A run that is under way is cancelled.
  virtual result<sync_change> erase(const std::string& id,
                                    const sync_precondition& when) = 0;

  /// Adds a run that begins at once. A further try that waits begins instead.
  /// @returns its id, which is its task's; already_exists if one is active. The
  /// end of one whose task is over is waited for for some seconds.
  virtual result<std::string> run(const std::string& id) = 0;

  /// @returns the run as it stands; not_found if there is none.
  virtual result<sync_run> find_run(const std::string& run_id) = 0;

  /// Ends the active run of a sync.
  /// @returns its id; not_found if there is none.
  virtual result<std::string> cancel(const std::string& id) = 0;

  /// Keeps a sync from running by itself. One that is paused already keeps its
  /// reason.
  virtual result<void> pause(const std::string& id,
                             const std::string& reason) = 0;

  /// Lets a sync run by itself again, from its next time on.
  virtual result<void> resume(const std::string& id) = 0;

  /// Forgets the saved states, so that the next run reads everything anew.
  /// @param stream The stream's key; empty: all.
  /// @returns the streams whose states are gone; already_exists while a run
  /// reads or its sidecar may still save states, which is waited for for some
  /// seconds; not_found if the stream has no state.
  virtual result<std::vector<std::string>> reset(const std::string& id,
                                                 const std::string& stream) = 0;

  /// @returns the runs of a sync, the newest first; not_found if there is no
  /// such sync.
  virtual result<std::vector<sync_run>> runs(const run_filter& filter) = 0;

  /// @returns the changes of its source's schema, the newest first.
  virtual result<std::vector<change_row>> changes(const std::string& id,
                                                  size_t limit) = 0;

  /// Sends a test to all channels of a sync at the same time, and waits for the
  /// answers, 15 s at most.
  /// @returns whether each was delivered; invalid_argument if the sync has no
  /// channels.
  virtual result<std::vector<result<void>>>
  test_notifications(const std::string& id) = 0;

  /// @returns the files that cannot be used, as this process has seen them.
  virtual std::vector<file_fault> file_faults() const = 0;

  /// @returns the counts of runs; lives as long as this.
  virtual const run_counts& counts() const = 0;
};

} // namespace motorcade
