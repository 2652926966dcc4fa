#pragma once

#include "runtime/base/file_handle.hpp"
#include "schema/base/result.hpp"

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Whether something has reached the disk when a call returns. What nothing
/// looks for after a crash of the machine need not: each wait for the disk
/// takes longer than all else that the call does.
enum class durability { on_disk, in_memory };

/// A folder that is held by its descriptor. Another program of the same user
/// may rename it and put a symbolic link in its place: what is done here is
/// done in this very folder all the same. No name is followed that is a
/// symbolic link. Names are single ones, without slashes. Every failure names
/// the path. It is system_failed unless a function names another code.
class held_folder {
public:
  held_folder() = default;

  /// Opens a folder. The path may lead through symbolic links.
  static result<held_folder> open(const std::string& path);

  /// Opens a folder within.
  /// @returns not_found if there is none; a symbolic link is a failure.
  result<held_folder> enter(const std::string& name) const;

  /// Makes a folder within. An existing one is taken as it is.
  result<held_folder> make(const std::string& name, mode_t mode,
                           durability lasts = durability::on_disk) const;

  /// Writes a file (mode 0600), or replaces what has that name. A crash leaves
  /// the old file or the new one, and perhaps one whose name begins with a dot;
  /// with `durability::in_memory` it may also leave a part of the new one.
  result<void> write(const std::string& name, std::string_view text,
                     durability lasts = durability::on_disk) const;

  /// Reads a regular file.
  /// @returns not_found if there is none, invalid_argument if it is something
  /// else or has more than `most` bytes.
  result<std::string> read(const std::string& name, size_t most) const;

  /// Removes a file.
  /// @returns whether there was one.
  result<bool> remove(const std::string& name) const;

  /// @returns all names in the folder but `.` and `..`, in no order.
  result<std::vector<std::string>> names() const;

  /// @returns whether there is anything of that name.
  bool has(const std::string& name) const;

  /// @returns whether a name here leads to that very folder.
  bool holds(const std::string& name, const held_folder& folder) const;

  /// Writes the list of names to the disk.
  result<void> sync() const;

  /// @returns the folder's descriptor, which stays this object's.
  int get() const { return handle_.get(); }

  /// The path by which it was opened: for messages, and for the programs that
  /// are started in it.
  const std::string& path() const { return path_; }

  /// @returns whether a folder is held.
  explicit operator bool() const { return static_cast<bool>(handle_); }

private:
  /// @returns not_found or system_failed, by errno; it names the path.
  /// @param action In words, e.g. `open the folder`.
  failure cannot(const char* action, const std::string& name) const;

  file_handle handle_;
  std::string path_;
};

} // namespace motorcade
