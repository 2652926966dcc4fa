#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/stream/byte_source.hpp"

#include <chrono>
#include <string>

namespace motorcade {

/// Waits until `fd` is readable, for `longest` at most.
void wait_readable(int fd, std::chrono::milliseconds longest);

/// The reading end of a named pipe, opened so that neither side can hang: the
/// open itself never waits, and `wait` can be given up at any time. Only a
/// named pipe is opened: if another program may replace it, a symbolic link
/// or a plain file could be a secret of ours.
class pipe final : public byte_source {
public:
  pipe() = default;

  /// @returns invalid_argument if there is no such pipe (yet), it is something
  /// else, or it may not be read.
  static result<pipe> open(const std::string& path);

  /// Waits until there is something to read or the last writer went away; a
  /// pipe that was not yet opened for writing is quiet.
  event wait(std::chrono::milliseconds longest) override;

  result<size_t> read(char* to, size_t size) override;

  uint64_t unread() const override;

  size_t capacity() const override { return capacity_; }

  /// @returns whether the other end was ever open.
  bool was_opened() const override { return was_opened_; }

  /// @returns whether the other end is closed for good, as `read` saw it.
  bool ended() const override { return ended_; }

private:
  file_handle fd_;
  size_t capacity_ = 64 << 10;
  bool was_opened_ = false;
  bool ended_ = false;
};

} // namespace motorcade
