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

enum class metric_kind : uint8_t {
  /// Only grows.
  counter,
  gauge,
  /// Of durations in seconds.
  histogram,
};

/// Everything that the sidecar measures.
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
  retries,
  log_lines,
  lost_log_lines,
  queue_bytes,
  kept_bytes,
  tasks,
};

inline constexpr size_t metric_count = 15;

/// What is known of a metric beforehand.
struct metric_definition {
  /// With dots between its words, e.g. `motorcade.committed.rows`.
  std::string_view name;
  metric_kind kind = metric_kind::counter;
  /// Of UCUM, as OTLP wants it: `By`, `s`, `{row}`.
  std::string_view unit;
  /// One line.
  std::string_view help;
  /// What its values are told apart by; empty: there is one value.
  std::string_view label = {};
};

const metric_definition& definition_of(metric which);

/// The upper ends of a histogram's buckets, in seconds; one more is without
/// end.
inline constexpr std::array<double, 11> histogram_bounds = {
    0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 120, 600};

/// What a histogram has seen.
struct histogram {
  uint64_t count = 0;
  double sum = 0;
  double longest = 0;
  /// Not cumulative.
  std::array<uint64_t, histogram_bounds.size() + 1> buckets = {};
};

/// A value at a moment.
struct metric_sample {
  metric which = metric::lines;
  /// Of the definition's label; empty where it has none.
  std::string label_value;
  /// Nothing for a histogram.
  double value = 0;
  histogram distribution = {};
};

using metric_tags = std::vector<std::pair<std::string, std::string>>;

/// Where everything that is measured is written down. Thread-safe; a call is
/// a map's look-up, so it is for what happens some times a second.
class metric_board {
public:
  /// So many values of a label are told apart; what is measured of the others
  /// is added up under `_other`.
  static constexpr size_t most_label_values = 50;
  static constexpr std::string_view other_label = "_other";

  /// @param tags What all values have in common, e.g. the package.
  explicit metric_board(metric_tags tags) : tags_{std::move(tags)} {}

  /// Counts.
  void add(metric which, uint64_t n, std::string_view label_value = {});

  /// Sets a gauge, or a counter that is counted elsewhere. The labels of what
  /// is set must be bounded by the caller.
  void set(metric which, uint64_t value, std::string_view label_value = {});

  /// Adds a duration to a histogram.
  void observe(metric which, double seconds);

  /// @returns all that has a value, ordered by metric and label value.
  std::vector<metric_sample> read() const;

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
