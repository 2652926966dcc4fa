#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/task/task_layout.hpp"
#include "schema/base/result.hpp"
#include "schema/task/pod_status.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// The folder of a controller that runs processes (SYNCCTL_DATA_DIR), and that
/// nobody else uses it meanwhile.
class data_folder {
public:
  /// Makes it where it is missing, and closes it to all but its owner.
  /// @returns system_failed where that cannot be done, already_exists where
  /// another process uses it.
  static result<data_folder> open(const std::string& path);

private:
  explicit data_folder(file_handle lock) : lock_{std::move(lock)} {}

  file_handle lock_;
};

/// What one task keeps in its folder, which its owner alone can enter:
/// `pipes/`, `config/` and `destination/` as a Pod has them, `home/` for the
/// connector, and `task.json`, which tells whose it is.
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

  /// Makes it, in place of what may be there.
  /// @param pod Of which name, uid, annotations and time are kept.
  result<void> make(const task_request& task, const pod_status& pod) const;

  /// Leaves only `task.json`: the rest is secret, and of use no more.
  void strip() const;

  /// Keeps how connector and sidecar ended, for whoever finds the folder.
  result<void> note_end(const pod_status& pod) const;

  void remove() const;

private:
  std::string path_;
};

/// @returns the tasks that left a folder below `base`, as their folders were
/// told of them; folders that do not tell are removed.
std::vector<pod_status> find_left_tasks(const std::string& base);

} // namespace motorcade
