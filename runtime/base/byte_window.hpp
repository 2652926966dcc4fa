#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace motorcade {

/// Bounds the bytes on their way from the connector to the destination and the
/// database. Each holder of such bytes has a `window_share` for them. While the
/// window is full the reader stops, the pipe fills, and the connector waits.
/// All members may be called from any thread.
class byte_window {
public:
  /// @param limit Bytes; taking never fails, so a holder may overshoot by what
  /// it takes at once. Throws std::system_error if the system gives no eventfd.
  /// @param wake_below `wake_fd` tells of an open window once fewer bytes than
  /// these are in flight: at most `limit`, which is also its default.
  explicit byte_window(size_t limit, size_t wake_below = SIZE_MAX);
  ~byte_window();
  byte_window(const byte_window&) = delete;
  byte_window& operator=(const byte_window&) = delete;

  /// @returns whether the bytes in flight are below the limit.
  bool open() const noexcept {
    return used_.load(std::memory_order_acquire) < limit_;
  }

  /// @returns the bytes in flight.
  size_t used() const noexcept { return used_.load(std::memory_order_acquire); }

  /// @returns the most bytes that were ever in flight.
  size_t peak() const noexcept { return peak_.load(std::memory_order_relaxed); }

  /// @returns the bytes from which on the window is closed.
  size_t limit() const noexcept { return limit_; }

  /// @returns a file descriptor that polls readable after the bytes in flight
  /// have fallen below `wake_below`, until `drain` is called.
  int wake_fd() const noexcept { return wake_fd_; }

  /// Reads what made `wake_fd` readable, so that it is so only after bytes were
  /// given back again.
  void drain() noexcept;

  /// Counts bytes that come into flight. May exceed the limit: readers look at
  /// `open` first.
  void take(size_t bytes) noexcept;

  /// Counts bytes that are in flight no more. Wakes `wake_fd` if they were the
  /// last above `wake_below`.
  void give(size_t bytes) noexcept;

private:
  const size_t limit_;
  const size_t wake_below_;
  std::atomic<size_t> used_ = 0;
  std::atomic<size_t> peak_ = 0;
  int wake_fd_ = -1;
};

using byte_window_ptr = std::shared_ptr<byte_window>;

/// The right to hold some bytes of a window, which are given back by the
/// destructor.
class window_share {
public:
  window_share() = default;

  /// Takes bytes of the window.
  /// @param window Null: nothing is taken.
  window_share(byte_window_ptr window, size_t bytes)
      : window_{std::move(window)}, bytes_{bytes} {
    if (window_)
      window_->take(bytes_);
  }

  /// Takes over the right of another share, which has none afterwards.
  window_share(window_share&& other) noexcept
      : window_{std::move(other.window_)},
        bytes_{std::exchange(other.bytes_, 0)} {}

  /// Exchanges the rights of both shares.
  window_share& operator=(window_share&& other) noexcept {
    std::swap(window_, other.window_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  ~window_share() {
    if (window_)
      window_->give(bytes_);
  }

  /// @returns the bytes that it holds.
  size_t bytes() const noexcept { return bytes_; }

private:
  byte_window_ptr window_;
  size_t bytes_ = 0;
};

} // namespace motorcade
