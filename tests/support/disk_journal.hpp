#pragma once

#include <cstddef>
#include <string>
#include <vector>

// A program that is linked with disk_journal.cpp makes its calls of mkdir,
// rename, unlink, open, write, fsync and their kin through it: also those of
// the libraries that it uses.
namespace motorcade::test {

/// Writes down what the process does to files below one folder while it lives;
/// one at a time, from any thread.
class disk_journal {
public:
  explicit disk_journal(std::string root);
  ~disk_journal();
  disk_journal(const disk_journal&) = delete;
  disk_journal& operator=(const disk_journal&) = delete;

  /// @returns what a power failure at this moment could undo, in words, and
  /// what it could have torn before: files that were renamed before their
  /// content was on the disk.
  std::vector<std::string> at_risk() const;

  /// @returns how many folders were made, and files renamed: whether anything
  /// was seen at all.
  size_t changes() const;
};

/// Disks that behave as few do, until it dies; one at a time.
class odd_disk {
public:
  struct oddities {
    /// Most bytes that one write takes; 0: as many as it is given.
    size_t short_writes = 0;
    /// Whether there can be files without a name (O_TMPFILE).
    bool nameless_files = true;
    /// Whether fsync fails, with EIO.
    bool failing_sync = false;
  };

  explicit odd_disk(oddities how);
  ~odd_disk();
  odd_disk(const odd_disk&) = delete;
  odd_disk& operator=(const odd_disk&) = delete;
};

} // namespace motorcade::test
