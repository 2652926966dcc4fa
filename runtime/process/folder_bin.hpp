#pragma once

#include "runtime/files/held_folder.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace motorcade {

/// Removes folders in a thread of its own: a folder that a connector filled may
/// take long, and nothing else must wait for that. A folder is gone from its
/// place as soon as it is thrown away, by a rename. What an earlier process
/// left in the bin is removed, too. Thread-safe.
class folder_bin {
public:
  /// @param bin A folder for this alone, on the file system of all that is
  /// thrown away.
  explicit folder_bin(held_folder bin);

  /// Stops the removal; what is left is removed by the next bin.
  ~folder_bin();

  folder_bin(const folder_bin&) = delete;
  folder_bin& operator=(const folder_bin&) = delete;

  /// Takes what has that name, a folder, a file or a symbolic link, out of
  /// `from`. There may be nothing.
  /// @returns system_failed if it stays in its place.
  result<void> take(const held_folder& from, const std::string& name);

  /// Lets the thread do something.
  /// @param work Given a function that tells whether it must stop.
  void later(std::function<void(const std::function<bool()>&)> work);

private:
  void run();

  const held_folder bin_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void(const std::function<bool()>&)>> work_;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

} // namespace motorcade
