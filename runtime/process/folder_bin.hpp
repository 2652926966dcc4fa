#pragma once

#include "runtime/files/held_folder.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace motorcade {

/// Removes folders in a thread of its own: a folder that a connector filled may
/// take long, and nothing else must wait for that. A folder is gone from its
/// place as soon as it is thrown away, by a rename. What an earlier process
/// left in the bin is removed, too. Thread-safe.
///
/// Another program may remove the bin, or put something else in its place: it
/// is made anew then, so that nothing stays that was to go.
class folder_bin {
public:
  /// Makes the bin if it is missing. Throws std::runtime_error if it cannot.
  /// @param parent On the file system of all that is thrown away.
  /// @param name Of a folder for this alone.
  folder_bin(held_folder parent, std::string name);

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
  using bin_ptr = std::shared_ptr<const held_folder>;

  /// Runs in the bin's thread: does what was asked for `later`, and empties the
  /// bin after it.
  void run();

  /// Makes the bin's folder (mode 0700), or takes the one that is there.
  result<bin_ptr> make() const;

  /// @returns the bin as it is now.
  bin_ptr bin();
  /// Makes the bin anew, unless another thread has done so.
  /// @param gone The bin that is not there any more.
  result<bin_ptr> replace(const bin_ptr& gone);

  const held_folder parent_;
  const std::string name_;
  std::mutex mutex_;
  bin_ptr bin_;
  std::condition_variable changed_;
  std::deque<std::function<void(const std::function<bool()>&)>> work_;
  std::atomic<bool> stopped_ = false;
  std::thread thread_;
};

} // namespace motorcade
