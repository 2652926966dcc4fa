#include "controller/syncs/run_counts.hpp"

namespace motorcade {

namespace {

/// The most ids that are remembered as left out.
constexpr size_t most_left_out = 100'000;

} // namespace

sync_sample* run_counts::place_of(const std::string& sync_id) {
  const auto found = samples_.find(sync_id);
  if (found != samples_.end())
    return &found->second;
  if (samples_.size() >= most_syncs) {
    if (left_out_.size() < most_left_out)
      left_out_.insert(sync_id);
    return nullptr;
  }
  auto& added = samples_[sync_id];
  added.sync_id = sync_id;
  return &added;
}

void run_counts::add(const std::string& sync_id, run_stage stage,
                     uint64_t rows) {
  std::lock_guard lock{mutex_};
  auto* place = place_of(sync_id);
  if (place == nullptr)
    return;
  place->rows += rows;
  if (stage == run_stage::failed || stage == run_stage::partial)
    ++place->failed_runs;
}

void run_counts::know(const std::vector<success_row>& successes) {
  std::lock_guard lock{mutex_};
  for (auto& [id, sample] : samples_)
    sample.last_success.reset();
  for (const auto& one : successes)
    if (auto* place = place_of(one.sync_id))
      place->last_success = one.time;
}

void run_counts::forget() {
  std::lock_guard lock{mutex_};
  samples_.clear();
  left_out_.clear();
}

std::vector<sync_sample> run_counts::samples() const {
  std::lock_guard lock{mutex_};
  std::vector<sync_sample> out;
  out.reserve(samples_.size());
  for (const auto& [id, sample] : samples_)
    out.push_back(sample);
  return out;
}

size_t run_counts::left_out() const {
  std::lock_guard lock{mutex_};
  return left_out_.size();
}

} // namespace motorcade
