#include "runtime/metrics/metric_board.hpp"

#include <algorithm>

namespace motorcade {

namespace {

using kind = metric_kind;

constexpr std::array<metric_definition, metric_count> definitions = {{
    {"motorcade.lines", kind::counter, "{line}",
     "Lines that the connector printed on stdout."},
    {"motorcade.read.bytes", kind::counter, "By",
     "Bytes that the connector printed on stdout."},
    {"motorcade.rows", kind::counter, "{row}",
     "Rows accepted from the connector.", "stream"},
    {"motorcade.row.bytes", kind::counter, "By",
     "Bytes of the accepted rows' data.", "stream"},
    {"motorcade.committed.rows", kind::counter, "{row}",
     "Rows that the destination has committed.", "stream"},
    {"motorcade.rejected.lines", kind::counter, "{line}",
     "Lines that could not be delivered, by reason.", "reason"},
    {"motorcade.saved.states", kind::counter, "{state}",
     "States saved in the database."},
    {"motorcade.commits", kind::counter, "{request}",
     "Requests that the destination has committed.", "stream"},
    {"motorcade.commit.time", kind::histogram, "s",
     "From a request's last row to its commit."},
    {"motorcade.load.time", kind::histogram, "s",
     "Time of writing a request's rows into its own table of the warehouse."},
    {"motorcade.merge.time", kind::histogram, "s",
     "Time of the commit that brings them into the stream's table."},
    {"motorcade.merged.rows", kind::counter, "{row}",
     "Rows merged by their key into a table of the warehouse.", "stream"},
    {"motorcade.added.columns", kind::counter, "{column}",
     "Columns added to tables of the warehouse.", "stream"},
    {"motorcade.unmapped.values", kind::counter, "{value}",
     "Values that did not fit their column and went to _unmapped_data.",
     "stream"},
    {"motorcade.retries", kind::counter, "{request}",
     "Requests that were sent again.", "stream"},
    {"motorcade.log.lines", kind::counter, "{line}", "Lines of log stored."},
    {"motorcade.lost.log.lines", kind::counter, "{line}",
     "Lines of log that could not be stored."},
    {"motorcade.queue.bytes", kind::gauge, "By",
     "Bytes between the pipes and the destination."},
    {"motorcade.kept.bytes", kind::gauge, "By",
     "Bytes kept in memory for sending requests again."},
    {"motorcade.tasks", kind::counter, "{task}", "Tasks that ended, by status.",
     "status"},
}};

} // namespace

const metric_definition& definition_of(metric which) {
  return definitions.at(static_cast<size_t>(which));
}

void metric_board::add(metric which, uint64_t n, std::string_view label_value) {
  std::lock_guard lock{mutex_};
  key at{which, label_value};
  if (!values_.contains(at)
      && std::count_if(values_.begin(), values_.end(), [&](const auto& entry) {
           return entry.first.first == which;
         }) >= static_cast<std::ptrdiff_t>(most_label_values))
    at.second = other_label;
  values_[at] += n;
}

void metric_board::set(metric which, uint64_t value,
                       std::string_view label_value) {
  std::lock_guard lock{mutex_};
  values_[{which, std::string{label_value}}] = value;
}

void metric_board::observe(metric which, double seconds) {
  std::lock_guard lock{mutex_};
  auto& seen = histograms_[which];
  ++seen.count;
  seen.sum += seconds;
  seen.longest = std::max(seen.longest, seconds);
  auto bucket = std::lower_bound(histogram_bounds.begin(),
                                 histogram_bounds.end(), seconds);
  ++seen.buckets[static_cast<size_t>(bucket - histogram_bounds.begin())];
}

std::vector<metric_sample> metric_board::read() const {
  std::lock_guard lock{mutex_};
  std::vector<metric_sample> out;
  for (const auto& [at, value] : values_)
    out.push_back({at.first, at.second, static_cast<double>(value), {}});
  for (const auto& [which, seen] : histograms_)
    out.push_back({which, {}, 0, seen});
  std::stable_sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
    return a.which < b.which;
  });
  return out;
}

} // namespace motorcade
