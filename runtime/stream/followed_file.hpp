#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/stream/byte_source.hpp"
#include "runtime/stream/folder_watch.hpp"

#include <cstdint>
#include <string>

namespace motorcade {

/// A file that somebody appends to, read as it grows, from before it exists
/// until another file says that its writer has ended. The kernel tells of every
/// change (inotify), so nothing is asked for again and again.
///
/// The writer must have ended before the end file appears, as in
/// `connector > file; echo $? > tmp; mv tmp end`; what stands in the file then
/// is read to its last byte.
class followed_file final : public byte_source {
public:
  /// @param path The file, which need not be there yet; its folder must be.
  /// @param end_path The file whose appearance ends it, in the same folder.
  /// @returns invalid_argument where the folder cannot be watched.
  static result<followed_file> open(std::string path, std::string end_path);

  event wait(std::chrono::milliseconds longest) override;

  /// Fails with system_failed also where the file has become shorter.
  result<size_t> read(char* to, size_t size) override;

  size_t capacity() const override;

  bool was_opened() const override { return static_cast<bool>(file_); }

  bool ended() const override { return ended_; }

private:
  bool end_is_there() const;

  std::string path_;
  std::string end_path_;
  folder_watch changes_;
  file_handle file_;
  uint64_t offset_ = 0;
  bool ended_ = false;
};

} // namespace motorcade
