#pragma once

#include "runtime/sync_records/sync_records.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace motorcade {

/// The values of a sync in the metrics.
struct sync_sample {
  std::string sync_id;
  /// Nothing: no run has succeeded yet, or it is not known yet.
  std::optional<wall_time> last_success;
  /// Since this process began to lead.
  uint64_t rows = 0;
  /// Those that were PARTIAL included.
  uint64_t failed_runs = 0;
};

/// Counts of runs for the metrics, of the leader. Thread-safe.
class run_counts {
public:
  /// The most syncs that have values of their own, so that the number of series
  /// is bounded.
  static constexpr size_t most_syncs = 1000;

  /// Counts a run that has ended.
  void add(const std::string& sync_id, run_stage stage, uint64_t rows);

  /// Takes the last successes that the database knows, in place of those known
  /// before.
  void know(const std::vector<success_row>& successes);

  /// Forgets all counts: another process leads.
  void forget();

  /// @returns at most `most_syncs` samples, in the order of their ids.
  std::vector<sync_sample> samples() const;

  /// @returns the number of syncs that have no sample.
  size_t left_out() const;

private:
  /// @returns the sync's sample; null if there are too many.
  sync_sample* place_of(const std::string& sync_id);

  mutable std::mutex mutex_;
  std::map<std::string, sync_sample> samples_;
  std::set<std::string> left_out_;
};

} // namespace motorcade
