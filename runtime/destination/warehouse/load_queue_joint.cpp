// Uploads that are committed in one transaction.
#include "runtime/destination/warehouse/load_queue_core.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <mutex>
#include <utility>
#include <vector>

namespace motorcade {

bool load_queue::core::is_joint(const load_ptr& one) {
  if (!one->joint)
    return false;
  if (!one->joint->is_dissolved())
    return true;
  std::lock_guard lock{mutex};
  unpark(one);
  return false;
}

load_queue::core::after load_queue::core::meet(const load_ptr& one) {
  loads all;
  {
    std::lock_guard lock{mutex};
    all = take_all(one);
    if (all.empty() && is_parked(one)) {
      park(one);
      return after::parked;
    }
  }
  if (!all.empty())
    return commit_together(one, all);
  // Other uploads may need its connection meanwhile.
  if (auto ok = one->loader->pause(); !ok) {
    end(one, ok);
    return after::over;
  }
  std::unique_lock lock{mutex};
  all = take_all(one);
  if (all.empty()) {
    park(one);
    return after::parked;
  }
  lock.unlock();
  return commit_together(one, all);
}

load_queue::core::loads load_queue::core::take_all(const load_ptr& one) {
  const auto& joint = *one->joint;
  loads out{one};
  const auto waiting = parked.find(&joint);
  if (waiting != parked.end())
    for (const auto& other : waiting->second)
      if (other != one && !other->served && !other->aborted)
        out.push_back(other);
  if (out.size() < joint.members() || joint.waits_for_others())
    return {};
  for (const auto& other : out)
    other->served = true;
  if (waiting != parked.end())
    parked.erase(waiting);
  return out;
}

bool load_queue::core::is_parked(const load_ptr& one) const {
  const auto waiting = parked.find(one->joint.get());
  return waiting != parked.end()
         && std::find(waiting->second.begin(), waiting->second.end(), one)
                != waiting->second.end();
}

void load_queue::core::park(const load_ptr& one) {
  if (!is_parked(one))
    parked[one->joint.get()].push_back(one);
  one->served = false;
  // It may have been aborted, or be no longer joint, by now.
  if (one->aborted || stopping || one->joint->is_dissolved())
    enqueue(one);
}

void load_queue::core::unpark(const load_ptr& one) {
  const auto waiting = parked.find(one->joint.get());
  if (waiting == parked.end())
    return;
  std::erase(waiting->second, one);
  if (waiting->second.empty())
    parked.erase(waiting);
}

load_queue::core::after load_queue::core::commit_together(const load_ptr& one,
                                                          const loads& all) {
  const auto began = std::chrono::steady_clock::now();
  joint_outcome outcome;
  try {
    std::vector<table_loader*> loaders;
    for (const auto& each : all) {
      if (!each->notes.empty())
        each->loader->note(each->notes);
      loaders.push_back(each->loader.get());
    }
    outcome = one->loader->commit_together(loaders);
  } catch (const std::exception& error) {
    outcome.how =
        failure{ec::destination_unavailable, one->place + ": " + error.what()};
  }
  if (outcome.how) {
    for (const auto& each : all)
      end(each, {}, summarize(*each, began));
    return after::over;
  }
  const auto& failed = all[outcome.failed];
  // An upload that did not fail itself holds no connection while it waits.
  auto paused = failed == one ? result<void>{} : one->loader->pause();
  if (outcome.apart)
    one->joint->dissolve();
  {
    std::lock_guard lock{mutex};
    for (const auto& each : all)
      if (each != failed && (each != one || paused))
        park(each);
  }
  if (failed != one && !paused)
    end(one, paused);
  end(failed, outcome.how);
  return failed == one || !paused ? after::over : after::parked;
}

} // namespace motorcade
