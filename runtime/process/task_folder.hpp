#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/task/task_layout.hpp"
#include "schema/base/result.hpp"
#include "schema/task/pod_status.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// The folder of a controller that runs processes (SYNCCTL_DATA_DIR), locked
/// against other controllers.
class data_folder {
public:
  /// Makes the folder if it is missing, and closes it to all but its owner.
  /// @returns system_failed if that cannot be done, already_exists if another
  /// process uses it.
  static result<data_folder> open(const std::string& path);

private:
  explicit data_folder(file_handle lock) : lock_{std::move(lock)} {}

  file_handle lock_;
};

/// The folder of one local task, which only its owner can enter: `pipes/`,
/// `config/` and `destination/` as in a Pod, `home/` for the connector, and
/// `task.json`, which names the task.
class task_folder {
public:
  task_folder() = default;

  explicit task_folder(std::string path) : path_{std::move(path)} {}

  const std::string& path() const { return path_; }

  std::string home() const { return path_ + "/home"; }

  task_places places() const {
    return {path_ + "/pipes", path_ + "/config", task_place::local,
            path_ + "/destination"};
  }

  /// Makes the folder, in place of an older one.
  /// @param pod Its name, uid, annotations and time are kept.
  result<void> make(const task_request& task, const pod_status& pod) const;

  /// Removes all but `task.json`: the rest is secret, and no longer needed.
  void strip() const;

  /// Keeps the ends of connector and sidecar, for a later controller that finds
  /// the folder.
  result<void> note_end(const pod_status& pod) const;

  void remove() const;

private:
  std::string path_;
};

/// @returns the tasks that left a folder below `base`, as their `task.json`
/// describes them; folders without a readable one are removed.
std::vector<pod_status> find_left_tasks(const std::string& base);

} // namespace motorcade
