#include "actors/supervision/task_index.hpp"

#include <algorithm>
#include <iterator>

namespace motorcade {

namespace {

/// @returns the key that conflicting tasks share.
std::string key_of(const task_request& task) {
  auto out = task.command;
  // No command holds a blank.
  out += ' ';
  out += task.command == "read" ? task.sync_id : task.storage_key;
  return out;
}

template <class Index>
std::vector<std::string> all_of(const Index& index, const std::string& key) {
  std::vector<std::string> out;
  auto [from, to] = index.equal_range(key);
  std::transform(from, to, std::back_inserter(out),
                 [](const auto& entry) { return entry.second; });
  return out;
}

} // namespace

void task_index::add(const std::string& pod, const task_request& task) {
  by_sync_.emplace(task.sync_id, pod);
  by_result_.emplace(key_of(task), pod);
}

void task_index::remove(const std::string& pod, const task_request& task) {
  remove_from(by_sync_, task.sync_id, pod);
  remove_from(by_result_, key_of(task), pod);
}

std::vector<std::string> task_index::of_sync(const std::string& sync_id) const {
  return all_of(by_sync_, sync_id);
}

std::vector<std::string>
task_index::conflicting_pods(const task_request& task) const {
  return all_of(by_result_, key_of(task));
}

void task_index::remove_from(index& from, const std::string& key,
                             const std::string& pod) {
  auto [at, end] = from.equal_range(key);
  while (at != end)
    at = at->second == pod ? from.erase(at) : std::next(at);
}

} // namespace motorcade
