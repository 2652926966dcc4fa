#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/stream/byte_source.hpp"
#include "runtime/stream/folder_watch.hpp"

#include <cstdint>
#include <string>

namespace motorcade {

/// A file that is read while another process appends to it, from before it
/// exists until the appearance of a second file shows that the writer has
/// ended. The kernel reports every change (inotify), so there is no polling.
///
/// The writer must have ended before the end file appears, as in `connector >
/// file; echo $? > tmp; mv tmp end`; the file is then read to its last byte.
/// It must be a regular file: a symbolic link or a named pipe of that name
/// fails the read.
class followed_file final : public byte_source {
public:
  /// @param path The file, which need not be there yet; its folder must be.
  /// @param end_path The file whose appearance ends the output, in the same
  /// folder.
  /// @returns invalid_argument if the folder cannot be watched.
  static result<followed_file> open(std::string path, std::string end_path);

  event wait(std::chrono::milliseconds longest) override;

  /// Fails with system_failed also if the file has become shorter.
  result<size_t> read(char* to, size_t size) override;

  uint64_t unread() const override;

  size_t capacity() const override;

  bool was_opened() const override { return static_cast<bool>(file_); }

  bool ended() const override { return ended_; }

private:
  /// @returns whether the end file exists.
  bool end_is_there() const;

  std::string path_;
  std::string end_path_;
  folder_watch changes_;
  file_handle file_;
  uint64_t offset_ = 0;
  bool ended_ = false;
};

} // namespace motorcade
