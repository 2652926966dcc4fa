#include "actors/supervision/task_table.hpp"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

namespace motorcade {

namespace {

bool is_same_task(const task_request& a, const task_request& b) {
  return a.sync_id == b.sync_id && a.task_id == b.task_id;
}

/// @returns whether both write the same row, by the keys of source_check and
/// source_catalog.
/// Precondition: both run the same command.
bool writes_same_result(const task_request& a, const task_request& b) {
  if (a.command != "check" && a.command != "discover")
    return false;
  return a.storage_key == b.storage_key
         && (a.command == "check"
             || (a.package == b.package && a.version == b.version));
}

} // namespace

void supervised_task::enter(task_phase now, caf::actor_clock::time_point when) {
  if (phase < task_phase::stored && now >= task_phase::stored)
    over_since = when;
  phase = now;
}

bool supervised_task::may_have_connector() const {
  return pod != nullptr && !gone && !pod->source
         && pod->state != pod_state::hopeless;
}

bool supervised_task::may_have_sidecar() const {
  return !gone
         && (pod == nullptr
             || (!pod->sidecar && pod->state != pod_state::ended
                 && pod->state != pod_state::hopeless));
}

std::string task_table::find_pod(const task_key& which) const {
  for (auto& pod : index_.of_sync(which.sync_id))
    if (auto found = tasks_.find(pod);
        found != tasks_.end() && found->second.task.task_id == which.task_id)
      return pod;
  return {};
}

std::string task_table::find_inquiry(const task_key& which) const {
  for (auto& pod : index_.of_sync(which.sync_id))
    if (auto found = tasks_.find(pod);
        found != tasks_.end() && found->second.task.command != "read"
        && inquiry_id(found->second.task) == which.task_id)
      return pod;
  return {};
}

supervised_task& task_table::note(const std::string& pod, task_request task) {
  auto& entry = tasks_[pod];
  index_.remove(pod, entry.task);
  entry.task = std::move(task);
  index_.add(pod, entry.task);
  return entry;
}

task_table::iterator task_table::forget(iterator which) {
  index_.remove(which->first, which->second.task);
  return tasks_.erase(which);
}

std::optional<failure> task_table::find_conflict(
    const task_request& task, const std::string& pod,
    std::optional<caf::actor_clock::time_point> given_up) const {
  if (auto found = tasks_.find(pod); found != tasks_.end())
    return failure{ec::already_exists,
                   found->second.phase < task_phase::finished
                       ? "the same task runs already"
                       : "the same task ended just now and is being cleaned "
                         "up; try again in some seconds"};
  for (const auto& name_of_other : index_.conflicting_pods(task)) {
    auto entry = tasks_.find(name_of_other);
    if (entry == tasks_.end())
      continue;
    const auto& other = entry->second;
    if (task.command == "read" && is_same_task(other.task, task))
      return failure{ec::already_exists,
                     "there is a task " + task.task_id + " of that sync"};
    const auto of_sync =
        task.command == "read" && other.task.sync_id == task.sync_id;
    if (other.phase >= task_phase::stored) {
      if (of_sync)
        if (auto dying = find_dying(other, task.sync_id, given_up))
          return dying;
      continue;
    }
    if (of_sync)
      return failure{ec::already_exists, "sync " + task.sync_id
                                             + " runs already, as task "
                                             + other.task.task_id};
    if (writes_same_result(other.task, task))
      return failure{ec::already_exists,
                     "another " + task.command + " runs for that storageKey"};
  }
  // A console's discover is not asked for once more.
  if (task.command != "discover" || task.sync_id.empty() || task.then_run)
    return std::nullopt;
  for (const auto& name_of_other : index_.of_sync(task.sync_id))
    if (auto entry = tasks_.find(name_of_other); entry != tasks_.end())
      if (auto dying = find_dying(entry->second, task.sync_id, given_up))
        return dying;
  return std::nullopt;
}

std::optional<failure> task_table::find_dying(
    const supervised_task& other, const std::string& sync_id,
    std::optional<caf::actor_clock::time_point> given_up) const {
  if (other.task.command != "read" || other.phase < task_phase::stored
      || !other.may_have_connector()
      || (given_up && other.over_since <= *given_up))
    return std::nullopt;
  return failure{ec::already_exists,
                 "the connector of task " + other.task.task_id + " of sync "
                     + sync_id
                     + " is still being ended; it is killed once "
                       "SYNCCTL_CONTAINER_GRACE_SHUTDOWN_SECONDS have passed"};
}

task_table::iterator
task_table::find_supervised_by(const caf::actor_addr& supervisor) {
  return std::find_if(tasks_.begin(), tasks_.end(), [&](const auto& one) {
    return one.second.supervisor
           && one.second.supervisor.address() == supervisor;
  });
}

void task_table::forget_unseen(caf::actor_clock::time_point noted_before) {
  for (auto at = tasks_.begin(); at != tasks_.end();) {
    const auto& entry = at->second;
    auto unseen =
        !entry.supervisor && entry.pod == nullptr && entry.since < noted_before;
    at = unseen ? forget(at) : std::next(at);
  }
}

std::string task_table::find_saving(
    const std::string& sync_id,
    std::optional<caf::actor_clock::time_point> given_up) const {
  for (const auto& pod : index_.of_sync(sync_id)) {
    const auto found = tasks_.find(pod);
    if (found == tasks_.end() || found->second.task.command != "read")
      continue;
    const auto& entry = found->second;
    if (entry.phase < task_phase::stored
        || (entry.may_have_sidecar()
            && !(given_up && entry.over_since <= *given_up)))
      return entry.task.task_id;
  }
  return {};
}

task_requests_ptr task_table::running_inquiries() const {
  auto out = std::make_shared<std::vector<task_request>>();
  for (const auto& [pod, entry] : tasks_)
    if (entry.task.command != "read" && entry.phase < task_phase::stored)
      out->push_back(entry.task);
  return out;
}

task_ids_ptr task_table::reads() const {
  auto out = std::make_shared<std::vector<std::string>>();
  for (const auto& [pod, entry] : tasks_)
    if (entry.task.command == "read")
      out->push_back(entry.task.task_id);
  return out;
}

task_ids_ptr task_table::running_reads() const {
  auto out = std::make_shared<std::vector<std::string>>();
  for (const auto& [pod, entry] : tasks_)
    if (entry.task.command == "read" && entry.phase < task_phase::finished)
      out->push_back(entry.task.task_id);
  return out;
}

} // namespace motorcade
