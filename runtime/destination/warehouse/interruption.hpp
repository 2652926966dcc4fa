#pragma once

#include <atomic>

namespace motorcade {

/// Tells a thread that waits for a warehouse to stop waiting. Thread-safe.
class interruption {
public:
  /// Throws std::system_error if there are no file descriptors.
  interruption();
  ~interruption();
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;

  /// Ends all waits from now on.
  void raise() noexcept;

  /// @returns whether waits are ended.
  bool raised() const noexcept { return raised_.load(); }

  /// @returns a descriptor that becomes readable when it is raised.
  int fd() const noexcept { return fd_; }

private:
  std::atomic<bool> raised_ = false;
  int fd_;
};

} // namespace motorcade
