#include "controller/syncs/left_read_end.hpp"

#include "runtime/base/log.hpp"

#include <chrono>

namespace motorcade {

namespace {

/// The time after which no sidecar of a read, and no discover, sends a config
/// any more.
constexpr std::chrono::minutes kept{10};

/// Cancels a read if it goes on.
/// @returns whether it has ended.
result<bool> end_read(sync_tasks& tasks, const left_read& left) {
  auto task = tasks.find(left.run_id);
  if (!task)
    return task.error();
  if (!*task || (*task)->status != task_status::running)
    return true;
  if (auto ended = tasks.cancel({left.sync_id, left.run_id}); !ended)
    log::warn("the read {} of the deleted sync {} cannot be cancelled yet: {}",
              left.run_id, left.sync_id, ended.error().what);
  return false;
}

} // namespace

result<std::map<std::string, std::string>> end_left_reads(sync_tables& rows,
                                                          sync_tasks& tasks) {
  auto all = rows.left.all(kept);
  if (!all)
    return all.error();
  std::map<std::string, std::string> reading;
  for (const auto& left : *all) {
    auto ended = end_read(tasks, left);
    if (!ended)
      return ended.error();
    if (!*ended) {
      reading[left.sync_id] = left.run_id;
      continue;
    }
    auto sync = rows.records.find(left.sync_id);
    if (!sync)
      return sync.error();
    // From its first task on a new sync of that id has configs of its own.
    const auto taken_over = *sync && !(*sync)->given_secrets.empty();
    if (!taken_over)
      if (auto gone = rows.inputs.forget_configs(left.sync_id); !gone)
        return gone.error();
    if (taken_over || left.old)
      if (auto gone = rows.left.forget(left.run_id); !gone)
        return gone.error();
  }
  return reading;
}

} // namespace motorcade
