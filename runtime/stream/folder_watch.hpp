#pragma once

#include "runtime/base/file_handle.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <string>

namespace motorcade {

/// Waits for changes in a folder: files that appear, grow or are renamed into
/// it. The kernel reports them (inotify).
class folder_watch {
public:
  folder_watch() = default;

  /// @returns invalid_argument if the folder cannot be watched.
  static result<folder_watch> open(const std::string& folder);

  /// Waits for `longest` at most; a change since the last call ends the wait at
  /// once.
  /// @returns whether something changed.
  bool wait(std::chrono::milliseconds longest);

private:
  file_handle changes_;
};

} // namespace motorcade
