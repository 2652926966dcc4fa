#pragma once

#include "runtime/task/delayed_task.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// Tasks that start later, as files that their owner alone may read: of each
/// one with its documents, and one without, which is written last and without
/// which the other means nothing. Calls for different tasks may come from
/// different threads. Fails with system_failed where a file cannot be used.
class delayed_folder {
public:
  /// @param path Made with the first task.
  explicit delayed_folder(std::string path) : path_{std::move(path)} {}

  /// Removes what a process has left that died while it wrote or removed. To be
  /// called while nobody does.
  void clean() const;

  /// The task is on the disk when this returns.
  /// @returns already_exists where one of that name is.
  result<void> put(const delayed_task& task) const;

  /// @returns all of them, without documents.
  result<std::vector<delayed_task>> list() const;

  /// @returns one with its documents; not_found where there is none.
  result<task_request> read(const std::string& name) const;

  /// @returns whether there was one.
  result<bool> drop(const std::string& name) const;

private:
  std::string path_;
};

} // namespace motorcade
