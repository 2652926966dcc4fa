#pragma once

#include <atomic>

namespace motorcade {

/// Tells a thread that waits for a warehouse to stop waiting. Thread-safe.
class interruption {
public:
  /// Throws std::system_error where there are no file descriptors.
  interruption();
  ~interruption();
  interruption(const interruption&) = delete;
  interruption& operator=(const interruption&) = delete;

  /// From now on every wait ends at once.
  void raise() noexcept;

  bool raised() const noexcept { return raised_.load(); }

  /// @returns what becomes readable when it is raised.
  int fd() const noexcept { return fd_; }

private:
  std::atomic<bool> raised_ = false;
  int fd_;
};

} // namespace motorcade
