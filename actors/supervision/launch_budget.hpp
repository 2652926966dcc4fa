#pragma once

#include <cstddef>

namespace motorcade {

/// Bounds what tasks hold before they have a Pod: how many are being launched
/// at a time, and the bytes of their documents together with those of scheduled
/// starts.
class launch_budget {
public:
  /// @param most_launches The most tasks that are being launched at a time.
  /// @param most_bytes The most bytes of documents at a time.
  launch_budget(size_t most_launches, size_t most_bytes)
      : most_launches_{most_launches}, most_bytes_{most_bytes} {}

  /// @returns whether documents of so many bytes may be held besides.
  bool has_room_for(size_t bytes) const {
    return bytes_ + bytes <= most_bytes_;
  }

  /// @returns whether a task with so many bytes of documents may be launched.
  bool may_launch(size_t bytes) const {
    return launches_ < most_launches_ && has_room_for(bytes);
  }

  /// Notes that a task is being launched, until `end_launch` with the same
  /// bytes.
  void begin_launch(size_t bytes) {
    ++launches_;
    bytes_ += bytes;
  }

  /// Notes that a launch has succeeded or failed.
  void end_launch(size_t bytes) {
    --launches_;
    bytes_ -= bytes;
  }

  /// Notes that documents of so many bytes are held, until `let_go` with the
  /// same bytes.
  void hold(size_t bytes) { bytes_ += bytes; }

  /// Notes that they are no longer held.
  void let_go(size_t bytes) { bytes_ -= bytes; }

private:
  size_t most_launches_;
  size_t most_bytes_;
  size_t launches_ = 0;
  size_t bytes_ = 0;
};

} // namespace motorcade
