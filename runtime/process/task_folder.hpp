#pragma once

#include "runtime/files/held_folder.hpp"
#include "runtime/process/folder_bin.hpp"
#include "runtime/task/task_layout.hpp"
#include "schema/base/result.hpp"
#include "schema/task/pod_status.hpp"

#include <memory>
#include <mutex>
#include <set>
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

class task_folders;

/// The folder of one local task, which only its owner can enter: `pipes/`,
/// `config/` and `destination/` as in a Pod, `home/` for the connector, and
/// `task.json`, which names the task. The connector may rename it and put down
/// anything in its place: it is written to by its descriptor, and nothing is
/// removed that a symbolic link leads to.
class task_folder {
public:
  task_folder() = default;

  /// @returns the folder's path.
  const std::string& path() const { return path_; }

  /// @returns the path of the connector's home in it.
  std::string home() const { return path_ + "/home"; }

  /// @returns the paths that the task's processes are given.
  task_places places() const;

  /// Makes the folder, in place of an older one.
  /// @param pod Its name, uid, annotations and time are kept.
  result<void> make(const task_request& task, const pod_status& pod);

  /// Replaces the folder by one that holds nothing but the ends of connector
  /// and sidecar, for a later controller that finds it: the rest is secret, and
  /// no longer needed.
  result<void> strip(const pod_status& pod);

  /// Throws the folder away, and what the connector put beside it.
  void remove();

private:
  friend class task_folders;

  task_folder(task_folders& all, std::string name);

  /// Moves a folder of `tasks/` away, to be deleted by a thread of its own.
  void throw_away(const std::string& name) const;

  /// Empties the folder that was made, wherever the connector moved it.
  void empty_if_moved() const;

  task_folders* all_ = nullptr;
  std::string name_;
  std::string path_;
  std::shared_ptr<const held_folder> own_;
};

/// The folders of all local tasks: `tasks/` in SYNCCTL_DATA_DIR, and `removed/`
/// for what is thrown away. It must outlive its task_folders. Thread-safe.
class task_folders {
public:
  /// @param data SYNCCTL_DATA_DIR, made by data_folder. Throws
  /// std::runtime_error if it cannot be used.
  explicit task_folders(const std::string& data);

  /// @returns the folder of the task of that name, which need not be there.
  task_folder at(const std::string& name);

  /// @returns the tasks that left a folder, as their `task.json` describes
  /// them; folders without a readable one are thrown away.
  std::vector<pod_status> find_left();

private:
  friend class task_folder;

  /// Notes a name as in use, so that `sweep` leaves its folder.
  void keep(const std::string& name);

  /// Notes that a name is no longer in use.
  void forget(const std::string& name);

  /// Throws away all that is no task's: a connector may have renamed its own
  /// folder.
  void sweep();

  const held_folder tasks_;
  std::mutex mutex_;
  /// The names that are in use.
  std::set<std::string> names_;
  /// Last, so that its thread ends first.
  folder_bin bin_;
};

} // namespace motorcade
