#pragma once

#include "runtime/sync_records/sync_records.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace motorcade {

/// The runs of a sync to list, by the time at which each was added.
struct run_filter {
  std::string sync_id = {};
  /// Only runs added at that time or later.
  std::optional<wall_time> from = {};
  /// Only runs added before that time.
  std::optional<wall_time> to = {};
  /// Only runs added before this time, or at it with a smaller id: the end of
  /// the page before.
  std::optional<wall_time> before = {};
  /// Without `before` it has no meaning.
  std::string before_id = {};
  size_t limit = 100;
  /// The most characters of an error that are read.
  size_t longest_error = 2000;
};

/// How a sync stands.
enum class sync_standing : uint8_t {
  any,
  /// The newest of its runs that ended has failed.
  failing,
  /// A run discovers or reads, or is about to.
  running,
  paused,
};

/// The syncs to list; an empty text means all.
struct sync_filter {
  /// Only syncs whose id is behind this one, in byte order.
  std::string after;
  /// Words, each of which must be in the sync's id, its package or its labels,
  /// without regard to the case of A to Z.
  std::string words;
  /// A label that the sync must have, and its value.
  std::string label;
  std::string label_value;
  sync_standing standing = sync_standing::any;
  size_t limit = 100;
};

/// The number of syncs, by how they stand. One may count several times.
struct sync_counts {
  uint64_t all = 0;
  uint64_t failing = 0;
  uint64_t running = 0;
  uint64_t paused = 0;
};

/// Reads what the lists of syncs and of their runs show. Fails as
/// `sync_records`. Not thread-safe.
class run_history {
public:
  /// @param session May serve other records, too; lives as long as this.
  explicit run_history(std::shared_ptr<sql_session> session)
      : session_{std::move(session)} {}

  /// @returns the syncs, ordered by id in byte order, without former secrets;
  /// `secrets` is empty where they take more than 64 KiB.
  result<std::vector<stored_sync>> syncs(const sync_filter& filter);

  /// @returns how many syncs there are.
  result<sync_counts> counts();

  /// @returns the runs of a sync, the newest first.
  result<std::vector<sync_run>> runs(const run_filter& filter);

  /// @returns the newest runs of each of the syncs, the newest first, `most` of
  /// each, by the sync's id; a sync without runs is missing.
  result<std::map<std::string, std::vector<sync_run>>>
  newest(std::span<const std::string> sync_ids, size_t most);

  /// @returns the run that tells how each of the syncs stands
  /// (`sync_standing::failing`): the newest that has ended, but for those that
  /// were cancelled before they began. A sync without one is missing.
  /// @param newest What `newest` has found, which mostly tells it.
  result<std::map<std::string, sync_run>>
  last_ended(const std::map<std::string, std::vector<sync_run>>& newest);

private:
  /// As `newest`.
  /// @param is_wanted Writes the condition of the runs to look at; empty: all.
  template <class Condition>
  result<std::map<std::string, std::vector<sync_run>>>
  newest_of(std::span<const std::string> sync_ids, size_t most,
            const Condition& is_wanted);

  /// @returns the ids of the syncs of which a run is under way.
  result<std::vector<std::string>> running();

  std::shared_ptr<sql_session> session_;
};

} // namespace motorcade
