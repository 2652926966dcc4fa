#pragma once

#include "runtime/sync_records/sync_records.hpp"
#include "schema/base/result.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// A sync as a person is shown it.
struct shown_sync {
  stored_sync row;
  /// JSON with secrets hidden; empty if it cannot be opened.
  std::string definition;
  /// Why it cannot be opened; empty: it can.
  std::string trouble;
  /// Its newest run.
  std::optional<sync_run> last;
};

/// Which version of a sync a change is for (If-Match and If-None-Match).
struct sync_precondition {
  /// Only that version; empty: any.
  std::string version;
  /// Only a new one.
  bool is_new = false;
};

/// What became of a change.
enum class sync_change : uint8_t {
  created,
  replaced,
  deleted,
  /// The sync has another version than was asked for, or is there although a
  /// new one was wanted.
  precondition_failed,
};

/// The operations of the HTTP API on syncs, without HTTP. Thread-safe; calls
/// block for some seconds at most. Failures as of `controller_service`.
class sync_service {
public:
  virtual ~sync_service() = default;

  /// @returns the syncs behind that id, in byte order.
  virtual result<std::vector<shown_sync>> list(const std::string& after,
                                               size_t limit) = 0;

  /// @returns not_found if there is no such sync.
  virtual result<shown_sync> find(const std::string& id) = 0;

  /// Keeps a sync, or changes it. Where the body says `***` the stored value
  /// stays, unless it would go to another recipient
  /// (`check_secret_recipients`).
  /// @param body A valid JSON object.
  virtual result<sync_change> put(const std::string& id,
                                  const std::string& body,
                                  const sync_precondition& when) = 0;

  /// Deletes a sync. A run that is under way ends as its task does.
  virtual result<sync_change> erase(const std::string& id,
                                    const sync_precondition& when) = 0;

  /// Adds a run that begins at once.
  /// @returns its id, which is its task's; already_exists if one is active.
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
  /// @returns the streams whose states are gone; already_exists while a run is
  /// active, not_found if the stream has no state.
  virtual result<std::vector<std::string>> reset(const std::string& id,
                                                 const std::string& stream) = 0;

  /// @returns the runs of a sync, the newest first.
  virtual result<std::vector<sync_run>> runs(const std::string& id,
                                             size_t limit) = 0;
};

} // namespace motorcade
