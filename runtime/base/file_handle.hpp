#pragma once

#include <unistd.h>

#include <utility>

namespace motorcade {

/// Owns a file descriptor.
class file_handle {
public:
  file_handle() = default;

  /// @param fd Is closed by the destructor; negative: none.
  explicit file_handle(int fd) noexcept : fd_{fd} {}

  /// Takes the descriptor over; the other one has none afterwards.
  file_handle(file_handle&& other) noexcept
      : fd_{std::exchange(other.fd_, -1)} {}

  /// Exchanges the descriptors of both.
  file_handle& operator=(file_handle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  ~file_handle() {
    if (fd_ >= 0)
      ::close(fd_);
  }

  /// @returns whether there is a descriptor.
  explicit operator bool() const noexcept { return fd_ >= 0; }

  /// @returns the descriptor, which stays this object's; -1: none.
  int get() const noexcept { return fd_; }

private:
  int fd_ = -1;
};

} // namespace motorcade
