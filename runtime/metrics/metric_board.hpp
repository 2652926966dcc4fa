#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motorcade {

/// How the values of a metric change.
enum class metric_kind : uint8_t {
  /// Only grows.
  counter,
  gauge,
  /// Durations in seconds, counted by their length.
  histogram,
};

/// The metrics of the sidecar.
enum class metric : uint8_t {
  lines,
  read_bytes,
  rows,
  row_bytes,
  committed_rows,
  rejected_lines,
  saved_states,
  commits,
  commit_time,
  load_time,
  merge_time,
  merged_rows,
  added_columns,
  unmapped_values,
  retries,
  log_lines,
  lost_log_lines,
  queue_bytes,
  kept_bytes,
  tasks,
};

inline constexpr size_t metric_count = 20;

/// The definition of a metric.
struct metric_definition {
  /// With dots between its words, e.g. `motorcade.committed.rows`.
  std::string_view name;
  metric_kind kind = metric_kind::counter;
  /// A unit of UCUM, as OTLP expects: `By`, `s`, `{row}`.
  std::string_view unit;
  /// One line.
  std::string_view help;
  /// The label that distinguishes its values; empty: there is one value.
  std::string_view label = {};
};

/// @returns the metric's name, kind and help.
const metric_definition& definition_of(metric which);

/// The upper bounds of a histogram's buckets, in seconds; one more bucket has
/// no bound.
inline constexpr std::array<double, 11> histogram_bounds = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600};

/// The content of a histogram.
struct histogram {
  uint64_t count = 0;
  double sum = 0;
  double longest = 0;
  /// The values within each bound and above the one before it (not cumulative).
  std::array<uint64_t, histogram_bounds.size() + 1> buckets = {};
};

/// A value at a moment.
struct metric_sample {
  metric which = metric::lines;
  /// The value of the definition's label; empty if it has none.
  std::string label_value;
  /// Nothing for a histogram.
  double value = 0;
  histogram distribution = {};
};

using metric_tags = std::vector<std::pair<std::string, std::string>>;

/// Keeps the current values of all metrics. Thread-safe. A call costs a look-up
/// in a map, so it is for events that happen some times a second.
class metric_board {
public:
  /// The most values of a label that are kept apart; the others are added up
  /// under `_other`.
  static constexpr size_t most_label_values = 50;
  static constexpr std::string_view other_label = "_other";

  /// @param tags Labels that all values have, e.g. the package.
  explicit metric_board(metric_tags tags) : tags_{std::move(tags)} {}

  /// Adds to a counter.
  void add(metric which, uint64_t n, std::string_view label_value = {});

  /// Sets a gauge, or a counter that is counted elsewhere. The caller must
  /// bound the number of label values.
  void set(metric which, uint64_t value, std::string_view label_value = {});

  /// Adds a duration to a histogram.
  void observe(metric which, double seconds);

  /// @returns all values, ordered by metric and label value.
  std::vector<metric_sample> read() const;

  /// @returns the labels that all values have.
  const metric_tags& tags() const { return tags_; }

private:
  using key = std::pair<metric, std::string>;

  const metric_tags tags_;
  mutable std::mutex mutex_;
  std::map<key, uint64_t> values_;
  std::map<metric, histogram> histograms_;
};

using metric_board_ptr = std::shared_ptr<metric_board>;

} // namespace motorcade
