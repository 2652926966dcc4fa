#pragma once

#include "runtime/task/task_request.hpp"

#include <map>
#include <string>
#include <vector>

namespace motorcade {

/// Finds the Pods of tasks that must not run twice, without a search through
/// thousands.
class task_index {
public:
  /// @param pod Its name; no two tasks have the same.
  void add(const std::string& pod, const task_request& task);

  /// Forgets a task, if it is known.
  void remove(const std::string& pod, const task_request& task);

  /// @returns the Pods of all tasks of that sync; empty: of tasks without a
  /// sync.
  std::vector<std::string> of_sync(const std::string& sync_id) const;

  /// @returns the Pods of all tasks that may conflict with this one: of its
  /// command, and of its sync for a read, else of its storage key.
  std::vector<std::string> conflicting_pods(const task_request& task) const;

private:
  using index = std::multimap<std::string, std::string>;

  /// Takes this one Pod from those that are kept under the key.
  static void remove_from(index& from, const std::string& key,
                          const std::string& pod);

  index by_sync_;
  index by_result_;
};

} // namespace motorcade
