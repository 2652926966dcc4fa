#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>

namespace motorcade {

/// Bytes on their way to a warehouse. Grows, and keeps its memory when it is
/// emptied; unlike a string it never writes zeros first.
class wire_buffer {
public:
  /// @returns the place for `size` bytes; `use` notes how many were written.
  char* room(size_t size) {
    if (size_ + size > capacity_)
      grow(size_ + size);
    return bytes_.get() + size_;
  }

  /// Notes that so many bytes were written to what `room` returned.
  void use(size_t size) noexcept { size_ += size; }

  /// Appends bytes. Throws std::bad_alloc.
  void append(std::string_view text) {
    // An empty text may have no address, which memcpy does not take.
    if (text.empty())
      return;
    std::memcpy(room(text.size()), text.data(), text.size());
    size_ += text.size();
  }

  /// Appends one byte. Throws std::bad_alloc.
  void append(char c) {
    *room(1) = c;
    ++size_;
  }

  /// @returns the number of bytes.
  size_t size() const noexcept { return size_; }

  /// Drops all but the first `size` bytes.
  void cut(size_t size) noexcept { size_ = size; }

  /// @returns the bytes, valid until the buffer changes.
  std::string_view view() const noexcept { return {bytes_.get(), size_}; }

private:
  /// Makes room for so many bytes in all, and at least doubles it.
  void grow(size_t wanted) {
    const auto capacity = std::max(wanted, capacity_ * 2);
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    if (size_ > 0)
      std::memcpy(bytes.get(), bytes_.get(), size_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

} // namespace motorcade
