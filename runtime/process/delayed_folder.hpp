#pragma once

#include "runtime/files/held_folder.hpp"
#include "runtime/task/delayed_task.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// Keeps scheduled starts as files that only their owner may read: for each
/// task a file with its documents, and one without them, which is written last
/// and marks the task as complete; the file with the documents alone is
/// ignored. Calls for different tasks may come from different threads. Fails
/// with system_failed if a file cannot be used.
class delayed_folder {
public:
  /// @param path The folder; made with the first task. The one above it must be
  /// there, and is held from now on; a symbolic link in place of the folder
  /// itself is not followed. Throws std::runtime_error if it cannot be opened.
  explicit delayed_folder(const std::string& path);

  /// Removes the files that a process left when it died during a write or a
  /// removal. To be called while no other call is under way.
  void clean() const;

  /// Keeps a task, which is on the disk when this returns.
  /// @returns already_exists if there is one of that name.
  result<void> put(const delayed_task& task) const;

  /// @returns all of them, without documents.
  result<std::vector<delayed_task>> list() const;

  /// @returns the delayed task of that name, with its documents; not_found if
  /// there is none.
  result<task_request> read(const std::string& name) const;

  /// Removes the files of a task.
  /// @returns whether there was a delayed task of that name.
  result<bool> drop(const std::string& name) const;

private:
  held_folder base_;
  std::string name_;
};

} // namespace motorcade
